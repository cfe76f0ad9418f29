//! Entry points from which `check` follows every call. Each takes a connection in any state and arguments that the optimiser cannot know.
#![no_std]
#![allow(
    improper_ctypes,
    improper_ctypes_definitions,
    reason = "no C code calls this: the ABI only keeps the functions in the library"
)]

extern crate alloc;

use alloc::{string::String, sync::Arc, vec::Vec};
use bowline::{
    CloseCode, Config, Connection, Event, Input, Message, Outgoing, Payload, Prepared, Role, SendError, Text, Timestamp, client,
    proxy::{Proxy, Target, Tunnel, TunnelProgress},
    server::{self, Accept},
};
use bytes::{Buf, BufMut, Bytes};
use core::{
    alloc::{GlobalAlloc, Layout},
    panic::PanicInfo,
    time::Duration,
};

// Nobody defines these. `check` looks for ways that lead to `no_panic_panicked`.
unsafe extern "C" {
    fn no_panic_panicked(info: *const PanicInfo<'_>) -> !;
    safe fn no_panic_random() -> u32;
    fn no_panic_alloc(size: usize, align: usize) -> *mut u8;
    fn no_panic_free(memory: *mut u8, size: usize, align: usize);
    fn no_panic_see(bytes: *const u8, len: usize);
}

/// It hands on what it is given: otherwise the message and the place of each panic would be dead, and functions that differ in nothing else
/// would be merged into one, so that nobody could tell a failed allocation from the rest.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    unsafe { no_panic_panicked(info) }
}

struct Heap;

// SAFETY: it is never run.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { no_panic_alloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { no_panic_free(memory, layout.size(), layout.align()) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

fn entropy() -> [u8; 4] {
    no_panic_random().to_ne_bytes()
}

/// Somebody reads these bytes, so that nothing that makes them is optimised away.
fn see(bytes: &[u8]) {
    unsafe { no_panic_see(bytes.as_ptr(), bytes.len()) }
}

/// All kinds of events, and what is in them.
fn see_event(event: &Event<'_>) {
    match event {
        Event::Text(text) => see(text.as_bytes()),
        Event::Binary(data) | Event::Ping(data) | Event::Pong(data) => see(data),
        Event::TextChunk { text, .. } => see(text.as_bytes()),
        Event::BinaryChunk { data, .. } => see(data),
        Event::Close(Some(frame)) => see(frame.reason.as_bytes()),
        _ => {}
    }
}

macro_rules! entry_points {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(#[unsafe(no_mangle)] pub extern "C" fn $name($($argument: $type),*) $(-> $result)? $body)*
    };
}

