//! What `connecting.rs` needs of the blocking adapter.

pub(crate) use bowline::adapter::blocking::ClientStream;
use bowline::{
    CloseCode, Config,
    adapter::{ConnectOptions, Error, blocking::connect_using},
    client::{Request, Response},
};

/// Connects, and passes the socket to `look`.
pub(crate) fn connect<T>(
    request: Request,
    options: &ConnectOptions,
    config: Config,
    look: impl FnOnce(&ClientStream) -> T,
) -> Result<(T, Response), Error> {
    let (mut socket, response) = connect_using(request, options, config)?;
    let seen = look(socket.get_ref());
    socket.send("Grüße").unwrap();
    assert_eq!(socket.recv().unwrap(), Some("Grüße".into()));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    Ok((seen, response))
}
