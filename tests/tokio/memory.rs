//! What an idle connection holds.

use crate::{
    common::{KEY, ROLES, frame_from, frame_to},
    kit::{Reads, Script, waits},
};
use allocation_counter::measure;
use bowline::{Config, Connection, Role, adapter::tokio::WebSocket};
use bowline_test::Call;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::advance};

const KIB: i64 = 1024;

/// A connection that waits in `recv`, with its timer set, has no buffers: it and its heap are 1 KiB at the most. So it is at
/// first, and again two seconds after messages of all sizes were echoed.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_no_buffers() {
    let own = i64::try_from(size_of::<WebSocket<TcpStream>>()).unwrap();
    // What compression needs to know of a connection takes 56 bytes in it.
    assert!(own <= if cfg!(feature = "deflate") { 600 } else { 560 }, "{own} bytes");
    let config = Arc::new(Config::new(|| KEY));
    for role in ROLES {
        for is_measured in [false, true] {
            // The first time, the thread gets what it keeps for all its connections.
            let script = Script::new([]);
            let mut socket = None;
            let mut held = measure(|| {
                socket = Some(WebSocket::new(script.clone(), Connection::new(role, config.clone())));
                assert!(waits(socket.as_mut().unwrap().recv()));
            })
            .bytes_current;
            assert!(held > 0, "the timer is set");
            for len in [0, 16, 5000, 100_000] {
                let info = measure(|| echo(socket.as_mut().unwrap(), &script, role, len));
                held += info.bytes_current;
                for _ in 0..2 {
                    advance(Duration::from_millis(1100)).await;
                    held += measure(|| assert!(waits(socket.as_mut().unwrap().recv()))).bytes_current;
                }
                assert!(!is_measured || (held > 0 && held <= KIB - own), "{held} bytes of heap after {len} bytes");
            }
        }
    }
}

/// Echoes a message, and leaves nothing in the script.
fn echo(socket: &mut WebSocket<Script>, script: &Script, role: Role, len: usize) {
    script.push(Reads::Bytes(frame_to(role, 0x82, &vec![7; len])));
    let echo = async {
        while let Some(message) = socket.recv().await.unwrap() {
            socket.send(message).await.unwrap();
        }
    };
    assert!(waits(echo));
    assert!(script.written().len() > len);
    script.clear();
}

/// Messages that lie in the read buffer cost no allocation with the batch API, echoed or not.
#[tokio::test(start_paused = true)]
async fn no_allocation_for_each_message() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = crate::kit::socket(role, &script);
        let mut echo = std::pin::pin!(async {
            while let Some(mut batch) = socket.read().await.unwrap() {
                while let Some((event, connection)) = batch.receive() {
                    let bowline::Event::Text(text) = event else { panic!() };
                    connection.send_text(text).unwrap();
                }
            }
        });
        for round in 0..20 {
            let batch: Vec<u8> = (0..10).flat_map(|_| frame_to(role, 0x81, &[b'a'; 100])).collect();
            script.push(Reads::Bytes(batch));
            let info = measure(|| assert!(waits(echo.as_mut())));
            // The script's own: what it remembers of the calls.
            assert!(round < 3 || info.count_total <= 1, "{} allocations", info.count_total);
            // Nothing piles up in it, as that would cost memory now and then.
            let echoed = script.with(|wire| wire.read(Role::Server, &mut [0; 2000])).unwrap();
            assert_eq!(echoed, 10 * frame_from(role, 0x81, &[b'a'; 100]).len());
        }
        assert_eq!(script.count(Call::Write), 20);
    }
}
