use super::perform::Flow;
use crate::{
    received::{Received, RequestHead},
    script::{Mismatch, Played, Script},
};
use ::tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use std::{
    error, fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A server for the tests of a client: it listens on the loopback interface, and plays a [`Script`] for each connection. A script can
/// accept, refuse, answer with garbage, hang, or break any rule.
///
/// The clock is the real one, so that [`Script::patience`] is real time: with `start_paused`, Tokio's clock would jump to the next
/// deadline whenever the sockets are not fast enough.
///
/// ```
/// use bowline::{Config, adapter::tokio as ws};
/// use bowline_test::{Script, tokio::MockServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let script = Script::server().expect_text("subscribe").send_text("news").expect_close(1000).auto_close();
/// let server = MockServer::start(script).await?;
///
/// let (mut client, _) = ws::connect(&server.uri("/feed?topic=rust"), Config::default()).await?;
/// client.send("subscribe").await?;
/// assert_eq!(client.recv().await?, Some("news".into()));
/// client.close(1000.into(), "").await?;
///
/// assert_eq!(server.requests()[0].path_and_query(), "/feed?topic=rust");
/// server.finish().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    accepts: JoinHandle<()>,
    connections: Connections,
}

/// One for each client, in the order in which they were accepted.
type Connections = Arc<Mutex<Vec<Connection>>>;

#[derive(Debug)]
struct Connection {
    plays: JoinHandle<Result<Played, Mismatch>>,
    /// What was received so far.
    received: Arc<Mutex<Vec<Received>>>,
}

impl MockServer {
    /// Starts a server that plays the same script for each connection.
    ///
    /// # Errors
    ///
    /// Those of binding a socket on the loopback interface. Nothing was started then.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::start_each(move |_| script.clone()).await
    }

    /// Starts a server that plays the script which `script` returns for each connection. Its argument is the number of the connection,
    /// counted from 0.
    ///
    /// ```
    /// use bowline::{Config, Role, adapter::tokio as ws};
    /// use bowline_test::{Script, tokio::MockServer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Busy at first: for a client that tries again.
    /// let server = MockServer::start_each(|connection| match connection {
    ///     0 => Script::new(Role::Server).expect_request().refuse(503, "busy").end(),
    ///     _ => Script::server().send_close(1000, "").expect_close(1000),
    /// })
    /// .await?;
    /// assert!(ws::connect(&server.uri("/"), Config::default()).await.is_err());
    /// let (mut client, _) = ws::connect(&server.uri("/"), Config::default()).await?;
    /// assert_eq!(client.recv().await?, None);
    /// # drop(client);
    /// assert_eq!(server.finish().await?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of binding a socket on the loopback interface. Nothing was started then.
    pub async fn start_each(mut script: impl FnMut(usize) -> Script + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let connections = Connections::default();
        let accepted = Arc::clone(&connections);
        let accepts = ::tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut connections = lock(&accepted);
                let script = script(connections.len());
                let received = Arc::default();
                connections
                    .push(Connection { plays: ::tokio::spawn(play(script, stream, Arc::clone(&received))), received });
            }
        });
        Ok(Self { address, accepts, connections })
    }

    /// The address of the server.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URI of the server with this path, which begins with `/` and may have a query.
    #[must_use]
    pub fn uri(&self, path_and_query: &str) -> String {
        format!("ws://{}{path_and_query}", self.address)
    }

    /// The requests that were received, in the order of the connections.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestHead> {
        let all = self.received().into_iter().flatten();
        all.filter_map(|received| if let Received::Request(head) = received { Some(head) } else { None }).collect()
    }

    /// What was received so far on each connection.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<Received>> {
        lock(&self.connections).iter().map(|connection| lock(&connection.received).clone()).collect()
    }

    /// Accepts no more connections, waits until all scripts are over, and returns them.
    ///
    /// # Errors
    ///
    /// [`MockError`] for the first connection whose script did not go as it was written. The other connections are then closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future closes all connections.
    pub async fn finish(self) -> Result<Vec<Played>, MockError> {
        self.accepts.abort();
        let count = lock(&self.connections).len();
        let mut all = Vec::new();
        for connection in 0..count {
            // The handle stays where it is, so that dropping this future ends its task.
            let outcome = std::future::poll_fn(|cx| match lock(&self.connections).get_mut(connection) {
                Some(Connection { plays, .. }) => std::pin::Pin::new(plays).poll(cx).map(Some),
                None => std::task::Poll::Ready(None),
            });
            match outcome.await {
                Some(Ok(Ok(played))) => all.push(played),
                Some(Ok(Err(mismatch))) => return Err(MockError { connection, mismatch }),
                // A closure of the script has panicked.
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
                None => {}
            }
        }
        Ok(all)
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.accepts.abort();
        for connection in lock(&self.connections).iter() {
            connection.plays.abort();
        }
    }
}

async fn play(script: Script, mut stream: TcpStream, received: Arc<Mutex<Vec<Received>>>) -> Result<Played, Mismatch> {
    let (played, flow) = script
        .play_on(&mut stream, |now| {
            let mut received = lock(&received);
            let known = received.len();
            received.extend(now.iter().skip(known).cloned());
        })
        .await?;
    if flow == Flow::Reset {
        let _ = stream.set_zero_linger(); // dropping it then resets the connection
    }
    Ok(played)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The script of a connection to a [`MockServer`] did not go as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockError {
    connection: usize,
    mismatch: Mismatch,
}

impl MockError {
    /// The number of the connection, counted from 0.
    #[must_use]
    pub const fn connection(&self) -> usize {
        self.connection
    }

    /// What went wrong.
    #[must_use]
    pub const fn mismatch(&self) -> &Mismatch {
        &self.mismatch
    }
}

impl fmt::Display for MockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}, {}", self.connection, self.mismatch)
    }
}

impl error::Error for MockError {}
