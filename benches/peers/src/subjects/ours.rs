use crate::{
    exchange::{self, Exchange, URI},
    job::{Job, Task, Work, work},
    pipe::Pipe,
    tally::Tally,
};
use bowline::{Config, Connection, Delivery, Event, Input, client, server};
use bytes::{Buf, BufMut};
use std::{rc::Rc, sync::Arc};

pub(super) fn borrowed(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut driver = Driver::new(job, Delivery::Messages);
            work(move |messages, tally| driver.receive(messages, tally))
        }
        Task::Echo { .. } => {
            let mut driver = Driver::new(job, Delivery::Messages);
            work(move |messages, tally| driver.echo(messages, tally))
        }
        Task::CompressedEcho { .. } => super::compressed::bowline(job),
        // What has to be copied anyway is borrowed.
        Task::ClientSend if job.size <= 64 * 1024 => {
            send(job, bowline::Role::Client, |connection, job| connection.send_binary(&job.payload[..]))
        }
        Task::ClientSend => {
            send(job, bowline::Role::Client, |connection, job| connection.send_binary(job.payload.clone()))
        }
        Task::ServerSend => {
            send(job, bowline::Role::Server, |connection, job| connection.send_binary(job.payload.clone()))
        }
        Task::HandshakeServer => accept(job),
        Task::HandshakeClient => {
            let config = Arc::new(Config::default());
            exchange::handshakes(move |exchange| begin(exchange, &config), finish)
        }
    }
}

/// Where a message is larger than a read, so that there is something to be assembled.
pub(super) fn direct_read(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { kind: crate::wire::Kind::Binary, .. } if job.size >= 16 * 1024 => {
            let mut driver = Driver::new(job, Delivery::Messages);
            work(move |messages, tally| driver.receive_directly(messages, tally))
        }
        Task::Echo { .. } if job.size >= 16 * 1024 => {
            let mut driver = Driver::new(job, Delivery::Messages);
            work(move |messages, tally| driver.echo_directly(messages, tally))
        }
        _ => None,
    }
}

pub(super) fn chunks(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut driver = Driver::new(job, Delivery::Chunks);
            work(move |messages, tally| driver.receive(messages, tally))
        }
        _ => None,
    }
}

/// A connection, a transport and a read buffer, as every driver has them.
struct Driver {
    connection: Connection,
    pipe: Pipe,
    buffer: Box<[u8]>,
    /// What of the buffer is read and not yet received.
    unread: (usize, usize),
}

impl Driver {
    fn new(job: &Job, delivery: Delivery) -> Self {
        let role = if job.is_client() { bowline::Role::Client } else { bowline::Role::Server };
        let mut config = Config::default();
        config.delivery = delivery;
        let connection = Connection::new(role, config);
        Self { connection, pipe: job.pipe(), buffer: vec![0; job.buffer()].into_boxed_slice(), unread: (0, 0) }
    }

