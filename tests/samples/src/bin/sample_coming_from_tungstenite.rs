//! The client of `src/guide/coming_from_tungstenite.md`.
include!(concat!(env!("OUT_DIR"), "/coming_from_tungstenite.rs"));

/// In place of `blocking::connect`: the address of the URI is replaced.
fn connect(
    uri: &str,
    config: Arc<Config>,
) -> Result<(blocking::WebSocket<blocking::ClientStream>, bowline::client::Response), Error> {
    blocking::connect(&uri.replace("localhost:9001", &std::env::var("ADDRESS").unwrap_or_default()), config)
}
