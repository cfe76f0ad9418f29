//! The adapter over TCP on smol, with time as it is, and the programs of this package.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use bowline::{
    Cause, CloseCode, Config, Deadline, Message,
    adapter::futures_io::{self as ws, Error, WebSocket},
    client::Request,
    server::Accept,
};
use bowline_smol_echo::SmolTimer;
use smol::{
    future::zip,
    net::{TcpListener, TcpStream},
};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

type Socket = WebSocket<TcpStream, SmolTimer>;

/// A client and a server, connected by TCP.
async fn pair(config: &Config) -> [Socket; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        ws::accept(stream, &Accept::same_origin(), config.clone(), SmolTimer::default()).await.unwrap()
    };
    let client = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let request = Request::from_uri(&format!("ws://{address}/")).unwrap();
        ws::client_handshake(stream, request, config.clone(), SmolTimer::default()).await.unwrap().0
    };
    zip(client, server).await.into()
}

async fn echo(mut socket: Socket) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?;
    }
    Ok(())
}

/// Messages of all sizes, in tasks of their own, and a clean close.
#[test]
fn there_and_back() {
    smol::block_on(async {
        let [mut client, server] = pair(&Config::default()).await;
        let server = smol::spawn(echo(server));
        for len in [0, 1, 125, 126, 65_535, 65_536, 3_000_000] {
            let message = Message::from((0..len).map(|i| u8::try_from(i % 251).unwrap()).collect::<Vec<_>>());
            client.send(message.clone()).await.unwrap();
            assert!(client.recv().await.unwrap() == Some(message), "{len} bytes");
        }
        assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        server.await.unwrap();
    });
}

/// Four tasks send at once, and another one receives: more than fits into the buffers of the sockets.
#[test]
fn split() {
    const EACH: usize = 50;
    smol::block_on(async {
        let [client, server] = pair(&Config::default()).await;
        let server = smol::spawn(echo(server));
        let (mut receiver, sender) = client.split();
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let mut sender = sender.clone();
                smol::spawn(async move {
                    for _ in 0..EACH {
                        sender.send(vec![7; 100_000]).await.unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..4 * EACH {
            assert_eq!(receiver.recv().await.unwrap().unwrap().len(), 100_000);
        }
        for sender in senders {
            sender.await;
        }
        let mut sender = sender;
        let (last, closed) = zip(receiver.recv(), sender.close(CloseCode::NORMAL, "")).await;
        assert_eq!(last.unwrap(), None);
        closed.unwrap();
        server.await.unwrap();
    });
}

/// A peer that answers nothing: the deadlines follow smol's timer.
#[test]
fn deadlines() {
    let config = Config::default().with(|config| {
        config.deadlines.ping = Some(Duration::from_millis(200));
        config.deadlines.pong = Some(Duration::from_millis(200));
        config.deadlines.close = Duration::from_millis(200);
    });
    smol::block_on(async {
        let [mut client, _silent] = pair(&config).await;
        let begun = Instant::now();
        let Err(Error::Closed(closure)) = client.recv().await else { panic!("it has not ended") };
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
        assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let begun = Instant::now();
        let config = config.with(|config| config.deadlines.handshake = Some(Duration::from_millis(300)));
        let request = Request::from_uri("ws://localhost/").unwrap();
        let opened = ws::client_handshake(stream, request, config, SmolTimer::default()).await;
        assert!(matches!(opened, Err(Error::Handshake { .. })));
        assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    });
}

/// The programs, with one another.
#[test]
fn programs() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_smol-echo"))
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ws://").unwrap();
    let mut client = Command::new(env!("CARGO_BIN_EXE_smol-client"))
        .arg(address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all("Hello\n안녕하세요\n".as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let [printed, end] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{end}");
    // The server receives the Close frame after the lines, so that both answers come before its own.
    assert_eq!(printed, "Hello\n안녕하세요\n");
    assert!(end.starts_with("closed with 1000"), "{end}");
}

/// A program on another runtime does not depend on Tokio.
#[test]
fn without_tokio() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "bowline-smol-echo",
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "--target",
            "all",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("futures-io v"), "{tree}");
    assert!(!tree.lines().any(|line| line.starts_with("tokio")), "{tree}");
}
