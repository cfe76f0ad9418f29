//! A thousand clients at once.

use bowline::{
    CloseCode, Closure, Config, Event, Message, SendError,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, duplex},
    task::JoinSet,
};

const CLIENTS: usize = 1000;
const MESSAGES: usize = 1000;

/// How many messages a client has on the way, which are so many chances to lose one.
const WINDOW: usize = 50;

fn message(client: usize, i: usize) -> String {
    format!("{client} {i} {}", "x".repeat((client + i) % 100))
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &Arc<Config>,
    in_batches: bool,
) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &Accept::same_origin(), config.clone()).await?;
    if in_batches {
        while let Some(mut batch) = socket.read().await? {
            while let Some((event, connection)) = batch.receive() {
                if let Event::Text(text) = event {
                    connection.send_text(text)?;
                }
            }
        }
    } else {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Sends its messages and receives them all again; one that is cut off receives the first of them.
async fn client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &Arc<Config>,
    number: usize,
    cut_after: Option<usize>,
) -> Result<Option<Closure>, Error> {
    let request = bowline::client::Request::from_uri("ws://example.com/").unwrap();
    let (mut socket, _) = ws::client_handshake(stream, request, config.clone()).await?;
    let (mut sent, mut received) = (0, 0);
    while received < MESSAGES {
        while sent < MESSAGES.min(received + WINDOW) {
            socket.feed(message(number, sent)).await?;
            sent += 1;
        }
        let Some(Message::Text(text)) = socket.recv().await? else { panic!("it ended early") };
        assert_eq!(text, message(number, received));
        received += 1;
        if cut_after == Some(received) {
            return Ok(None); // with messages on the way
        }
    }
    socket.close(CloseCode::NORMAL, "").await.map(Some)
}

/// A thousand clients exchange a thousand messages each with echo servers with both APIs, and a tenth of them is cut
/// off: of what the others sent, nothing is lost, doubled or reordered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients() {
    // On a busy machine a task can wait for its turn longer than every default deadline.
    let config = Arc::new(Config::default().with(|config| {
        let deadlines = &mut config.deadlines;
        (deadlines.handshake, deadlines.ping, deadlines.write) = (None, None, None);
        deadlines.close = Duration::from_secs(3600);
    }));
    let cut_off = Arc::new(AtomicUsize::new(0));
    let (mut clients, mut servers) = (JoinSet::new(), JoinSet::new());
    for number in 0..CLIENTS {
        let (near, far) = duplex(1000 + number);
        let server_config = config.clone();
        servers.spawn(async move { echo(far, &server_config, number % 2 == 0).await });
        let (config, cut_off) = (config.clone(), cut_off.clone());
        clients.spawn(async move {
            let random = u32::from_ne_bytes((config.entropy)()) as usize;
            let cut_after = random.is_multiple_of(10).then_some(1 + random / 10 % (MESSAGES - 1));
            let end = client(near, &config, number, cut_after).await.unwrap();
            match end {
                Some(closure) => assert!(closure.is_clean()),
                None => drop(cut_off.fetch_add(1, Relaxed)),
            }
        });
    }
    while let Some(end) = clients.join_next().await {
        end.unwrap();
    }
    let mut lost = 0;
    while let Some(end) = servers.join_next().await {
        match end.unwrap() {
            Ok(()) => {}
            // After a write that failed, what is still received cannot be answered.
            Err(Error::Closed(_) | Error::Io(_) | Error::Send(SendError::Closing)) => lost += 1,
            Err(error) => panic!("{error}"),
        }
    }
    let cut_off = cut_off.load(Relaxed);
    assert_eq!(lost, cut_off, "the servers of the clients that were cut off, and no others, saw a loss");
    assert!((30..300).contains(&cut_off), "{cut_off} were cut off");
}
