// Handlers as they are written for axum. Both modules of `main.rs` include this file: one imports axum's names, the other ours.

/// What a handler saw, for the test.
#[derive(Clone, Default)]
struct Seen(Option<UnboundedSender<String>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(what.into());
        }
    }
}

pub(crate) fn app(seen: Option<UnboundedSender<String>>) -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route("/split", any(split))
        .route("/forward", any(forward))
        .route("/log", any(log))
        .route("/bye", any(bye))
        .route("/greet", any(greet))
        .with_state(Seen(seen))
}

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(100_000).on_failed_upgrade(|error| println!("{error}")).on_upgrade(|mut socket| async move {
        while let Some(message) = socket.recv().await {
            let Ok(message) = message else { return };
            if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

/// One task sends ten messages, the other one counts what it receives; whichever ends first aborts the other.
async fn split(upgrade: WebSocketUpgrade, State(seen): State<Seen>) -> impl IntoResponse {
    upgrade.on_upgrade(async move |socket: WebSocket| {
        let (mut sender, mut receiver) = socket.split();
        let sending = tokio::spawn(async move {
            for number in 0..10 {
                sender.send(Message::Text(format!("server {number}").into())).await.unwrap();
            }
            let frame = CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::from_static("enough") };
            sender.send(Message::Close(Some(frame))).await.unwrap();
        });
        let mut count = 0;
        while let Some(Ok(message)) = receiver.next().await {
            match message {
                Message::Text(_) | Message::Binary(_) => count += 1,
                Message::Close(frame) => seen.note(format!("{:?}", frame.map(|frame| frame.code))),
                _ => {}
            }
        }
        sending.await.unwrap();
        seen.note(format!("{count} messages"));
    })
}

async fn forward(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| async move {
        let (sender, receiver) = socket.split();
        let texts = receiver.try_filter(|message| std::future::ready(matches!(message, Message::Text(_))));
        let _ = texts.forward(sender).await;
    })
}

async fn log(mut upgrade: WebSocketUpgrade, State(seen): State<Seen>) -> Response {
    let requested: Vec<_> = upgrade.requested_protocols().map(|name| name.to_str().unwrap().to_owned()).collect();
    seen.note(format!("requested {requested:?}"));
    if requested.contains(&"late".to_owned()) {
        upgrade.set_selected_protocol(HeaderValue::from_static("late"));
    } else {
        upgrade = upgrade.protocols(["v2", "v1"]);
    }
    seen.note(format!("selected {:?}", upgrade.selected_protocol()));
    upgrade.on_upgrade(move |mut socket| async move {
        seen.note(format!("protocol {:?}", socket.protocol()));
        socket.send(Message::Ping(Bytes::from_static(b"from the server"))).await.unwrap();
        while let Some(message) = socket.recv().await {
            match message {
                Ok(Message::Text(text)) => seen.note(format!("text {text}")),
                Ok(Message::Binary(data)) => seen.note(format!("binary {}", data.len())),
                Ok(Message::Ping(data)) => seen.note(format!("ping {}", String::from_utf8_lossy(&data))),
                Ok(Message::Pong(data)) => seen.note(format!("pong {}", String::from_utf8_lossy(&data))),
                Ok(Message::Close(Some(frame))) => seen.note(format!("close {} {}", frame.code, frame.reason)),
                Ok(Message::Close(None)) => seen.note("close"),
                Err(_) => seen.note("error"),
            }
        }
        seen.note("end");
        let again = socket.recv().await.is_none();
        let late = socket.send(Message::Text("late".into())).await;
        seen.note(format!("ended for good: {again}, refuses to send: {}", late.is_err()));
    })
}

/// Begins the closing handshake, and waits for the answer.
async fn bye(upgrade: WebSocketUpgrade, State(seen): State<Seen>) -> Response {
    upgrade.on_upgrade(move |mut socket| async move {
        let frame = CloseFrame { code: close_code::RESTART, reason: "back soon".into() };
        socket.send(Message::Close(Some(frame))).await.unwrap();
        seen.note(format!("send after Close: {}", socket.send(Message::text("late")).await.is_err()));
        while let Some(message) = socket.recv().await {
            seen.note(format!("{message:?}"));
        }
        seen.note("end");
    })
}

/// Sends a message, and returns at once.
async fn greet(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        socket.send("x".repeat(50_000).into()).await.unwrap();
    })
}
