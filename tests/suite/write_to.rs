//! `Output::write_to` and `Output::io_slices`: the output on its way to a `std::io::Write`.

use crate::common::{ROLES, close_to, connection, frame_from, frame_to, receive, written};
use bowline::{Connection, Role};
use bytes::{Buf, Bytes};
use std::io::{self, ErrorKind, IoSlice, Write};

/// A writer that accepts at most so many bytes in each call, and notes what it was called with.
#[derive(Default)]
struct Writer {
    accepts: usize,
    written: Vec<u8>,
    /// The number of slices in each call; 0 for a simple write.
    calls: Vec<usize>,
    /// What the calls return first.
    errors: Vec<ErrorKind>,
}

impl Writer {
    fn accepting(accepts: usize) -> Self {
        Self { accepts, ..Self::default() }
    }

    fn accept(&mut self, slices: &[&[u8]]) -> io::Result<usize> {
        if let Some(error) = self.errors.pop() {
            return Err(error.into());
        }
        let mut accepted = 0;
        for slice in slices {
            let count = slice.len().min(self.accepts - accepted);
            self.written.extend(&slice[..count]);
            accepted += count;
        }
        Ok(accepted)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.push(0);
        self.accept(&[bytes])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls.push(slices.len());
        self.accept(&slices.iter().map(|slice| &**slice).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("nobody asked for it")
    }
}

/// A connection with small frames, large ones of all kinds, and a pong behind them.
fn queued(role: Role) -> Connection {
    let mut connection = connection(role);
    connection.send_text("small").unwrap();
    connection.send_binary(&[1; 10_000]).unwrap();
    connection.send_binary(vec![2; 10_000]).unwrap();
    connection.send_binary(Bytes::from(vec![3; 100_000])).unwrap();
    connection.send_text("between").unwrap();
    receive(&mut connection, &frame_to(role, 0x89, b"ping"));
    connection.send_binary(vec![4; 70_000]).unwrap();
    connection.ping(b"last").unwrap();
    connection
}

/// Writes until nothing is queued, and checks what each call says.
fn write_all(connection: &mut Connection, writer: &mut Writer) {
    while !connection.output().is_empty() {
        let (queued, before) = (connection.buffered_amount(), writer.written.len());
        let written = connection.output().write_to(writer).unwrap();
        assert!(written > 0);
        assert_eq!(writer.written.len() - before, written);
        assert_eq!(connection.buffered_amount(), queued - written);
    }
}

/// [N-05] Whatever a writer accepts at a time, it gets the same bytes.
#[test]
fn any_number_of_bytes_at_a_time() {
    for role in ROLES {
        let expected = written(&mut queued(role));
        for accepts in [1, 2, 7, 1000, 16 * 1024, 100_001, usize::MAX] {
            let mut writer = Writer::accepting(accepts);
            write_all(&mut queued(role), &mut writer);
            assert!(writer.written == expected, "{role:?}, {accepts} at a time");
        }
    }
}

/// The only segment is one simple write; what is in several goes out together.
#[test]
fn simple_and_vectored() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut writer = Writer::accepting(usize::MAX);
        connection.send_text("one").unwrap();
        connection.send_text("two").unwrap();
        write_all(&mut connection, &mut writer);
        assert_eq!(writer.calls, [0]);
    }
    let mut server = connection(Role::Server);
    let mut writer = Writer::accepting(usize::MAX);
    server.send_binary(vec![7; 10_000]).unwrap();
    server.send_text("behind").unwrap();
    write_all(&mut server, &mut writer);
    assert_eq!(writer.calls, [3], "a header, its payload, and what comes after");
}

/// Where nothing is queued, the writer is not called.
#[test]
fn nothing_to_write() {
    for role in ROLES {
        let mut writer = Writer::accepting(usize::MAX);
        assert_eq!(connection(role).output().write_to(&mut writer).unwrap(), 0);
        assert!(writer.calls.is_empty());
    }
}

