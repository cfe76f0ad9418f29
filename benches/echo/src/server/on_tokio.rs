//! The servers on Tokio: a task for each connection, all in one thread, with or without TLS.

use crate::{Kind, any, counted::Counted, report};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
    server::TlsStream,
};

/// What the connections of all subjects are made of.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// Serves each connection with one of two instances of the same function.
pub(crate) fn on_tokio<P, T>(kind: Kind, plain: fn(Counted) -> P, tls: fn(TlsStream<Counted>) -> T) -> io::Result<()>
where
    P: Future<Output: Send> + Send + 'static,
    T: Future<Output: Send> + Send + 'static,
{
    #[cfg(feature = "deflate")]
    if kind == Kind::CompressedEcho {
        crate::ours::compress();
    }
    if kind != Kind::EchoOverTls {
        return each_connection(move |stream| drop(tokio::spawn(plain(stream))));
    }
    let acceptor = TlsAcceptor::from(Arc::new(certified().map_err(io::Error::other)?));
    each_connection(move |stream| {
        let acceptor = acceptor.clone();
        drop(tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = tls(stream).await;
            }
        }));
    })
}

/// Accepts connections, and calls `begin` for each.
pub(crate) fn each_connection(begin: impl Fn(Counted)) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(any()).await?;
        report(listener.local_addr()?, Box::new(crate::counted::counts));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            begin(Counted(stream));
        }
    })
}

/// A certificate that nobody has to trust: the load does not check it.
fn certified() -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()])?;
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    Ok(ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key.into())?)
}
