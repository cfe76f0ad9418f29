//! A client that reconnects after a random delay, which gets longer with each failure (RFC 6455 §7.2.3):
//! `cargo run --release --example reconnect [URI]`.

use bowline::{
    Cause, CloseCode, Closure, Config, HandshakeError,
    adapter::{ConnectStage, Error, blocking},
};
use std::{process::ExitCode, sync::Arc, thread, time::Duration};

/// "A reasonable delay […] between 0 and 5 seconds" before the first attempt, and never more than this before a later one.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const MAX_DELAY: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let config = Arc::new(Config::default());
    let mut max_delay = FIRST_DELAY;
    loop {
        match listen(&uri, &config, &mut max_delay) {
            // A server that restarts closes with 1001, which is a normal end, too.
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

/// Prints messages until a normal end. With the first of them, the delay begins anew.
fn listen(uri: &str, config: &Arc<Config>, max_delay: &mut Duration) -> Result<Closure, Error> {
    let (mut socket, _response) = blocking::connect(uri, config.clone())?;
    while let Some(message) = socket.recv()? {
        println!("{message:?}");
        // Not as soon as it is connected: a server that accepts and closes at once is not well.
        *max_delay = FIRST_DELAY;
    }
    socket.close(CloseCode::NORMAL, "") // it is closed already: this only returns how
}

/// The table in the documentation of [`Error`].
fn is_worth_another_try(error: &Error) -> bool {
    match error {
        Error::Closed(closure) => match closure.code() {
            CloseCode::ABNORMAL => !matches!(closure.cause(), Cause::Protocol(_)),
            code => matches!(code.get(), 1011..=1014),
        },
        Error::Io(_) => true,
        Error::Connect(error) => error.stage() != ConnectStage::Tls,
        Error::Handshake { error, .. } => matches!(
            error,
            HandshakeError::Status(429 | 500..=599) | HandshakeError::Deadline | HandshakeError::EndOfStream { .. }
        ),
        _ => false,
    }
}

/// A random delay of at most `max`, so that a thousand clients of the same server do not all reconnect at once.
fn random_part(max: Duration, config: &Config) -> Duration {
    let random = u32::from_ne_bytes((config.entropy)());
    max.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
