//! An Autobahn test client, written for the blocking API of tungstenite, on bowline-tungstenite: `autobahn-tungstenite-client URL
//! AGENT` runs every case of the suite at URL, and echoes all messages. The results are in the suite's report.

use std::io::{Read, Write};
use tokio_tungstenite::tungstenite::{
    Error, Result, WebSocket, client::connect_with_config, connect, extensions::compression::deflate::DeflateConfig,
    protocol::WebSocketConfig,
};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(agent)) = (args.next(), args.next()) else {
        return Err("usage: autobahn-tungstenite-client URL AGENT".into());
    };
    let (mut suite, _) = connect(format!("{url}/getCaseCount"))?;
    let count: u32 = suite.read()?.to_text()?.parse()?;
    while suite.read().is_ok() {}

    let mut config = WebSocketConfig::default();
    config.extensions.permessage_deflate = Some(DeflateConfig::default());
    for case in 1..=count {
        let (socket, _) = connect_with_config(format!("{url}/runCase?case={case}&agent={agent}"), Some(config), 3)?;
        match echo(socket) {
            // In most cases the suite breaks a rule.
            Err(Error::ConnectionClosed | Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_)) | Ok(()) => {}
            Err(error) => eprintln!("case number {case}: {error}"),
        }
    }
    Ok(())
}

fn echo(mut socket: WebSocket<impl Read + Write>) -> Result<()> {
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => socket.send(message)?,
            Ok(_) => {}
            Err(error) => {
                // To the end of the stream: one that is dropped with unread bytes is reset, and the peer may then lose the Close frame.
                std::io::copy(socket.get_mut(), &mut std::io::sink())?;
                return Err(error);
            }
        }
    }
}
