//! The mock server, with the clients of both adapters.
#![cfg(feature = "tokio")]

use bowline::{
    CloseCode, Config, HandshakeError, Role,
    adapter::{
        blocking,
        tokio::{self as ws, ConnectStage, Error},
    },
    client::Request,
    server::Accept,
};
use bowline_test::{Received, RequestHead, Script, tokio::MockServer};
use std::{io::ErrorKind, time::Duration};

fn config() -> Config {
    Config::default()
}

/// A request and messages are recorded, and the scripts of all connections are returned.
#[tokio::test]
async fn a_conversation() {
    let script = Script::server().expect_text("Hello").send_text("you").expect_close(1000).auto_close().end();
    let server = MockServer::start(script).await.unwrap();
    assert!(server.address().ip().is_loopback());
    for number in 0..2 {
        let request = Request::from_uri(&server.uri(&format!("/chat?number={number}"))).unwrap();
        let request = request.header("Authorization", "Bearer 123").unwrap();
        let (mut client, response) = ws::connect_with(request, config()).await.unwrap();
        assert_eq!(response.status(), 101);
        client.send("Hello").await.unwrap();
        assert_eq!(client.recv().await.unwrap(), Some("you".into()));
        assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    }
    let requests = server.requests();
    assert_eq!(
        requests.iter().map(RequestHead::path_and_query).collect::<Vec<_>>(),
        ["/chat?number=0", "/chat?number=1"]
    );
    assert_eq!(requests[1].header("authorization"), Some(&b"Bearer 123"[..]));
    assert_eq!(server.received()[1][1], Received::Text("Hello".into()));
    let played = server.finish().await.unwrap();
    assert_eq!(played.len(), 2);
    assert_eq!(played[0].request(), Some(&requests[0]));
}

/// The blocking client is a client like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_client() {
    let server = MockServer::start(Script::server().send_text("Hello").send_close(1001, "bye")).await.unwrap();
    let uri = server.uri("/");
    let received = tokio::task::spawn_blocking(move || {
        let (mut client, _) = blocking::connect(&uri, config())?;
        Ok::<_, Error>((client.recv()?, client.recv()?))
    });
    assert_eq!(received.await.unwrap().unwrap(), (Some("Hello".into()), None));
    assert_eq!(server.finish().await.unwrap().len(), 1);
}

/// Every way not to open a connection, and what the client makes of it.
#[tokio::test]
async fn servers_that_do_not_open() {
    let request = || Script::new(Role::Server).expect_request();
    let server = MockServer::start_each(move |connection| match connection {
        0 => request().refuse(403, "not you").end(),
        1 => {
            request().answer(|request| Err(request.refuse(401, "").header("WWW-Authenticate", "Basic").unwrap())).end()
        }
        2 => request().send_bytes("SSH-2.0-OpenSSH\r\n\r\n"),
        3 => request().wait(Duration::from_secs(60)),
        4 => request(),
        5 => request().reset(),
        6 => Script::new(Role::Server).reset(),
        _ => request()
            .answer(|request| request.accept(&Accept::any_origin().protocols(["chat"])))
            .wait(Duration::from_millis(1)),
    })
    .await
    .unwrap();
    let uri = server.uri("/");
    let connect = async || ws::connect(&uri, config()).await.map(|(_, response)| response.status());

    let Err(Error::Handshake { error: HandshakeError::Status(403), response: Some(response) }) = connect().await else {
        panic!("not refused")
    };
    assert_eq!(response.body(), b"not you");
    let Err(Error::Handshake { response: Some(response), .. }) = connect().await else { panic!("not refused") };
    assert_eq!((response.status(), response.header("WWW-Authenticate")), (401, Some(&b"Basic"[..])));
    let error = connect().await.unwrap_err();
    assert!(matches!(&error, Error::Handshake { error: HandshakeError::StartLine(_), .. }), "garbage: {error:?}");
    let hasty = config().with(|config| config.deadlines.handshake = Some(Duration::from_millis(500)));
    let error = ws::connect(&uri, hasty).await.unwrap_err();
    assert!(matches!(&error, Error::Handshake { error: HandshakeError::Deadline { .. }, .. }), "it hangs: {error:?}");
    let error = connect().await.unwrap_err();
    assert!(
        matches!(&error, Error::Handshake { error: HandshakeError::EndOfStream { .. }, .. }),
        "it is dropped: {error:?}"
    );
    for _ in 0..2 {
        let error = connect().await.unwrap_err();
        let Error::Io(error) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let request = Request::from_uri(&uri).unwrap().protocol("chat").unwrap();
    let (socket, _) = ws::connect_with(request, config()).await.unwrap();
    assert_eq!(socket.protocol(), Some("chat"));
    assert_eq!(server.requests().len(), 7);
    drop(server);
    let Err(Error::Connect(error)) = connect().await else { panic!("nobody listens") };
    assert_eq!(error.stage(), ConnectStage::Tcp);
}

/// A reset in the middle of a connection.
#[tokio::test]
async fn a_reset() {
    let server = MockServer::start(Script::server().expect_text("Hello").reset()).await.unwrap();
    let (mut client, _) = ws::connect(&server.uri("/"), config()).await.unwrap();
    client.send("Hello").await.unwrap();
    let error = client.recv().await.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset), "{error:?}");
    server.finish().await.unwrap();
}

/// A mismatch is reported with its connection.
#[tokio::test]
async fn a_mismatch() {
    let server = MockServer::start_each(|connection| {
        let script = Script::server().expect_text(format!("{connection}"));
        script.send_close(1000, "").expect_close(1000)
    })
    .await
    .unwrap();
    for text in ["0", "7"] {
        let (mut client, _) = ws::connect(&server.uri("/x"), config()).await.unwrap();
        client.send(text).await.unwrap();
        while let Ok(Some(_)) = client.recv().await {}
    }
    let error = server.finish().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "connection 1, step 3: expected text \"1\"\n  received: text \"7\"\n  before:   a request for /x"
    );
    assert_eq!((error.connection(), error.mismatch().step()), (1, 3));
}

/// A script that waits for a client that says nothing ends after its patience.
#[tokio::test]
async fn patience() {
    let script = Script::server().expect_text("Hello").patience(Duration::from_millis(50));
    let server = MockServer::start(script).await.unwrap();
    let _client = ws::connect(&server.uri("/"), config()).await;
    let error = server.finish().await.unwrap_err();
    assert!(error.to_string().contains("but:      nothing was received for 50ms"), "{error}");
}

/// The panic of a script's closure is that of `finish`.
#[tokio::test]
#[should_panic(expected = "a mistake in a test")]
async fn a_closure_that_panics() {
    let script = Script::new(Role::Server).expect_request().answer(|_| panic!("a mistake in a test"));
    let server = MockServer::start(script).await.unwrap();
    let _ = ws::connect(&server.uri("/"), config()).await;
    let _ = server.finish().await;
}
