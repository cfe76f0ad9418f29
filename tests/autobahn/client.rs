//! An Autobahn test client on the blocking adapter: `autobahn-client URL AGENT` runs every case of the suite at URL, and echoes all
//! messages. The results are in the suite's report.

use bowline::{
    Config, Message,
    adapter::blocking::{self, Error, Transport, WebSocket},
    deflate::Options,
};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(agent)) = (args.next(), args.next()) else {
        return Err("usage: autobahn-client URL AGENT".into());
    };
    let config = Arc::new(Config::default().with(|config| config.deflate = Some(Options::default())));

    let (mut suite, _) = blocking::connect(&format!("{url}/getCaseCount"), config.clone())?;
    let Some(Message::Text(count)) = suite.recv()? else {
        return Err("expected the number of cases".into());
    };
    while suite.recv()?.is_some() {}

    for case in 1..=count.parse::<u32>()? {
        let (ws, _) = blocking::connect(&format!("{url}/runCase?case={case}&agent={agent}"), config.clone())?;
        match echo(ws) {
            // In most cases the suite breaks a rule, and the connection is failed for it.
            Ok(()) | Err(Error::Closed(_)) => {}
            Err(error) => eprintln!("case number {case}: {error}"),
        }
    }
    Ok(())
}

fn echo(mut ws: WebSocket<impl Transport>) -> Result<(), Error> {
    while let Some(message) = ws.recv()? {
        ws.feed(message)?; // the next `recv` writes
    }
    Ok(())
}
