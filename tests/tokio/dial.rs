//! What `connecting.rs` needs of the Tokio adapter.

pub(crate) use bowline::adapter::tokio::ClientStream;
use bowline::{
    CloseCode, Config,
    adapter::{ConnectOptions, Error, tokio::connect_using},
    client::{Request, Response},
};
use tokio::runtime::Builder;

/// Connects, and passes the socket to `look`.
pub(crate) fn connect<T>(
    request: Request,
    options: &ConnectOptions,
    config: Config,
    look: impl FnOnce(&ClientStream) -> T,
) -> Result<(T, Response), Error> {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let (mut socket, response) = connect_using(request, options, config).await?;
        let seen = look(socket.get_ref());
        socket.send("Grüße").await.unwrap();
        assert_eq!(socket.recv().await.unwrap(), Some("Grüße".into()));
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_normal());
        Ok((seen, response))
    })
}
