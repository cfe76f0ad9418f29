//! The echo of compressed text, by those who have permessage-deflate. All have zlib-rs below, at the same level, and compress
//! every message.

use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
    tally::Tally,
};
use bowline::{Config, Connection, Event, Input, deflate, server};
use bytes::{Buf, BytesMut};
use futures_util::SinkExt;
use sockudo_ws::{CompressedProtocol, DeflateConfig, Message};
use yawc::{CompressionLevel, Frame, OpCode, WebSocket};

fn parameters(job: &Job) -> (bool, u8) {
    match job.task {
        Task::CompressedEcho { context_takeover, level } => (context_takeover, level),
        task => panic!("{task:?} is not compressed"),
    }
}

pub(super) fn bowline(job: &Job) -> Option<Box<dyn Work>> {
    let (context_takeover, level) = parameters(job);
    let mut options = deflate::Options::default();
    (options.context_takeover, options.peer_context_takeover, options.level, options.threshold) =
        (context_takeover, context_takeover, level, 0);
    let mut config = Config::default();
    config.deflate = Some(options);
    let mut connection = connection(config);
    let (mut pipe, mut buffer, mut unread) = (job.pipe(), vec![0; job.buffer()], (0, 0));
    let mut waiting = Vec::new();
    work(move |messages, tally: &mut Tally| {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            if unread.0 == unread.1 {
                unread = (0, pipe.read_into(&mut buffer));
            }
            let mut input = Input::from(&mut buffer[unread.0..unread.1]);
            // All of a read, then the answers: sockudo-ws does that by itself, and at level 6 it is 2 to 4 % faster.
            while tally.messages < last
                && let Some(event) = connection.receive(&mut input)
            {
                let Event::Text(text) = event else { panic!("{event:?} is no text") };
                waiting.push(text.into_owned());
                tally.end();
            }
            for text in waiting.drain(..) {
                connection.send_text(text).expect("there is room");
            }
            unread.0 = unread.1 - input.len();
            pipe.sent.write_buf(connection.output());
        }
    })
}

/// Compression is agreed in the opening handshake.
fn connection(config: Config) -> Connection {
    let mut request = crate::exchange::BROWSER.as_bytes().to_vec();
    let mut handshake = server::Handshake::new(config);
    let server::Progress::Request(request) = handshake.receive(&mut Input::from(&mut request[..])) else {
        panic!("the request is refused")
    };
    let mut connection = request.accept(&server::Accept::any_origin()).expect("the request is right");
    assert!(connection.deflate().is_some(), "compression is declined");
    let answer = connection.buffered_amount();
    connection.output().advance(answer);
    connection
}

pub(super) fn yawc(job: &Job) -> Option<Box<dyn Work>> {
    let (context_takeover, level) = parameters(job);
    let mut options = yawc::Options::default()
        .with_utf8()
        .with_read_buffer_capacity(job.read())
        .with_compression_level(CompressionLevel::new(level.into()));
    let mut agreed = "permessage-deflate";
    if !context_takeover {
        options = options.server_no_context_takeover().client_no_context_takeover();
        agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    }
    let mut socket: WebSocket<Pipe> =
        WebSocket::from_stream_with_extensions(job.pipe(), yawc::Role::Server, Some(agreed), options)
            .expect("that is agreed");
    let batch = job.batch();
    work(move |messages, _| {
        block_on(async {
            for index in 0..messages {
                let frame = socket.next_frame().await.expect("a message");
                assert!(frame.opcode() == OpCode::Text);
                socket.feed(Frame::text(frame.into_payload())).await.expect("writing to memory");
                if (index + 1) % batch == 0 || index + 1 == messages {
                    socket.flush().await.expect("writing to memory");
                }
            }
        });
    })
}

pub(super) fn sockudo(job: &Job) -> Option<Box<dyn Work>> {
    const LIMIT: usize = 16 * 1024 * 1024;
    let (context_takeover, level) = parameters(job);
    let config = DeflateConfig {
        server_no_context_takeover: !context_takeover,
        client_no_context_takeover: !context_takeover,
        compression_level: level.into(),
        compression_threshold: 0,
        ..DeflateConfig::default()
    };
    let mut protocol = CompressedProtocol::server(LIMIT, LIMIT, config);
    let (mut pipe, batch, read) = (job.pipe(), job.batch(), job.buffer());
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    let mut waiting: Vec<Message> = Vec::new();
    work(move |messages, _| {
        for index in 0..messages {
            while waiting.is_empty() {
                input.reserve(read);
                input.extend_from_slice(pipe.next_read(read));
                protocol.process_into(&mut input, &mut waiting).expect("the frames are right");
                waiting.reverse();
            }
            let message = waiting.pop().expect("there is one");
            protocol.encode_message(&message, &mut output).expect("it always can");
            if (index + 1) % batch == 0 || index + 1 == messages {
                pipe.sent.write(&output);
                output.clear();
            }
        }
    })
}
