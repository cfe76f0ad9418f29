//! The same handlers with axum's WebSocket and with ours, and what ours adds.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test")]

mod added;
mod http2;
mod kit;
mod same;

mod with_axum {
    use axum::{
        Router,
        extract::{
            State,
            ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code},
        },
        response::{IntoResponse, Response},
        routing::any,
    };
    use bytes::Bytes;
    use futures_util::{SinkExt, StreamExt, TryStreamExt};
    use http::HeaderValue;
    use tokio::sync::mpsc::UnboundedSender;

    include!("handlers.rs");
}

mod with_bowline {
    use axum::{
        Router,
        extract::State,
        response::{IntoResponse, Response},
        routing::any,
    };
    use bowline_axum::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
    use bytes::Bytes;
    use futures_util::{SinkExt, StreamExt, TryStreamExt};
    use http::HeaderValue;
    use tokio::sync::mpsc::UnboundedSender;

    include!("handlers.rs");
}
