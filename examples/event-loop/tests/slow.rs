//! A peer that reads slowly stays connected, although nothing is read from it meanwhile. One that reads nothing does not.

#![expect(clippy::expect_used, reason = "a test may panic")]

use bowline::{
    Cause, Closure, Config, Connection, Deadline, Event,
    server::{Accept, Refusal, Request},
};
use bowline_event_loop::{App, Server};
use std::{
    error::Error,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, sleep},
    time::Duration,
};

/// More than the buffers of both sockets hold.
const SENT: usize = 20_000_000;

/// Sends a large message to each client, and reports how its connection ended.
struct Large {
    config: Arc<Config>,
    ended: Sender<Closure>,
}

impl App for Large {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn accept(&mut self, _index: usize, request: Request, _now: Duration) -> Result<Connection, Refusal> {
        let mut connection = request.accept(&Accept::same_origin())?;
        connection.send_binary(vec![7; SENT]).expect("the message fits");
        Ok(connection)
    }

    fn receive(&mut self, _index: usize, _connection: &mut Connection, _event: Event<'_>, _now: Duration) {}

    fn ended(&mut self, _index: usize, closure: Option<&Closure>) {
        let _ = self.ended.send(closure.expect("it was accepted").clone());
    }
}

/// A server whose deadlines are short, and a connected client that has read nothing.
fn start() -> Result<(TcpStream, Receiver<Closure>), Box<dyn Error>> {
    let config = Config::default().with(|config| {
        config.deadlines.ping = Some(Duration::from_millis(200));
        config.deadlines.pong = Some(Duration::from_millis(400));
        config.deadlines.write = Some(Duration::from_secs(1));
        config.deadlines.close = Duration::from_millis(300);
        config.limits.output = 2 * SENT;
    });
    let (ended, closures) = mpsc::channel();
    let app = Large { config: Arc::new(config), ended };
    let mut server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), app, Arc::default())?;
    let address = server.address()?;
    thread::spawn(move || server.run());
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )?;
    Ok((stream, closures))
}

#[test]
fn a_slow_reader() -> Result<(), Box<dyn Error>> {
    let (mut stream, closures) = start()?;
    let mut buffer = vec![0; 256 * 1024];
    let mut read = 0;
    while read < SENT {
        let count = stream.read(&mut buffer)?;
        assert!(count > 0, "{:?} after {read} bytes", closures.recv());
        read += count;
        sleep(Duration::from_micros(200 * count as u64 / 1024)); // 5 MB/s, 4 s in all
    }
    assert!(closures.try_recv().is_err());
    Ok(())
}

#[test]
fn a_reader_that_stops() -> Result<(), Box<dyn Error>> {
    let (mut stream, closures) = start()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    assert_eq!(&head, b"HTTP/1.1 101");
    let closure = closures.recv_timeout(Duration::from_secs(10))?;
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write), "{closure}");
    assert!(closure.unsent() > 0);
    Ok(())
}
