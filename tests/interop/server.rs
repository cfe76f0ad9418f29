//! The server of the interop tests on the blocking adapter: `interop-server [AGREEMENT]`. It implements the commands of README.md.
//! With an agreement on compression, it makes it with every client that can compress. It prints its address, then how each connection
//! ended.

mod language;
mod terms;

use bowline::{
    Config,
    adapter::blocking::{self, WebSocket},
};
use language::{Next, Outcome, Session};
use std::{
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

fn main() -> Outcome {
    let config = language::config(std::env::args().nth(1))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let config = config.clone();
        thread::spawn(move || serve(stream, config).unwrap_or_else(|error| eprintln!("{error}")));
    }
}

fn serve(stream: TcpStream, config: Arc<Config>) -> Outcome {
    stream.set_nodelay(true)?;
    let mut session = Session::default();
    let mut ws = blocking::accept_with(stream, config, |request| session.accept(request))?;
    let outcome = converse(&mut ws, &mut session);
    if let Some(closure) = ws.closure() {
        session.end(closure);
    }
    outcome
}

/// Serves it to its end, or until the connection is to be cut.
fn converse(ws: &mut WebSocket<TcpStream>, session: &mut Session) -> Outcome {
    while let Some(mut batch) = ws.read()? {
        while let Some((event, connection)) = batch.receive() {
            match session.answer(event, connection)? {
                Next::Nothing => {}
                Next::Cut => return Ok(()),
                Next::TellOf(path) => connection.send_text(language::seen(&path))?,
            }
        }
    }
    Ok(())
}