// The state of the connection, its configuration with both kinds of delivery, and all arguments come from outside.
entry_points! {
    entry_new(role: Role, config: Arc<Config>) -> Connection { Connection::new(role, config) }
    entry_drop(connection: Connection) { drop(connection) }

    entry_receive(connection: &mut Connection, input: &mut [u8]) {
        let mut input = Input::from(input);
        while let Some(event) = connection.receive(&mut input) { see_event(&event) }
    }
    entry_echo(connection: &mut Connection, input: &mut [u8]) {
        let mut input = Input::from(input);
        while let Some(event) = connection.receive(&mut input) {
            let _ = match event {
                Event::Text(text) => connection.send_text(text),
                Event::Binary(data) => connection.send_binary(data),
                Event::TextChunk { text, last } => connection.send_text_chunk(text, last),
                Event::BinaryChunk { data, last } => connection.send_binary_chunk(data, last),
                _ => Ok(()),
            };
        }
    }
    entry_into_owned(event: Event<'_>) -> Event<'static> { event.into_owned() }
    entry_into_message(event: Event<'_>) -> Option<Message> { event.try_into().ok() }
    entry_into_string(text: Text<'_>) -> String { text.into_string() }
    entry_poll_event(connection: &mut Connection) { if let Some(event) = connection.poll_event() { see_event(&event) } }
    entry_direct_read(connection: &mut Connection, bytes: &[u8]) -> usize {
        let space_left = connection.direct_read(|space| {
            let space = space.as_buf_mut();
            space.put_slice(bytes.get(..space.remaining_mut()).unwrap_or(bytes));
            space.chunk_mut().len()
        });
        space_left.unwrap_or(0)
    }
    entry_receive_eof(connection: &mut Connection) { connection.receive_eof() }
    entry_write_failed(connection: &mut Connection) { connection.write_failed() }
    entry_transport_failed(connection: &mut Connection) { connection.transport_failed() }
    entry_tick(connection: &mut Connection, elapsed: Duration) -> Option<Duration> {
        connection.tick(Timestamp::since_origin(elapsed))
    }

    entry_chunk(connection: &mut Connection) { see(connection.output().chunk()) }
    entry_advance(connection: &mut Connection, count: usize) { connection.output().advance(count) }
    entry_front(connection: &mut Connection) -> Option<Bytes> { connection.output().front() }

    entry_send_text(connection: &mut Connection, text: &str) -> Result<(), SendError> { connection.send_text(text) }
    entry_send_string(connection: &mut Connection, text: String) -> Result<(), SendError> { connection.send_text(text) }
    entry_send_received_text(connection: &mut Connection, text: Text<'_>) -> Result<(), SendError> { connection.send_text(text) }
    entry_send_binary(connection: &mut Connection, data: &[u8]) -> Result<(), SendError> { connection.send_binary(data) }
    entry_send_vec(connection: &mut Connection, data: Vec<u8>) -> Result<(), SendError> { connection.send_binary(data) }
    entry_send_bytes(connection: &mut Connection, data: Bytes) -> Result<(), SendError> { connection.send_binary(data) }
    entry_send_payload(connection: &mut Connection, data: Payload<'_>) -> Result<(), SendError> { connection.send_binary(data) }
    entry_send_text_chunk(connection: &mut Connection, text: &str, last: bool) -> Result<(), SendError> {
        connection.send_text_chunk(text, last)
    }
    entry_send_binary_chunk(connection: &mut Connection, data: &[u8], last: bool) -> Result<(), SendError> {
        connection.send_binary_chunk(data, last)
    }
    entry_send(connection: &mut Connection, message: Outgoing) -> Result<(), SendError> { connection.send(message) }
    entry_send_prepared(connection: &mut Connection, message: &Prepared) -> Result<(), SendError> {
        connection.send_prepared(message)
    }
    entry_prepare_text(text: &str) -> Prepared { Prepared::text(text) }
    entry_prepare_binary(data: &[u8]) -> Prepared { Prepared::binary(data) }
    entry_ping(connection: &mut Connection, payload: &[u8]) -> Result<(), SendError> { connection.ping(payload) }
    entry_pong(connection: &mut Connection, payload: &[u8]) -> Result<(), SendError> { connection.pong(payload) }
    entry_close(connection: &mut Connection, code: CloseCode, reason: &str) -> bool {
        connection.close(code, reason).is_ok()
    }
    entry_state(connection: &Connection) -> bool {
        connection.is_closed() | connection.should_shutdown() | connection.closure().is_some() | (connection.buffered_amount() > 0)
    }

    entry_config() -> Arc<Config> { Arc::new(Config::new(entropy)) }
}

// The opening handshakes.
entry_points! {
    handshake_server_new(config: Arc<Config>) -> server::Handshake { server::Handshake::new(config) }
    handshake_server_receive(handshake: &mut server::Handshake, input: &mut [u8]) -> server::Progress {
        handshake.receive(&mut Input::from(input))
    }
    handshake_server_eof(handshake: &mut server::Handshake) -> server::Progress { handshake.receive_eof() }
    handshake_server_tick(handshake: &mut server::Handshake, now: Timestamp) -> Option<Duration> { handshake.tick(now) }
    handshake_server_accept(request: server::Request, accept: &Accept) -> Result<Connection, server::Refusal> {
        request.accept(accept)
    }
    handshake_server_refuse(request: server::Request, status: u16, body: &[u8]) -> server::Refusal {
        request.refuse(status, body)
    }
    handshake_server_refusal(refusal: server::Refusal) -> Vec<u8> { refusal.into_bytes() }
    handshake_client_request(uri: &str, protocol: &str, name: &str, value: &[u8]) -> Option<client::Request> {
        client::Request::from_uri(uri).ok()?.protocol(protocol).ok()?.header(name, value).ok()
    }
    handshake_client_new(request: client::Request, config: Arc<Config>) -> client::Handshake {
        client::Handshake::new(request, config)
    }
    handshake_client_output(handshake: &mut client::Handshake, count: usize) {
        let output = handshake.output();
        see(output.chunk());
        output.advance(count.min(output.remaining()));
    }
    handshake_client_receive(handshake: &mut client::Handshake, input: &mut [u8]) -> client::Progress {
        handshake.receive(&mut Input::from(input))
    }
    handshake_client_eof(handshake: &mut client::Handshake) -> client::Progress { handshake.receive_eof() }
    handshake_client_tick(handshake: &mut client::Handshake, now: Timestamp) -> Option<Duration> { handshake.tick(now) }
    handshake_client_body(response: &mut client::Response, input: &mut [u8]) -> bool { response.receive_body(&mut Input::from(input)) }
    handshake_client_credentials(request: client::Request, user: &str, password: &str, host: &str) -> Option<client::Request> {
        request.basic_auth(user, password).ok()?.host_header(host).ok()
    }
    handshake_client_redirect(
        redirects: &mut client::Redirects,
        request: &client::Request,
        response: &client::Response
    ) -> Option<client::Request> {
        redirects.follow(request, response).ok()?
    }
    handshake_tunnel_new(uri: &str, user: &str, password: &str, name: &str, port: u16) -> Option<Tunnel> {
        let proxy = Proxy::from_uri(uri).ok()?.basic_auth(user, password).ok()?;
        Tunnel::new(&proxy, Target::Name(name, port)).ok()
    }
    handshake_tunnel_receive(tunnel: &mut Tunnel, input: &mut [u8]) -> TunnelProgress { tunnel.receive(&mut Input::from(input)) }
    handshake_tunnel_eof(tunnel: &mut Tunnel) -> TunnelProgress { tunnel.receive_eof() }
}

#[cfg(feature = "planted-panic")]
entry_points! {
    entry_planted(count: usize) { if count == 7 { panic!("planted") } }
}

#[cfg(feature = "planted-index")]
entry_points! {
    entry_planted(bytes: &[u8], index: usize) -> u8 { bytes[index] }
}

// Reached through a function pointer in a table only.
#[cfg(feature = "planted-pointer")]
entry_points! {
    entry_planted(which: usize) -> Option<u8> {
        static TABLE: [fn(u8) -> u8; 2] = [|byte| byte / 2, |byte| 100 / byte];
        TABLE.get(which).map(|function| function(0))
    }
}
