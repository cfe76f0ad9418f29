use crate::{
    exchange::{self, Exchange},
    job::{Job, Task, Work, work},
    pipe::{Pipe, Sent},
    tally::Tally,
};
use std::rc::Rc;
use ws_net::{ClientHandshake, Connection, Event, Limits, ServerHandshake};

const LIMIT: u64 = 16 * 1024 * 1024;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let (mut connection, mut pipe) = (connection(job), job.pipe());
            work(move |messages, tally| receive(&mut connection, &mut pipe, messages, tally))
        }
        Task::Echo { .. } => {
            let (mut connection, mut pipe) = (connection(job), job.pipe());
            let mut echo = Vec::new();
            work(move |messages, tally| send_back(&mut connection, &mut pipe, &mut echo, messages, tally))
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut connection, batch) = (connection(job), job.batch());
            let (sent, payload) = (job.sent.clone(), job.payload.clone());
            work(move |messages, _| {
                for index in 0..messages {
                    connection.send_binary(&payload).expect("it is open");
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        write(&mut connection, &sent);
                    }
                }
            })
        }
        Task::HandshakeServer => {
            let mut pipe = job.pipe();
            let (mut buffer, mut answer) = (vec![0; job.buffer()], Vec::new());
            work(move |messages, tally| {
                for _ in 0..messages {
                    let len = pipe.read_into(&mut buffer);
                    let (request, _) = ServerHandshake::from_head(&buffer[..len])
                        .expect("the request is right")
                        .expect("it is complete");
                    answer.clear();
                    request.write_response(None, &mut answer).expect("no subprotocol");
                    pipe.sent.write(&answer);
                    let _connection = std::hint::black_box(Connection::server());
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::handshakes(begin, finish),
        Task::CompressedEcho { .. } => None,
    }
}

fn connection(job: &Job) -> Connection {
    let connection = if job.is_client() { Connection::client() } else { Connection::server() };
    connection.with_limits(Limits::new().with_max_frame(LIMIT).with_max_message(LIMIT))
}

fn read(connection: &mut Connection, pipe: &mut Pipe) {
    let len = pipe.read_into(connection.read_buf());
    connection.commit(len);
}

fn receive(connection: &mut Connection, pipe: &mut Pipe, messages: usize, tally: &mut Tally) {
    let last = tally.messages + messages as u64;
    while tally.messages < last {
        match connection.poll().expect("the frames are right") {
            Event::Binary(data) => tally.message(data),
            Event::Text(text) => tally.message(text.as_bytes()),
            Event::NeedInput => read(connection, pipe),
            other => panic!("{other:?} is not a message"),
        }
    }
}

/// An event is borrowed from the connection, so a reply has to be copied first, as in its example.
fn send_back(connection: &mut Connection, pipe: &mut Pipe, echo: &mut Vec<u8>, messages: usize, tally: &mut Tally) {
    let last = tally.messages + messages as u64;
    while tally.messages < last {
        match connection.poll().expect("the frames are right") {
            Event::Binary(data) => {
                echo.clear();
                echo.extend_from_slice(data);
                connection.send_binary(echo).expect("it is open");
                tally.end();
            }
            Event::NeedInput => {
                write(connection, &pipe.sent);
                read(connection, pipe);
            }
            other => panic!("{other:?} is not a message"),
        }
    }
    write(connection, &pipe.sent);
}

fn write(connection: &mut Connection, sent: &Sent) {
    let written = sent.write(connection.output());
    connection.advance_output(written);
}

fn begin(exchange: Rc<Exchange>) -> (Rc<Exchange>, ClientHandshake) {
    let handshake = ClientHandshake::new();
    let mut request = Vec::new();
    handshake.write_request("server.example.com", "/chat", &mut request).expect("the URI is valid");
    exchange.write(&request);
    (exchange, handshake)
}

fn finish((exchange, handshake): (Rc<Exchange>, ClientHandshake)) -> bool {
    let mut buffer = [0; 1024];
    let Some(len) = exchange.read(&mut buffer) else { return false };
    let agreed = matches!(handshake.verify_head(&buffer[..len]), Ok(Some(_)));
    let _connection = std::hint::black_box(Connection::client());
    agreed
}
