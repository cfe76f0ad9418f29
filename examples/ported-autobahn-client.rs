//! An echo client that runs all cases of an Autobahn fuzzing server, ported from tungstenite's `examples/autobahn-client.rs`.
//!
//! ```text
//! cargo run --example ported-autobahn-client [127.0.0.1:9001]
//! ```
//!
//! It needs a fuzzing server of the Autobahn test suite on that address: `tests/autobahn/run.sh ported` installs and starts
//! one. It prints nothing but unexpected errors; the server writes the report. `src/guide/coming_from_tungstenite.md` lists all
//! differences. These changed here:
//!
//! - `connect` takes a configuration, made once.
//! - The loop over messages ends with `None` after a normal end. It has nothing to filter out, since a message is text or
//!   binary.
//! - `close(None)` became `close(CloseCode::NO_STATUS, "")`, which waits for the server's answer.
//! - `ConnectionClosed`, `Protocol` and `Utf8` are one error, `Closed`, with the cause and the close code.
//! - `read` and `send` for each message became `recv` and `feed`: the answers to one read are one write.

use bowline::{
    Cause, CloseCode, Config, Message,
    adapter::blocking::{self, ClientStream, Error, WebSocket},
};
use std::{env, error, process::ExitCode, sync::Arc};

const AGENT: &str = "bowline-ported";

struct Suite {
    address: String,
    config: Arc<Config>,
}

impl Suite {
    fn connect(&self, path: &str) -> Result<WebSocket<ClientStream>, Error> {
        let uri = format!("ws://{}/{path}", self.address);
        Ok(blocking::connect(&uri, self.config.clone())?.0)
    }

    fn case_count(&self) -> Result<u32, Box<dyn error::Error>> {
        let mut socket = self.connect("getCaseCount")?;
        let Some(Message::Text(count)) = socket.recv()? else {
            return Err("expected the number of cases".into());
        };
        socket.close(CloseCode::NO_STATUS, "")?;
        Ok(count.parse()?)
    }

    fn run_case(&self, case: u32) -> Result<(), Error> {
        let mut socket = self.connect(&format!("runCase?case={case}&agent={AGENT}"))?;
        while let Some(message) = socket.recv()? {
            socket.feed(message)?; // the next `recv` writes
        }
        Ok(())
    }

    fn update_reports(&self) -> Result<(), Error> {
        let mut socket = self.connect(&format!("updateReports?agent={AGENT}"))?;
        socket.close(CloseCode::NO_STATUS, "")?;
        Ok(())
    }
}

fn main() -> ExitCode {
    match run_cases() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run_cases() -> Result<(), Box<dyn error::Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let suite = Suite { address, config: Arc::default() };

    for case in 1..=suite.case_count()? {
        match suite.run_case(case) {
            Ok(()) => {}
            // In many cases the server breaks the protocol on purpose.
            Err(Error::Closed(closure)) if matches!(closure.cause(), Cause::Protocol(_) | Cause::EndOfStream(_)) => {}
            Err(error) => eprintln!("case {case}: {error}"),
        }
    }
    Ok(suite.update_reports()?)
}
