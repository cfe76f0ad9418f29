use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
    tally::Tally,
};
use std::io::IoSlice;
use wtx::{
    collection::Vector,
    rng::Xorshift64,
    stream::{StreamReader, StreamWriter},
    web_socket::{Frame, OpCode, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin},
};

type WebSocket<const IS_CLIENT: bool> = WebSocketOwned<(), Xorshift64, Pipe, IS_CLIENT>;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    if job.is_client() { with_role::<true>(job) } else { with_role::<false>(job) }
}

fn with_role<const IS_CLIENT: bool>(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let (mut socket, mut buffer) = (socket::<IS_CLIENT>(job), Vector::new());
            work(move |messages, tally| block_on(receive(&mut socket, &mut buffer, messages, tally)))
        }
        Task::Echo { .. } => {
            let (mut socket, mut buffer) = (socket::<IS_CLIENT>(job), Vector::new());
            work(move |messages, _| block_on(echo(&mut socket, &mut buffer, messages)))
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut socket, payload) = (socket::<IS_CLIENT>(job), job.payload.clone());
            let mut data = payload.to_vec();
            work(move |messages, _| {
                block_on(async {
                    for _ in 0..messages {
                        if IS_CLIENT {
                            // It masks in place, and the caller keeps the data.
                            data.copy_from_slice(&payload);
                        }
                        let mut frame = Frame::new_fin(OpCode::Binary, &mut data[..]);
                        socket.write_frame(&mut frame).await.expect("writing to memory");
                    }
                });
            })
        }
        Task::CompressedEcho { .. } | Task::HandshakeServer | Task::HandshakeClient => None,
    }
}

fn socket<const IS_CLIENT: bool>(job: &Job) -> WebSocket<IS_CLIENT> {
    let buffer = WebSocketBuffer::with_capacity(job.buffer(), 0, 0).expect("there is memory");
    WebSocket::new((), false, Xorshift64::new(0x9E37_79B9_7F4A_7C15), job.pipe(), buffer)
}

async fn receive<const IS_CLIENT: bool>(
    socket: &mut WebSocket<IS_CLIENT>,
    buffer: &mut Vector<u8>,
    messages: usize,
    tally: &mut Tally,
) {
    for _ in 0..messages {
        let frame = socket.read_frame(buffer, WebSocketPayloadOrigin::Adaptive).await.expect("a message");
        assert!(matches!(frame.op_code(), OpCode::Text | OpCode::Binary));
        tally.message(frame.payload());
        buffer.clear();
    }
}

async fn echo<const IS_CLIENT: bool>(socket: &mut WebSocket<IS_CLIENT>, buffer: &mut Vector<u8>, messages: usize) {
    let (mut common, mut reader, mut writer) = socket.split_mut();
    for _ in 0..messages {
        let origin = WebSocketPayloadOrigin::Adaptive;
        let mut frame = reader.read_frame(buffer, &mut common, origin).await.expect("a message");
        writer.write_frame(&mut common, &mut frame).await.expect("writing to memory");
    }
}

impl StreamReader for Pipe {
    #[inline]
    async fn read(&mut self, room: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.read_into(room))
    }
}

impl StreamWriter for Pipe {
    #[inline]
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.sent.write(bytes);
        Ok(())
    }

    #[inline]
    async fn write_all_vectored(&mut self, bytes: &[&[u8]]) -> wtx::Result<()> {
        let mut slices = [IoSlice::new(&[]); 8];
        for (slice, bytes) in slices.iter_mut().zip(bytes) {
            *slice = IoSlice::new(bytes);
        }
        self.sent.write_vectored(&slices[..bytes.len()]);
        Ok(())
    }
}
