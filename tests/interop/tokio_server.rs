//! The server of `server.rs` on Tokio: `interop-tokio-server [AGREEMENT]`. If the environment variables `CERTIFICATE` and `KEY` name
//! files, it only accepts TLS.

mod language;
mod terms;

use bowline::{
    Config,
    adapter::tokio::{
        self as ws, WebSocket,
        rustls::{
            ServerConfig,
            crypto::ring,
            pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        },
    },
};
use language::{Next, Outcome, Session};
use std::{env, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::spawn_blocking,
};
use tokio_rustls::TlsAcceptor;

#[tokio::main]
async fn main() -> Outcome {
    let config = language::config(env::args().nth(1))?;
    let tls = acceptor()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    println!("listening on {}:{port}", if tls.is_some() { "wss://localhost" } else { "ws://127.0.0.1" });
    loop {
        let (stream, _) = listener.accept().await?;
        let (config, tls) = (config.clone(), tls.clone());
        tokio::spawn(async move {
            if let Err(error) = welcome(stream, tls, config).await {
                eprintln!("{error}");
            }
        });
    }
}

fn acceptor() -> Outcome<Option<TlsAcceptor>> {
    let (Some(certificate), Some(key)) = (env::var_os("CERTIFICATE"), env::var_os("KEY")) else { return Ok(None) };
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(Some(Arc::new(tls).into()))
}

async fn welcome(stream: TcpStream, tls: Option<TlsAcceptor>, config: Arc<Config>) -> Outcome {
    stream.set_nodelay(true)?;
    match tls {
        Some(tls) => serve(tls.accept(stream).await?, config).await,
        None => serve(stream, config).await,
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, config: Arc<Config>) -> Outcome {
    let mut session = Session::default();
    let mut ws = ws::accept_with(stream, config, |request| session.accept(request)).await?;
    let outcome = converse(&mut ws, &mut session).await;
    if let Some(closure) = ws.closure() {
        session.end(closure);
    }
    outcome
}

/// Serves it to its end, or until the connection is to be cut.
async fn converse(ws: &mut WebSocket<impl AsyncRead + AsyncWrite + Unpin>, session: &mut Session) -> Outcome {
    while let Some(mut batch) = ws.read().await? {
        while let Some((event, connection)) = batch.receive() {
            match session.answer(event, connection)? {
                Next::Nothing => {}
                Next::Cut => return Ok(()),
                Next::TellOf(path) => {
                    connection.send_text(spawn_blocking(move || language::seen(&path)).await?)?;
                }
            }
        }
    }
    Ok(())
}
