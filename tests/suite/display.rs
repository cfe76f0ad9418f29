//! What the types of the API print, for logs and for people, and what they convert to.

use bowline::{
    CloseCode, CloseError, Config, Connection, Deadline, Endpoint, Event, HandshakeError, Input, Interrupted, Role,
    SendError, State, Timestamp, Violation,
    frame::{DecodeError, Expect, Header, Opcode},
};
use std::{error::Error, time::Duration};

/// Roles, endpoints, states and opcodes print as the words that are used for them.
#[test]
fn words() {
    assert_eq!([Role::Client, Role::Server].map(|role| role.to_string()), ["client", "server"]);
    assert_eq!([Endpoint::Local, Endpoint::Remote].map(|endpoint| endpoint.to_string()), ["this endpoint", "the peer"]);
    assert_eq!(
        [State::Open, State::Closing, State::Closed].map(|state| state.to_string()),
        ["open", "closing", "closed"]
    );
    let opcodes = [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];
    assert_eq!(opcodes.map(|opcode| opcode.to_string()), ["continuation", "text", "binary", "close", "ping", "pong"]);
    assert_eq!(CloseCode::GOING_AWAY.to_string(), "1001 (going away)");
}

/// Each of these is one line of its own.
#[test]
fn lines() {
    let lines = [
        Interrupted::Nothing.to_string(),
        Interrupted::Frame.to_string(),
        Interrupted::Message.to_string(),
        Deadline::Pong.to_string(),
        Deadline::Idle.to_string(),
        Deadline::Close.to_string(),
        SendError::Closing.to_string(),
        SendError::Full { frame: 1, queued: 2, limit: 3 }.to_string(),
        SendError::ControlTooLong(126).to_string(),
        SendError::InMessage.to_string(),
        SendError::ChunkKind.to_string(),
        CloseError::Code(CloseCode::ABNORMAL).to_string(),
        CloseError::ReasonTooLong(124).to_string(),
        CloseError::ReasonWithoutCode.to_string(),
    ];
    for (index, line) in lines.iter().enumerate() {
        assert!(!line.is_empty() && !line.contains('\n') && !lines[..index].contains(line), "{line}");
    }
}

/// [I-09] An opcode is made of its number, if that is one of the six; otherwise the number is given back.
#[test]
fn opcodes_from_numbers() {
    for number in 0..=u8::MAX {
        match (Opcode::try_from(number), number) {
            (Ok(opcode), 0..=2 | 8..=10) => {
                assert_eq!((opcode.bits(), Opcode::from_bits(number)), (number, Some(opcode)));
            }
            (Err(same), 3..=7 | 11..) => assert_eq!((same, Opcode::from_bits(number)), (number, None)),
            (other, _) => panic!("{number}: {other:?}"),
        }
    }
}

/// A timestamp is the time since the origin, there and back.
#[test]
fn timestamps() {
    for since in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(u64::MAX), Duration::MAX] {
        assert_eq!(Timestamp::from(since), Timestamp::since_origin(since));
        assert_eq!(Duration::from(Timestamp::from(since)), since);
    }
    assert_eq!(Timestamp::default(), Timestamp::from(Duration::ZERO));
    assert!(Timestamp::from(Duration::from_secs(1)) < Timestamp::from(Duration::from_secs(2)));
}

/// One of each violation.
fn violations() -> [Violation; 19] {
    [
        Violation::ReservedBits(4),
        Violation::ReservedOpcode(3),
        Violation::FragmentedControl(Opcode::Ping),
        Violation::ControlTooLong(Opcode::Ping),
        Violation::NotMasked,
        Violation::Masked,
        Violation::LengthNotMinimal,
        Violation::LengthTopBit,
        Violation::NothingToContinue,
        Violation::MessageInMessage(Opcode::Text),
        Violation::FrameTooBig { limit: 1 },
        Violation::MessageTooBig { limit: 1 },
        Violation::NoMemory,
        Violation::EmptyFragments { limit: 1 },
        Violation::InvalidText,
        Violation::InvalidDeflate,
        Violation::HalfCloseCode,
        Violation::InvalidCloseCode(CloseCode::ABNORMAL),
        Violation::InvalidCloseReason,
    ]
}

/// Every section names its document, and every violation has a line of its own.
#[test]
fn sections_name_the_document() {
    let all = violations();
    for (index, violation) in all.iter().enumerate() {
        let section = violation.section();
        let (document, number) = section.split_once(" §").unwrap();
        assert!(matches!(document, "RFC 6455" | "RFC 7692"), "{section}");
        assert!(number.split('.').all(|part| part.parse::<u8>().is_ok()), "{section}");
        assert!(all[..index].iter().all(|other| other.to_string() != violation.to_string()), "{violation}");
    }
    assert_eq!(Violation::InvalidDeflate.section(), "RFC 7692 §6.2");
}

/// An error of the peer's prints the rule, the section and the position once, as a whole and in a chain of sources.
#[test]
fn protocol_errors_in_one_line() {
    let mut connection = Connection::new(Role::Server, Config::default());
    let Some(Event::Failed(error)) = connection.receive(&mut Input::from(b"\x81\x05Hello".to_vec().as_mut_slice()))
    else {
        panic!("a client must mask")
    };
    assert_eq!(error.section(), "RFC 6455 §5.1");
    let line = "a frame from the client is not masked (RFC 6455 §5.1, at byte 1 from the peer)";
    assert_eq!(error.to_string(), line);
    let closure = connection.output().is_empty();
    assert!(!closure, "the Close frame is queued");
    let closure = connection.closure().unwrap();
    assert_eq!(chain(closure)[1..], [line]);

    let error = Header::decode(b"\x81\x05", &Expect::from(Role::Client)).unwrap_err();
    assert_eq!(error, DecodeError { violation: Violation::NotMasked, index: 1 });
    assert_eq!(chain(&error), ["a frame from the client is not masked (RFC 6455 §5.1, at byte 1 of the header)"]);
}

/// What an error and its sources print.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
}

/// Every public error is one that can be boxed and sent to another thread.
#[test]
fn all_are_errors() {
    fn is_error<E: Error + Send + Sync + 'static>() {}
    is_error::<bowline::ProtocolError>();
    is_error::<Violation>();
    is_error::<DecodeError>();
    is_error::<SendError>();
    is_error::<CloseError>();
    is_error::<bowline::Closure>();
    is_error::<HandshakeError>();
    is_error::<bowline::HeaderError>();
}

/// A configuration, or one that is shared: all are accepted.
#[test]
fn configurations() {
    use std::sync::Arc;
    let config = Arc::new(Config::default().with(|config| config.limits.message = 7));
    let connections = [
        Connection::new(Role::Client, Config::default().with(|config| config.limits.message = 7)),
        Connection::new(Role::Client, config.clone()),
        Connection::new(Role::Server, config.clone()),
    ];
    assert!(connections.iter().all(|connection| connection.config().limits.message == 7));
    assert!(Arc::ptr_eq(connections[1].config(), &config) && Arc::ptr_eq(connections[2].config(), &config));
}