/// What a writer refuses stays queued, and is written by the next call.
#[test]
fn errors_leave_everything_queued() {
    for role in ROLES {
        let expected = written(&mut queued(role));
        for error in [ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::BrokenPipe] {
            let mut connection = queued(role);
            let mut writer = Writer { errors: vec![error; 2], ..Writer::accepting(usize::MAX) };
            for _ in 0..2 {
                assert_eq!(connection.output().write_to(&mut writer).unwrap_err().kind(), error);
                assert_eq!(connection.buffered_amount(), expected.len());
            }
            write_all(&mut connection, &mut writer);
            assert!(writer.written == expected);
        }
    }
}

/// A writer that accepts nothing is an error, so that nobody loops over it.
#[test]
fn a_writer_that_accepts_nothing() {
    for role in ROLES {
        for mut connection in [queued(role), {
            let mut connection = connection(role);
            connection.send_text("one").unwrap();
            connection
        }] {
            let before = connection.buffered_amount();
            let error = connection.output().write_to(&mut Writer::accepting(0)).unwrap_err();
            assert_eq!((error.kind(), connection.buffered_amount()), (ErrorKind::WriteZero, before));
        }
    }
}

/// Writers behind a pointer, and those of the standard library.
#[test]
fn writers_of_all_sorts() {
    for role in ROLES {
        let expected = written(&mut queued(role));
        let (mut boxed, mut vec): (Box<dyn Write>, _) = (Box::new(io::sink()), Vec::new());
        let (mut first, mut second) = (queued(role), queued(role));
        while !first.output().is_empty() {
            first.output().write_to(&mut *boxed).unwrap();
            second.output().write_to(&mut vec).unwrap();
        }
        assert!(second.output().is_empty() && vec == expected);
    }
}

/// The Close frame and its answer are output like all else: `write_to` brings the closing forward.
#[test]
fn until_it_is_closed() {
    let mut server = connection(Role::Server);
    receive(&mut server, &close_to(Role::Server, 1000, ""));
    let mut writer = Writer::accepting(1);
    while !server.is_closed() {
        server.output().write_to(&mut writer).unwrap();
    }
    assert_eq!(writer.written, frame_from(Role::Server, 0x88, b"\x03\xe8"));
    assert!(server.closure().unwrap().is_normal());
}

/// The slices are the front of the output, in order, none of them empty, and as many as there is space for.
#[test]
fn slices_are_the_front_of_the_output() {
    for role in ROLES {
        let expected = written(&mut queued(role));
        for space in [0, 1, 2, 3, 5, 32, 100] {
            let mut connection = queued(role);
            let mut seen = Vec::new();
            while !connection.output().is_empty() {
                let mut slices = vec![IoSlice::new(&[]); space];
                let filled = connection.output().io_slices(&mut slices);
                assert!(filled <= space && slices[..filled].iter().all(|slice| !slice.is_empty()));
                assert!(slices[filled..].iter().all(|slice| slice.is_empty()));
                if space == 0 {
                    break;
                }
                assert!(filled > 0);
                let all: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
                assert!(all.starts_with(connection.output().chunk()));
                connection.output().advance(all.len());
                seen.extend(all);
            }
            assert!(space == 0 || seen == expected, "{role:?}, {space} slices");
        }
        assert_eq!(connection(role).output().io_slices(&mut [IoSlice::new(&[]); 4]), 0);
    }
}

/// More segments than one call takes are written by the next.
#[test]
fn more_segments_than_slices() {
    let mut server = connection(Role::Server);
    for _ in 0..50 {
        server.send_binary(vec![7; 5000]).unwrap();
    }
    let mut writer = Writer::accepting(usize::MAX);
    write_all(&mut server, &mut writer);
    assert_eq!(writer.calls, [32, 32, 32, 4], "each frame is a header and a payload");
    assert_eq!(writer.written.len(), 50 * 5004);
}
