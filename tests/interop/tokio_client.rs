//! The client of `client.rs` on Tokio: `interop-tokio-client URL [AGREEMENT [RELAY]]`. With an agreement, RELAY is the address of
//! `relay.mjs` unless URL leads to it directly. Over TLS, servers are trusted that have a certificate of the authority in the file
//! `SSL_CERT_FILE`.

mod compression;
mod conversations;
mod terms;

use bowline::{
    CloseCode, Closure, Config, Connection, Endpoint, Event, Message, Outgoing,
    adapter::tokio::{
        self as ws, ByteStream, ClientStream, ConnectOptions, Error, WebSocket,
        rustls::{
            ClientConfig, RootCertStore,
            crypto::ring,
            pki_types::{CertificateDer, pem::PemObject},
        },
    },
    client::{Request, Response},
};
use conversations::{Check, Outcome, Server, TEXT, closed, equal};
use std::{env, future::Future, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, split},
    runtime::{Handle, Runtime},
};

/// Conversations that only this client has.
const CHECKS_HERE: [(&str, Check); 2] = [
    ("a thousand messages, sent and received by two tasks", two_tasks),
    ("a stream of bytes, read and written by two tasks", a_stream_of_bytes),
];

fn main() -> Outcome {
    let runtime = Runtime::new()?;
    conversations::run(Dialer { runtime: runtime.handle().clone(), tls: trust()? })
}

/// Trust in the authority of `SSL_CERT_FILE`, if that is set.
fn trust() -> Outcome<Option<Arc<ClientConfig>>> {
    let Some(authority) = env::var_os("SSL_CERT_FILE") else { return Ok(None) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(tls)))
}

/// How connections are made.
struct Dialer {
    runtime: Handle,
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    /// With the roots of the platform.
    fn connect(&self, uri: &str, config: Arc<Config>) -> Result<(Socket, Response), Error> {
        self.open(ws::connect(uri, config))
    }

    /// With the roots given here.
    fn connect_with(&self, request: Request, config: Arc<Config>) -> Result<(Socket, Response), Error> {
        match &self.tls {
            Some(tls) => self.open(ws::connect_using(request, &ConnectOptions::new().tls(tls.clone()), config)),
            None => self.open(ws::connect_with(request, config)),
        }
    }

    fn open(
        &self,
        connecting: impl Future<Output = Result<(WebSocket<ClientStream>, Response), Error>>,
    ) -> Result<(Socket, Response), Error> {
        let (ws, response) = self.runtime.block_on(connecting)?;
        Ok((Socket { ws, runtime: self.runtime.clone() }, response))
    }
}

/// A connection on Tokio with blocking calls.
struct Socket {
    ws: WebSocket<ClientStream>,
    runtime: Handle,
}

impl Socket {
    fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.runtime.block_on(self.ws.send(message))
    }

    fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.runtime.block_on(self.ws.feed(message))
    }

    fn recv(&mut self) -> Result<Option<Message>, Error> {
        self.runtime.block_on(self.ws.recv())
    }

    fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        self.runtime.block_on(self.ws.next_event())
    }

    fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.runtime.block_on(self.ws.ping(payload))
    }

    fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.runtime.block_on(self.ws.close(code, reason))
    }

    fn closure(&self) -> Option<&Closure> {
        self.ws.closure()
    }

    fn connection(&mut self) -> &mut Connection {
        self.ws.connection()
    }
}

fn two_tasks(server: &Server) -> Outcome {
    let (Socket { ws, runtime }, path) = server.dial()?;
    let (mut receiver, mut sender) = ws.split();
    let sending = runtime.spawn(async move {
        for i in 0..1000 {
            sender.send(format!("{i} {TEXT}")).await?;
        }
        Ok::<(), Error>(())
    });
    runtime.block_on(async {
        for i in 0..1000 {
            equal(receiver.recv().await?, Some(Message::from(format!("{i} {TEXT}"))))?;
        }
        sending.await??;
        closed(&receiver.close(CloseCode::NORMAL, "").await?, Endpoint::Local, 1000, "")
    })?;
    server.saw(&path, 1000, true, "peer", "")
}

fn a_stream_of_bytes(server: &Server) -> Outcome {
    let (Socket { ws, runtime }, path) = server.dial()?;
    let (mut reader, mut writer) = split(ByteStream::new(ws));
    let bytes: Vec<u8> = (0..=250).cycle().take(1_000_000).collect();
    let sent = bytes.clone();
    let writing = runtime.spawn(async move {
        for part in sent.chunks(99_991) {
            writer.write_all(part).await?;
        }
        writer.flush().await?;
        Ok::<_, std::io::Error>(writer)
    });
    runtime.block_on(async {
        let mut read = vec![0; bytes.len()];
        reader.read_exact(&mut read).await?;
        equal(read == bytes, true)?;
        let mut stream = reader.unsplit(writing.await??);
        stream.shutdown().await?;
        equal(stream.read(&mut read).await?, 0)?;
        closed(stream.get_ref().closure().ok_or("it has not ended")?, Endpoint::Local, 1000, "")
    })?;
    server.saw(&path, 1000, true, "peer", "")
}
