//! A driver for a device without an operating system: a serial line or a network stack of its own moves the bytes.
#![no_std]

extern crate alloc;

use alloc::{sync::Arc, vec::Vec};
use bowline::{
    Config, Connection, Event, Input, Timestamp, client,
    server::{self, Accept},
};
use bytes::Buf;
use core::time::Duration;

#[global_allocator]
static HEAP: embedded_alloc::LlffHeap = embedded_alloc::LlffHeap::empty();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The device's own source of unpredictable bytes goes here.
fn hardware_random() -> [u8; 4] {
    [0x5A; 4]
}

/// Echoes what one read of the line brought, and says how long the line may stay silent.
pub fn poll(
    connection: &mut Connection,
    milliseconds: u64,
    received: &mut [u8],
    mut transmit: impl FnMut(&[u8]) -> usize,
) -> Option<Duration> {
    let mut input = Input::from(received);
    while let Some(event) = connection.receive(&mut input) {
        if let Event::Binary(data) = event {
            let _ = connection.send_binary(data);
        }
    }
    let wait = connection.tick(Timestamp::since_origin(Duration::from_millis(milliseconds)));
    while connection.output().has_remaining() {
        let count = transmit(connection.output().chunk());
        if count == 0 {
            break;
        }
        connection.output().advance(count);
    }
    wait
}

/// Both ends of the opening handshake.
pub fn open(request: &mut [u8], response: &mut [u8]) -> (Option<Connection>, Option<Connection>) {
    let config = Arc::new(Config::new(hardware_random));
    let mut input = Input::from(request);
    let server = match server::Handshake::new(config.clone()).receive(&mut input) {
        server::Progress::Request(request) => request.accept(&Accept::any_origin()).ok(),
        _ => None,
    };
    let Ok(request) = client::Request::from_uri("ws://device.local/") else { return (server, None) };
    let mut handshake = client::Handshake::new(request, config);
    let mut line = Vec::new();
    while handshake.output().has_remaining() {
        let count = handshake.output().remaining();
        line.extend_from_slice(handshake.output().chunk());
        handshake.output().advance(count);
    }
    let mut input = Input::from(response);
    match handshake.receive(&mut input) {
        client::Progress::Connected(client, _) => (server, Some(client)),
        _ => (server, None),
    }
}

/// Everything the linker must resolve hangs on this.
#[unsafe(no_mangle)]
pub extern "C" fn bowline_no_std() -> usize {
    let (server, client) = open(&mut [], &mut []);
    let mut written = 0;
    for mut connection in [server, client].into_iter().flatten() {
        let _ = poll(&mut connection, 0, &mut [], |bytes| {
            written += bytes.len();
            bytes.len()
        });
    }
    written
}
