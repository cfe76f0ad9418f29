//! The streams for the blocking adapter.

use bowline::{
    Cause, CloseCode, Connection, Deadline, Role,
    adapter::blocking::{Error, Transport, WebSocket},
};
use bowline_test::{
    Wire,
    blocking::{Stream, stream_pair},
    config,
};
use std::{
    io::{ErrorKind, Read, Write},
    thread,
    time::{Duration, Instant},
};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn bytes_and_ends() {
    let (mut client, mut server) = stream_pair(Wire::new());
    client.write_all(b"Hello").unwrap();
    let mut space = [0; 10];
    assert_eq!(server.read(&mut space).unwrap(), 5);
    client.shutdown_write().unwrap();
    assert_eq!(server.read(&mut space).unwrap(), 0);
    assert_eq!(client.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    server.write_all(b"you").unwrap();
    drop(server);
    assert_eq!(client.read(&mut space).unwrap(), 3);
    assert_eq!(client.read(&mut space).unwrap(), 0);
}

/// A timeout is over when it should be, and not earlier.
#[test]
fn timeouts() {
    let (mut client, _server) = stream_pair(Wire::new().with(|faults| faults.capacity = 1));
    client.write_all(b"x").unwrap();
    client.set_timeout(Some(ms(20))).unwrap();
    let begun = Instant::now();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(begun.elapsed() >= ms(20));
    assert_eq!(client.write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(begun.elapsed() >= ms(40));
    client.set_timeout(None).unwrap();
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// Threads that wait are woken: by bytes, by space, by an end, by a changed fault, and by time.
#[test]
fn threads_are_woken() {
    let woken_by = |wake: &dyn Fn(&mut Stream)| {
        let (mut client, mut server) = stream_pair(Wire::new());
        let reads = thread::spawn(move || server.read(&mut [0; 10]));
        thread::sleep(ms(5));
        wake(&mut client);
        reads.join().unwrap()
    };
    assert_eq!(woken_by(&|client| client.write_all(b"abc").unwrap()).unwrap(), 3);
    assert_eq!(woken_by(&|client| client.shutdown_write().unwrap()).unwrap(), 0);
    assert_eq!(woken_by(&|client| client.wire().with(Wire::reset)).unwrap_err().kind(), ErrorKind::ConnectionReset);

    let (mut client, mut server) = stream_pair(Wire::new().with(|faults| faults.capacity = 1));
    let writes = thread::spawn(move || client.write_all(b"abc"));
    let mut space = [0; 3];
    server.read_exact(&mut space).unwrap();
    writes.join().unwrap().unwrap();

    let (mut client, mut server) = stream_pair(Wire::new().with(|faults| faults.latency = ms(30)));
    let begun = Instant::now();
    client.write_all(b"a").unwrap();
    assert_eq!(server.read(&mut space).unwrap(), 1);
    assert!(begun.elapsed() >= ms(30));
}

/// A peer that is frozen does not answer the Close frame.
#[test]
fn a_frozen_peer() {
    let (near, far) = stream_pair(Wire::new());
    near.wire().with(|wire| wire.faults_from(Role::Client).is_frozen = true);
    let config = config().with(|config| config.deadlines.close = ms(30));
    let mut server = WebSocket::new(far, Connection::new(Role::Server, config));
    let closure = server.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
    assert!(matches!(server.recv(), Err(Error::Closed(_))));
    drop(near);
}
