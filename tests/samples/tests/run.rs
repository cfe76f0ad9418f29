//! Runs the programs in the README and the guides: servers with a client, and a client with a server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use bowline::{
    CloseCode, Config, Message,
    adapter::blocking::{self, ClientStream, WebSocket},
    server::{Accept, Request},
};
use std::{
    net::TcpListener,
    process::{Child, Command, ExitStatus},
    sync::mpsc,
    thread::{self, sleep},
    time::Duration,
};

/// How long anything may take, and the pause between two attempts.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);
const TRIES: u128 = PATIENCE.as_millis() / PAUSE.as_millis();

/// A running program. It is killed at the end of the test.
struct Program(Child);

impl Program {
    fn start(path: &str, address: &str) -> Self {
        Self(Command::new(path).env("ADDRESS", address).spawn().unwrap())
    }

    fn ended(&mut self) -> ExitStatus {
        for _ in 0..TRIES {
            match self.0.try_wait().unwrap() {
                Some(status) => return status,
                None => sleep(PAUSE),
            }
        }
        panic!("it does not end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connect(uri: &str) -> WebSocket<ClientStream> {
    for _ in 0..TRIES {
        // The deadline is for a server that sends nothing back.
        let config = Config::default().with(|config| config.deadlines.idle = Some(PATIENCE));
        match blocking::connect(uri, config) {
            Ok((socket, _response)) => return socket,
            Err(_) => sleep(PAUSE), // it has not begun to listen
        }
    }
    panic!("it does not listen");
}

/// Two clients after one another, as the server has to go on after the first.
fn echoes(server: &str, path: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener); // the port is free again
    let _server = Program::start(server, &address);
    for _ in 0..2 {
        let mut socket = connect(&format!("ws://{address}{path}"));
        for message in [Message::from("Hello"), Message::from(vec![7_u8; 100_000]), Message::from("안녕하세요")] {
            socket.send(message.clone()).unwrap();
            assert_eq!(socket.recv().unwrap(), Some(message));
        }
        let closure = socket.close(CloseCode::NORMAL, "").unwrap();
        assert!(closure.is_normal(), "{closure}");
    }
}

#[test]
fn readme() {
    echoes(env!("CARGO_BIN_EXE_sample_readme"), "/");
}

#[test]
fn blocking() {
    echoes(env!("CARGO_BIN_EXE_sample_blocking"), "/");
}

#[test]
fn tokio() {
    echoes(env!("CARGO_BIN_EXE_sample_tokio"), "/");
}

#[test]
fn futures_io() {
    echoes(env!("CARGO_BIN_EXE_sample_futures_io"), "/");
}

#[test]
fn axum() {
    echoes(env!("CARGO_BIN_EXE_sample_axum"), "/echo");
}

#[test]
fn http() {
    echoes(env!("CARGO_BIN_EXE_sample_http"), "/echo");
}

/// With a server that does what a fuzzing server of the Autobahn test suite does, for two cases.
#[test]
fn coming_from_tungstenite() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (requests, requested) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut path = String::new();
            let decide = |request: Request| {
                path = request.path_and_query().to_owned();
                request.accept(&Accept::same_origin())
            };
            let mut socket = blocking::accept_with(stream.unwrap(), Config::default(), decide).unwrap();
            if path.starts_with("/getCaseCount") {
                socket.send("2").unwrap();
            } else if path.starts_with("/runCase") {
                socket.send("Hello").unwrap();
                assert_eq!(socket.recv().unwrap(), Some(Message::from("Hello")));
                socket.close(CloseCode::NORMAL, "").unwrap();
            }
            assert_eq!(socket.recv().unwrap(), None);
            requests.send(path).unwrap();
        }
    });
    assert!(Program::start(env!("CARGO_BIN_EXE_sample_coming_from_tungstenite"), &address).ended().success());
    let requested: Vec<_> = requested.iter().take(4).collect();
    let cases = [1, 2].map(|case| format!("/runCase?case={case}&agent=bowline"));
    let [first, second] = cases;
    assert_eq!(requested, ["/getCaseCount".into(), first, second, "/updateReports?agent=bowline".into()]);
}
