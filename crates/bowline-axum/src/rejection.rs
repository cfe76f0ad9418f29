//! The answer to a request that does not open a WebSocket.

use axum_core::response::{IntoResponse, Response};
use bowline::HandshakeError;
use http::StatusCode;
use std::{error::Error, fmt};

/// Why a request does not open a WebSocket. As a response, it has the status and the header fields that the rule requires, and
/// the error as text.
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use bowline_axum::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
///
/// async fn page_or_socket(upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Response {
///     match upgrade {
///         Ok(upgrade) => upgrade.on_upgrade(|_socket: WebSocket| async {}),
///         Err(rejection) if rejection.status() == 426 => "This is a WebSocket.".into_response(),
///         Err(rejection) => rejection.into_response(),
///     }
/// }
/// # let _ = page_or_socket;
/// ```
#[non_exhaustive]
#[derive(Debug)]
pub enum WebSocketUpgradeRejection {
    /// The request breaks a rule (RFC 6455 §4.2.1, RFC 8441), or it does not ask for a WebSocket (status 426).
    Handshake(http::Response<HandshakeError>),
    /// The request is valid, but its stream is not available: a middleware or another extractor has taken it, or the server does
    /// not support upgrades (status 426).
    ConnectionNotUpgradable,
}

impl WebSocketUpgradeRejection {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Handshake(refusal) => refusal.status(),
            Self::ConnectionNotUpgradable => StatusCode::UPGRADE_REQUIRED,
        }
    }

    /// Returns the text of the response.
    #[must_use]
    pub fn body_text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for WebSocketUpgradeRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(refusal) => refusal.body().fmt(f),
            Self::ConnectionNotUpgradable => {
                f.write_str("the stream of this request is not available for a WebSocket: something else has taken it")
            }
        }
    }
}

impl Error for WebSocketUpgradeRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Handshake(refusal) => Some(refusal.body()),
            Self::ConnectionNotUpgradable => None,
        }
    }
}

impl IntoResponse for WebSocketUpgradeRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Handshake(refusal) => refusal.map(|error| format!("{}\n", error.for_client())).into_response(),
            Self::ConnectionNotUpgradable => (self.status(), format!("{self}\n")).into_response(),
        }
    }
}
