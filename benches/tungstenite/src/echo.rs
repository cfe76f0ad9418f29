//! The echo with each library: the same code, compiled twice.

macro_rules! echo {
    ($tungstenite:ident, $tokio_tungstenite:ident) => {
        use crate::load::Cell;
        use ::$tokio_tungstenite::WebSocketStream;
        use ::$tungstenite::{WebSocket, protocol::Role};
        use cpu_time::ThreadTime;
        use futures_util::{SinkExt, StreamExt};
        use std::net::TcpStream;

        fn role(cell: &Cell) -> Role {
            if cell.is_server { Role::Server } else { Role::Client }
        }

        #[expect(clippy::cast_precision_loss, reason = "thousands of messages")]
        fn each(start: ThreadTime, messages: usize) -> f64 {
            start.elapsed().as_secs_f64() * 1e9 / messages as f64
        }

        pub(crate) fn blocking(stream: TcpStream, cell: &Cell) -> f64 {
            let mut socket = WebSocket::from_raw_socket(stream, role(cell), None);
            let start = ThreadTime::now();
            for i in 1..=cell.messages() {
                let message = socket.read().expect("a message");
                socket.write(message).expect("the load reads");
                if !cell.is_batch || i % cell.window == 0 {
                    socket.flush().expect("the load reads");
                }
            }
            each(start, cell.messages())
        }

        pub(crate) fn on_tokio(stream: TcpStream, cell: &Cell) -> f64 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
            runtime.block_on(async {
                stream.set_nonblocking(true).expect("a socket");
                let stream = tokio::net::TcpStream::from_std(stream).expect("a socket");
                let mut socket = WebSocketStream::from_raw_socket(stream, role(cell), None).await;
                let start = ThreadTime::now();
                for i in 1..=cell.messages() {
                    let message = socket.next().await.expect("a message").expect("a message");
                    socket.feed(message).await.expect("the load reads");
                    if !cell.is_batch || i % cell.window == 0 {
                        socket.flush().await.expect("the load reads");
                    }
                }
                each(start, cell.messages())
            })
        }
    };
}

pub(crate) mod ours {
    echo!(bowline_tungstenite, bowline_tungstenite);
}

pub(crate) mod original {
    echo!(tungstenite, tokio_tungstenite);
}
