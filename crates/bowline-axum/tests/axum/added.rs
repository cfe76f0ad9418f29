//! What ours has beyond axum's.

use crate::kit::{exchange, open, open_with, request, serve, serve_handlers};
use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::any,
};
use bowline::{
    CloseCode, Config,
    adapter::tokio::{self as tokio_adapter, Error},
};
use bowline_axum::{WebSocket, WebSocketUpgrade, deflate::Options, ws};

fn compressing() -> Config {
    Config::default().with(|config| config.deflate = Some(Options::default()))
}

async fn echo(mut socket: WebSocket) {
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// One more line than without it.
#[tokio::test]
async fn compression_is_one_line() {
    async fn plain(upgrade: WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(echo)
    }
    async fn compressed(upgrade: WebSocketUpgrade) -> Response {
        upgrade.compression(Options::default()).on_upgrade(echo)
    }
    let address = serve(Router::new().route("/plain", any(plain)).route("/compressed", any(compressed))).await;
    for (path, is_compressed) in [("/plain", false), ("/compressed", true)] {
        let (mut client, response) = open_with(request(&address, path), compressing()).await;
        assert_eq!(response.header("Sec-WebSocket-Extensions").is_some(), is_compressed);
        assert_eq!(client.connection().deflate().is_some(), is_compressed);
        let text = "all work and no play ".repeat(1000);
        client.send(text.as_str()).await.unwrap();
        assert_eq!(client.recv().await.unwrap(), Some(text.into()));
    }
    // A client that does not offer it is served as well.
    let mut client = open(&address, "/compressed").await;
    client.send("Hello").await.unwrap();
    assert_eq!(client.recv().await.unwrap(), Some("Hello".into()));
}

#[tokio::test]
async fn the_origin_is_a_decision() {
    async fn own(upgrade: WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(echo)
    }
    async fn everybody(upgrade: WebSocketUpgrade) -> Response {
        upgrade.any_origin().on_upgrade(echo)
    }
    async fn friends(upgrade: WebSocketUpgrade) -> Response {
        upgrade.origins(["https://friend.example.com"]).unwrap().on_upgrade(echo)
    }
    let app = Router::new().route("/own", any(own)).route("/everybody", any(everybody)).route("/friends", any(friends));
    let address = serve(app).await;
    let same = format!("http://{address}");
    for (path, origin, is_allowed) in [
        ("/own", None, true),
        ("/own", Some(same.as_str()), true),
        ("/own", Some("https://evil.example.com"), false),
        ("/everybody", Some("https://evil.example.com"), true),
        ("/friends", Some("https://friend.example.com"), true),
        ("/friends", Some("https://evil.example.com"), false),
    ] {
        let request = match origin {
            Some(origin) => request(&address, path).origin(origin).unwrap(),
            None => request(&address, path),
        };
        match tokio_adapter::connect_with(request, Config::default()).await {
            Ok(_) => assert!(is_allowed, "{path} {origin:?}"),
            Err(error) => {
                assert!(!is_allowed, "{path} {origin:?}: {error}");
                assert!(error.to_string().contains("403"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn limits_are_the_handlers() {
    let (address, _seen) = serve_handlers(crate::with_bowline::app).await;
    let mut client = open(&address, "/echo").await;
    client.feed(vec![0; 100_001]).await.unwrap();
    let Err(Error::Closed(closure)) = client.recv().await else { panic!() };
    assert_eq!(closure.code(), CloseCode::TOO_BIG);
}

/// axum ends the stream, which the client sees as code 1006.
#[tokio::test]
async fn a_dropped_socket_says_goodbye() {
    let (address, _seen) = serve_handlers(crate::with_bowline::app).await;
    let mut client = open(&address, "/greet").await;
    client.send("not read by the handler").await.unwrap();
    assert_eq!(client.recv().await.unwrap().unwrap().len(), 50_000);
    assert_eq!(client.recv().await.unwrap(), None);
    let closure = client.closure().unwrap();
    assert!(closure.is_clean(), "{closure}");
    assert_eq!(closure.code(), CloseCode::NORMAL);
}

#[tokio::test]
async fn what_is_beneath_can_be_reached() {
    async fn count(upgrade: ws::WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(|mut socket| async move {
            assert!(socket.closure().is_none());
            assert_eq!(socket.get_mut().buffered_amount(), 0);
            let mut socket = socket.into_inner();
            socket.close(CloseCode::GOING_AWAY, "by bowline").await.unwrap();
        })
    }
    let address = serve(Router::new().route("/", any(count))).await;
    let mut client = open(&address, "/").await;
    assert_eq!(client.recv().await.unwrap(), None);
    assert_eq!(client.closure().unwrap().reason(), "by bowline");
}

#[tokio::test]
async fn deadlines_are_set_by_the_handler() {
    async fn short(upgrade: WebSocketUpgrade) -> Response {
        let idle = std::time::Duration::from_millis(20);
        upgrade.configure(|config| config.deadlines.idle = Some(idle)).on_upgrade(echo)
    }
    let address = serve(Router::new().route("/", any(short))).await;
    let mut client = open(&address, "/").await;
    assert_eq!(client.recv().await.unwrap(), None);
    assert_eq!(client.closure().unwrap().code(), CloseCode::GOING_AWAY);
}

#[tokio::test]
async fn requests_that_are_not_handshakes() {
    async fn socket(upgrade: WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(echo)
    }
    async fn page(upgrade: Option<WebSocketUpgrade>) -> Response {
        match upgrade {
            Some(upgrade) => upgrade.on_upgrade(echo),
            None => "a page\n".into_response(),
        }
    }
    let address = serve(Router::new().route("/socket", any(socket)).route("/page", any(page))).await;

    let response = exchange(&address, &["GET /socket HTTP/1.1"]).await;
    assert!(response.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{response}");
    assert!(response.to_lowercase().contains("\r\nupgrade: websocket\r\n"), "{response}");

    let response = exchange(&address, &["GET /page HTTP/1.1"]).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("a page\n"), "{response}");

    let version = [
        "GET /page HTTP/1.1",
        "Upgrade: websocket",
        "Connection: upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 8",
    ];
    let response = exchange(&address, &version).await;
    assert!(response.starts_with("HTTP/1.1 426 "), "{response}");
    assert!(response.to_lowercase().contains("\r\nsec-websocket-version: 13\r\n"), "{response}");

    let mut client = open(&address, "/page").await;
    client.send("Hello").await.unwrap();
    assert_eq!(client.recv().await.unwrap(), Some("Hello".into()));
}

/// An extractor or a middleware before it may have taken the stream.
#[tokio::test]
async fn a_stream_that_is_taken() {
    async fn late(mut request: axum::extract::Request) -> Response {
        use axum::extract::FromRequestParts;
        let _taken = hyper::upgrade::on(&mut request);
        let (mut parts, _) = request.into_parts();
        match <WebSocketUpgrade as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await {
            Ok(_) => "opened".into_response(),
            Err(rejection) => rejection.into_response(),
        }
    }
    let address = serve(Router::new().route("/", any(late))).await;
    let Err(error) = tokio_adapter::connect_with(request(&address, "/"), Config::default()).await else { panic!() };
    assert!(error.to_string().contains("426"), "{error}");
}
