//! A client that stays connected: it comes back after a loss, and does not knock too often (RFC 6455 §7.2.3).
//! `cargo run --release --example reconnect [URI]`.

use bowline::{Config, adapter::blocking};
use std::{sync::Arc, thread, time::Duration};

/// "A reasonable delay […] between 0 and 5 seconds" before the first try, and never more than this before a later one.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);

fn main() {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let config = Arc::new(Config::default());
    let mut most = FIRST;
    loop {
        match listen(&uri, &config, &mut most) {
            Ok(()) => return,
            Err(error) => eprintln!("{error}"),
        }
        let delay = random_part(most, &config);
        eprintln!("again in {delay:.1?}");
        thread::sleep(delay);
        most = (most * 2).min(LONGEST);
    }
}

/// Prints what comes, until a clean end. Once there is a connection, a loss is a first one again.
fn listen(uri: &str, config: &Arc<Config>, most: &mut Duration) -> Result<(), blocking::Error> {
    let (mut socket, _response) = blocking::connect(uri, config)?;
    *most = FIRST;
    while let Some(message) = socket.recv()? {
        println!("{message:?}");
    }
    // A loss is an error of `recv`: see `Closure::is_clean`. Here both sides have agreed to end.
    println!("{}", socket.closure().map(ToString::to_string).unwrap_or_default());
    Ok(())
}

/// From nothing to `most`, so that a thousand clients that lost the same server do not all come back at once.
fn random_part(most: Duration, config: &Config) -> Duration {
    let random = u32::from_ne_bytes((config.entropy)());
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
