//! The Autobahn test client of `client.rs` on Tokio, with the message API: `autobahn-tokio-client URL AGENT`.

use bowline::{
    Config, Message,
    adapter::tokio::{self as ws, Error, WebSocket},
    deflate::Options,
};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(agent)) = (args.next(), args.next()) else {
        return Err("usage: autobahn-tokio-client URL AGENT".into());
    };
    let config = Arc::new(Config::default().with(|config| config.deflate = Some(Options::default())));

    let (mut suite, _) = ws::connect(&format!("{url}/getCaseCount"), config.clone()).await?;
    let Some(Message::Text(count)) = suite.recv().await? else {
        return Err("expected the number of cases".into());
    };
    while suite.recv().await?.is_some() {}

    for case in 1..=count.parse::<u32>()? {
        let (ws, _) = ws::connect(&format!("{url}/runCase?case={case}&agent={agent}"), config.clone()).await?;
        match echo(ws).await {
            // In most cases the suite breaks a rule, and the connection is failed for it.
            Ok(()) | Err(Error::Closed(_)) => {}
            Err(error) => eprintln!("case number {case}: {error}"),
        }
    }
    Ok(())
}

async fn echo(mut ws: WebSocket<impl AsyncRead + AsyncWrite + Unpin>) -> Result<(), Error> {
    while let Some(message) = ws.recv().await? {
        ws.feed(message).await?; // the next `recv` writes
    }
    Ok(())
}