    fn receive(&mut self, messages: usize, tally: &mut Tally) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            self.receive_read(last, tally);
        }
    }

    /// All that one read brought, or what is left of it.
    #[inline]
    fn receive_read(&mut self, last: u64, tally: &mut Tally) {
        if self.unread.0 == self.unread.1 {
            self.unread = (0, self.pipe.read_into(&mut self.buffer));
        }
        let mut input = Input::from(&mut self.buffer[self.unread.0..self.unread.1]);
        while tally.messages < last
            && let Some(event) = self.connection.receive(&mut input)
        {
            deliver(event, tally);
        }
        self.unread.0 = self.unread.1 - input.len();
    }

    fn receive_directly(&mut self, messages: usize, tally: &mut Tally) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            let nothing_unread = self.unread.0 == self.unread.1;
            if nothing_unread && self.read_directly() {
                if let Some(event) = self.connection.poll_event() {
                    deliver(event, tally);
                }
            } else {
                self.receive_read(last, tally);
            }
        }
    }

    /// Reads into the message, if it is large enough. As with a socket, nothing is zeroed before.
    fn read_directly(&mut self) -> bool {
        let read = self.connection.direct_read(|space| {
            let space = space.as_buf_mut();
            space.put_slice(self.pipe.next_read(space.remaining_mut()));
        });
        read.is_some()
    }

    fn echo(&mut self, messages: usize, tally: &mut Tally) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            self.echo_read(last, tally);
        }
    }

    /// Sends back what one read brought, or what is left of it.
    #[inline]
    fn echo_read(&mut self, last: u64, tally: &mut Tally) {
        if self.unread.0 == self.unread.1 {
            self.unread = (0, self.pipe.read_into(&mut self.buffer));
        }
        let mut input = Input::from(&mut self.buffer[self.unread.0..self.unread.1]);
        while tally.messages < last
            && let Some(event) = self.connection.receive(&mut input)
        {
            if let Event::Binary(data) = event {
                self.connection.send_binary(data).expect("there is room");
                tally.end();
            }
        }
        self.unread.0 = self.unread.1 - input.len();
        self.pipe.sent.write_buf(self.connection.output());
    }

    fn echo_directly(&mut self, messages: usize, tally: &mut Tally) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            let nothing_unread = self.unread.0 == self.unread.1;
            if nothing_unread && self.read_directly() {
                if let Some(Event::Binary(data)) = self.connection.poll_event() {
                    self.connection.send_binary(data).expect("there is room");
                    tally.end();
                    self.pipe.sent.write_buf(self.connection.output());
                }
            } else {
                self.echo_read(last, tally);
            }
        }
    }
}

#[inline]
fn deliver(event: Event<'_>, tally: &mut Tally) {
    match event {
        Event::Binary(data) => tally.message(&data),
        Event::Text(text) => tally.message(text.as_bytes()),
        Event::BinaryChunk { data, last } => chunk(&data, last, tally),
        Event::TextChunk { text, last } => chunk(text.as_bytes(), last, tally),
        event => panic!("{event:?} is no message"),
    }
}

#[inline]
fn chunk(chunk: &[u8], last: bool, tally: &mut Tally) {
    tally.chunk(chunk);
    if last {
        tally.end();
    }
}

fn send(
    job: &Job,
    role: bowline::Role,
    send: impl Fn(&mut Connection, &Job) -> Result<(), bowline::SendError> + 'static,
) -> Option<Box<dyn Work>> {
    let (job, batch) = (job.clone(), job.batch());
    let mut connection = Connection::new(role, Config::default());
    work(move |messages, _| {
        for index in 0..messages {
            send(&mut connection, &job).expect("there is room");
            if (index + 1) % batch == 0 || index + 1 == messages {
                job.sent.write_buf(connection.output());
            }
        }
    })
}

fn accept(job: &Job) -> Option<Box<dyn Work>> {
    let mut pipe = job.pipe();
    let mut buffer = vec![0; job.buffer()];
    let config = Arc::new(Config::default());
    let accept = server::Accept::same_origin();
    work(move |messages, tally| {
        for _ in 0..messages {
            let mut handshake = server::Handshake::new(config.clone());
            let len = pipe.read_into(&mut buffer);
            let server::Progress::Request(request) = handshake.receive(&mut Input::from(&mut buffer[..len])) else {
                panic!("the request is refused")
            };
            let mut connection = request.accept(&accept).expect("the request is right");
            pipe.sent.write_buf(connection.output());
            tally.end();
        }
    })
}

fn begin(exchange: Rc<Exchange>, config: &Arc<Config>) -> (Rc<Exchange>, client::Handshake) {
    let request = client::Request::from_uri(URI).expect("the URI is valid");
    let mut handshake = client::Handshake::new(request, config.clone());
    while handshake.output().has_remaining() {
        let written = exchange.write(handshake.output().chunk());
        handshake.output().advance(written);
    }
    (exchange, handshake)
}

fn finish((exchange, mut handshake): (Rc<Exchange>, client::Handshake)) -> bool {
    let mut buffer = [0; 1024];
    let Some(len) = exchange.read(&mut buffer) else { return false };
    matches!(handshake.receive(&mut Input::from(&mut buffer[..len])), client::Progress::Connected(..))
}
