use crate::{
    exchange::{self, Exchange},
    job::{Job, Task, Work, work},
    pipe::{Pipe, Sent},
    tally::Tally,
};
use rand::Rng;
use shiguredo_websocket::{
    ClientConnectionOptions, ConnectionEvent, ConnectionOutput, ConnectionState, Error, RandomSource,
    ServerConnectionOptions, Timestamp, WebSocketClientConnection, WebSocketServerConnection,
};
use std::rc::Rc;

const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut driver = Driver::new(job);
            work(move |messages, tally| driver.run(messages, tally, false))
        }
        Task::Echo { .. } => {
            let mut driver = Driver::new(job);
            work(move |messages, tally| driver.run(messages, tally, true))
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut connection, batch) = (Connection::open(job.is_client()), job.batch());
            let (sent, payload) = (job.sent.clone(), job.payload.clone());
            work(move |messages, _| {
                for index in 0..messages {
                    connection.send_binary(&payload);
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        connection.write_to(&sent);
                    }
                }
            })
        }
        Task::HandshakeServer => {
            let mut pipe = job.pipe();
            let mut buffer = vec![0; job.buffer()];
            work(move |messages, tally| {
                for _ in 0..messages {
                    let len = pipe.read_into(&mut buffer);
                    let mut server = Connection::Server(Box::new(accept(&buffer[..len])));
                    server.write_to(&pipe.sent);
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::handshakes(begin, finish),
        Task::CompressedEcho { .. } => None,
    }
}

/// Its documentation asks the system for each key. This is a CSPRNG, too, and faster.
struct Keys;

impl RandomSource for Keys {
    fn masking_key(&mut self) -> [u8; 4] {
        rand::rng().next_u32().to_ne_bytes()
    }

    fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        rand::rng().fill_bytes(&mut nonce);
        nonce
    }
}

enum Connection {
    Server(Box<WebSocketServerConnection>),
    Client(Box<WebSocketClientConnection<Keys>>),
}

impl Connection {
    /// One that is open: it begins with the opening handshake.
    fn open(is_client: bool) -> Self {
        let mut connection = if is_client {
            let exchange = Rc::<Exchange>::default();
            let (_, mut client) = begin(exchange.clone());
            exchange.respond();
            assert!(read_answer(&exchange, &mut client), "the server agreed");
            Self::Client(Box::new(client))
        } else {
            Self::Server(Box::new(accept(exchange::BROWSER.as_bytes())))
        };
        while connection.poll_event().is_some() {}
        connection.write_to(&Sent::default());
        connection
    }

    #[inline]
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Server(server) => server.feed_recv_buf(bytes),
            Self::Client(client) => client.feed_recv_buf(bytes, Timestamp::from_millis(0)),
        }
    }

    #[inline]
    fn poll_event(&mut self) -> Option<ConnectionEvent> {
        match self {
            Self::Server(server) => server.poll_event(),
            Self::Client(client) => client.poll_event(),
        }
    }

    #[inline]
    fn send_binary(&mut self, payload: &[u8]) {
        let sent = match self {
            Self::Server(server) => server.send_binary(payload),
            Self::Client(client) => client.send_binary(payload),
        };
        sent.expect("it is open");
    }

    fn write_to(&mut self, sent: &Sent) {
        while let Some(output) = match self {
            Self::Server(server) => server.poll_output(),
            Self::Client(client) => client.poll_output(),
        } {
            if let ConnectionOutput::SendData(data) = output {
                sent.write(&data);
            }
        }
    }
}

struct Driver {
    connection: Connection,
    pipe: Pipe,
    buffer: Box<[u8]>,
}

impl Driver {
    fn new(job: &Job) -> Self {
        let connection = Connection::open(job.is_client());
        Self { connection, pipe: job.pipe(), buffer: vec![0; job.buffer()].into_boxed_slice() }
    }

    fn run(&mut self, messages: usize, tally: &mut Tally, echo: bool) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            match self.connection.poll_event() {
                Some(ConnectionEvent::BinaryMessage(data)) if echo => {
                    self.connection.send_binary(&data);
                    tally.end();
                }
                Some(ConnectionEvent::BinaryMessage(data)) => tally.message(&data),
                Some(ConnectionEvent::TextMessage(text)) => tally.message(text.as_bytes()),
                Some(other) => panic!("{other:?} is not a message"),
                None => {
                    self.connection.write_to(&self.pipe.sent);
                    let len = self.pipe.read_into(&mut self.buffer);
                    self.connection.feed(&self.buffer[..len]).expect("the frames are right");
                }
            }
        }
        self.connection.write_to(&self.pipe.sent);
    }
}

fn accept(request: &[u8]) -> WebSocketServerConnection {
    let options = ServerConnectionOptions::new().max_frame_size(LIMIT).max_message_size(LIMIT);
    let mut server = WebSocketServerConnection::new(options);
    server.feed_recv_buf(request).expect("the request is right");
    server.accept_handshake_auto().expect("the request is right");
    assert_eq!(server.state(), ConnectionState::Connected);
    server
}

fn begin(exchange: Rc<Exchange>) -> (Rc<Exchange>, WebSocketClientConnection<Keys>) {
    let options =
        ClientConnectionOptions::new("server.example.com", "/chat").max_frame_size(LIMIT).max_message_size(LIMIT);
    let mut client = WebSocketClientConnection::new(options, Keys);
    client.connect().expect("it is not connected yet");
    while let Some(output) = client.poll_output() {
        if let ConnectionOutput::SendData(data) = output {
            exchange.write(&data);
        }
    }
    (exchange, client)
}

fn finish((exchange, mut client): (Rc<Exchange>, WebSocketClientConnection<Keys>)) -> bool {
    read_answer(&exchange, &mut client)
}

fn read_answer(exchange: &Exchange, client: &mut WebSocketClientConnection<Keys>) -> bool {
    let mut buffer = [0; 1024];
    let Some(len) = exchange.read(&mut buffer) else { return false };
    client.feed_recv_buf(&buffer[..len], Timestamp::from_millis(0)).is_ok()
        && client.state() == ConnectionState::Connected
}
