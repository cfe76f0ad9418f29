//! Extreme deadlines neither panic nor make the loop spin.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use bowline::{
    Closure, Config, Connection, Event, Input, Message,
    client::{self, Progress},
    server::{Accept, Refusal, Request},
};
use bowline_event_loop::{App, Server};
use bytes::{Buf, BufMut};
use std::{
    error::Error,
    io::{self, Read},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// Echoes one text, and ends the server.
struct Once {
    config: Arc<Config>,
    waker: Option<mio::Waker>,
}

impl App for Once {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn begin(&mut self, waker: mio::Waker) {
        self.waker = Some(waker);
    }

    fn accept(&mut self, _index: usize, request: Request, _now: Duration) -> Result<Connection, Refusal> {
        request.accept(&Accept::same_origin())
    }

    fn tick(&mut self, _index: usize, _connection: &mut Connection, _now: Duration) -> Option<Duration> {
        Some(Duration::MAX)
    }

    fn receive(&mut self, _index: usize, connection: &mut Connection, event: Event<'_>, _now: Duration) {
        if let Ok(message) = Message::try_from(event) {
            connection.send(message).expect("the message fits");
        }
    }

    fn ended(&mut self, _index: usize, _closure: Option<&Closure>) {
        self.waker.as_ref().map(mio::Waker::wake);
    }

    fn woken(&mut self) -> bool {
        true
    }
}

#[test]
fn deadlines() -> Result<(), Box<dyn Error>> {
    for deadline in [Duration::MAX, Duration::from_secs(1 << 40), Duration::from_millis(i32::MAX as u64)] {
        let config = Arc::new(Config::default().with(|config| {
            config.deadlines.handshake = Some(deadline);
            config.deadlines.ping = Some(deadline);
            config.deadlines.pong = Some(deadline);
            config.deadlines.idle = Some(deadline);
            config.deadlines.close = deadline;
        }));
        let app = Once { config: config.clone(), waker: None };
        let mut server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), app, Arc::default())?;
        let address = server.address()?;
        let serving = thread::spawn(move || server.run());
        echo(TcpStream::connect(address)?, config)?;
        serving.join().expect("the server does not panic")?;
    }
    Ok(())
}

fn echo(mut stream: TcpStream, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
    let mut handshake = client::Handshake::new(client::Request::from_uri("ws://localhost/")?, config);
    io::copy(&mut handshake.output().reader(), &mut stream)?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while !bytes.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut buffer)?;
        bytes.put_slice(&buffer[..count]);
    }
    let Progress::Connected(mut connection, _) = handshake.receive(&mut Input::from(&mut bytes)) else {
        return Err("refused".into());
    };
    connection.send_text("Hello")?;
    connection.output().write_to(&mut stream)?;
    let count = stream.read(&mut buffer)?;
    assert_eq!(connection.receive(&mut Input::from(&mut buffer[..count])), Some(Event::Text("Hello".into())));
    Ok(())
}
