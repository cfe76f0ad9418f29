//! A client that reconnects after a random delay, which grows with each failure (RFC 6455 §7.2.3).
//!
//! ```text
//! cargo run --release --example reconnect [URI]
//! ```
//!
//! Without a URI, it connects to `ws://127.0.0.1:9001`. It prints each message, how each connection ended, and when it will try
//! again. It stops after a normal end, and after an error that another attempt cannot cure. Start it without a server to see
//! the delays grow. `src/guide/closing.md` explains which ends are worth another attempt.

use bowline::{
    Cause, CloseCode, Closure, Config, HandshakeError,
    adapter::{ConnectStage, Error, blocking},
};
use std::{process::ExitCode, sync::Arc, thread, time::Duration};

/// The maximum delay before the first new attempt: "between 0 and 5 seconds" is reasonable (RFC 6455 §7.2.3).
const FIRST_DELAY: Duration = Duration::from_secs(5);

/// The maximum delay before any attempt.
const MAX_DELAY: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let config = Arc::new(Config::default());
    let mut max_delay = FIRST_DELAY;
    loop {
        match listen(&uri, &config, &mut max_delay) {
            // 1001 counts as a normal end, but a server that restarts closes with it, too.
            Ok(closure) if closure.code() == CloseCode::GOING_AWAY => eprintln!("{closure}"),
            Ok(closure) => {
                println!("{closure}");
                return ExitCode::SUCCESS;
            }
            Err(error) if is_worth_another_try(&error) => eprintln!("{error}"),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        let delay = random_part(max_delay, &config);
        eprintln!("next attempt in {delay:.1?}");
        thread::sleep(delay);
        max_delay = (max_delay * 2).min(MAX_DELAY);
    }
}

/// Prints messages until a normal end. The first message resets the delay.
fn listen(uri: &str, config: &Arc<Config>, max_delay: &mut Duration) -> Result<Closure, Error> {
    let (mut socket, _response) = blocking::connect(uri, config.clone())?;
    while let Some(message) = socket.recv()? {
        println!("{message:?}");
        // Not when connected: the delay must keep growing if a faulty server accepts and closes at once.
        *max_delay = FIRST_DELAY;
    }
    socket.close(CloseCode::NORMAL, "") // the connection is closed already, so this only returns how
}

/// Implements the table in the documentation of [`Error`].
fn is_worth_another_try(error: &Error) -> bool {
    match error {
        Error::Closed(closure) => match closure.code() {
            CloseCode::ABNORMAL => !matches!(closure.cause(), Cause::Protocol(_)),
            // A server that restarts may leave before it has received our answer: then 1001 is not a normal end.
            code => matches!(code.get(), 1001 | 1011..=1014),
        },
        Error::Io(_) => true,
        Error::Connect(error) => error.stage() != ConnectStage::Tls,
        Error::Handshake { error, .. } => matches!(
            error,
            HandshakeError::Status(429 | 500..=599)
                | HandshakeError::Deadline { .. }
                | HandshakeError::EndOfStream { .. }
        ),
        _ => false,
    }
}

/// Returns a random delay of at most `max`, so that the clients of a server do not all reconnect at the same moment.
fn random_part(max: Duration, config: &Config) -> Duration {
    let random = u32::from_ne_bytes((config.entropy)());
    max.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
