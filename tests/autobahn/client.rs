//! An Autobahn test client: `autobahn-client URL AGENT` runs every case that the suite at URL has, and echoes what it
//! is sent. Whether that was right is in the suite's report.

use bowline::{
    Config, Message,
    adapter::blocking::{self, Error, WebSocket},
    deflate::Options,
};
use std::{net::TcpStream, sync::Arc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(agent)) = (args.next(), args.next()) else {
        return Err("usage: autobahn-client URL AGENT".into());
    };
    let mut config = Config::default();
    config.deflate = Some(Options::default());
    let config = Arc::new(config);

    let (mut suite, _) = blocking::connect(&format!("{url}/getCaseCount"), &config)?;
    let Some(Message::Text(count)) = suite.recv()? else {
        return Err("the suite did not say how many cases it has".into());
    };
    while suite.recv()?.is_some() {} // to its close

    for case in 1..=count.parse::<u32>()? {
        let (ws, _) = blocking::connect(&format!("{url}/runCase?case={case}&agent={agent}"), &config)?;
        match echo(ws) {
            // Most cases end so: the suite breaks a rule, and the connection is failed for it.
            Ok(()) | Err(Error::Closed(_)) => {}
            Err(error) => eprintln!("case number {case}: {error}"),
        }
    }
    Ok(())
}

fn echo(mut ws: WebSocket<TcpStream>) -> Result<(), Error> {
    while let Some(message) = ws.recv()? {
        ws.send(message)?;
    }
    Ok(())
}
