//! Scripts against a connection: what they accept, and what they say when something is not as expected.

#![expect(clippy::unwrap_used, reason = "that is how helpers of tests fail")]

use bowline::{CloseCode, Connection, Event, Role, SendError, State};
use bowline_test::{Frame, Mismatch, Played, Received, Script, config};
use std::time::Duration;

fn script() -> Script {
    Script::new(Role::Client)
}

/// Plays against a server that sends each message back.
fn play(script: Script) -> Result<Played, Mismatch> {
    play_with(script, |_| {})
}

/// The same, with something that the server does first.
fn play_with(script: Script, first: impl FnOnce(&mut Connection)) -> Result<Played, Mismatch> {
    let mut server = Connection::new(Role::Server, config());
    first(&mut server);
    script.against(server).play(|connection, event| {
        match event {
            Event::Text(text) => connection.send_text(text),
            Event::Binary(data) => connection.send_binary(data),
            _ => Ok(()),
        }
        .unwrap_or_else(|error| assert_eq!(error, SendError::Closing));
    })
}

fn message(script: Script) -> String {
    play(script).unwrap_err().to_string()
}

/// Everything that can be sent and expected, once.
#[test]
fn every_step() {
    let script = script()
        .send_text("text")
        .expect_text("text")
        .send_binary([1, 2, 3])
        .expect_binary([1, 2, 3])
        .send_ping("ping")
        .expect_pong("ping")
        .send_pong("unsolicited")
        .send_frame(&Frame::text("frag").unfinished().sent_by(Role::Client))
        .send_frame(&Frame::new(0x80, "ment").sent_by(Role::Client))
        .expect_frame(0x81, "fragment")
        .send_bytes(Frame::text("raw").sent_by(Role::Client).encode())
        .expect_matching("a text with an a", |received| matches!(received, Received::Text(text) if text.contains('a')))
        .send_text("anything")
        .expect_any()
        .wait(Duration::from_secs(1))
        .trickle(Frame::text("slow").sent_by(Role::Client).encode(), Duration::from_secs(2))
        .expect_text("slow")
        .flood(Frame::text("flood").sent_by(Role::Client).encode(), 2)
        .expect_text("flood")
        .expect_text("flood")
        .send_close(1001, "bye")
        .expect_close(1001)
        .expect_end();
    let played = play(script).unwrap();
    assert_eq!(played.elapsed(), Duration::from_secs(1 + 9 * 2), "ten bytes, with nine pauses");
    assert_eq!(played.received().len(), 11);
    assert_eq!(played.received()[10], Received::End);
    assert!(played.request().is_none());
}

/// Fragments are joined, and control frames between them are seen where they are.
#[test]
fn fragments() {
    let sends = |server: &mut Connection| {
        server.send_text_chunk("Grü", false).unwrap();
        server.ping(b"?").unwrap();
        server.send_text_chunk("ße", true).unwrap();
    };
    play_with(script().expect_ping("?").expect_text("Grüße"), sends).unwrap();
    play_with(script().expect_frame(0x01, "Grü").expect_ping("?").expect_frame(0x80, "ße"), sends).unwrap();
    let error = play_with(script().expect_frame(0x81, "Grüße"), sends).unwrap_err();
    assert_eq!(
        error.to_string(),
        "step 1: expected a frame 0x81 \"Grüße\"\n  but:      received a frame 0x01 \"Grü\"\n  before:   nothing"
    );
}

/// The message has the step, what was expected, what was received, and what was received before.
#[test]
fn a_mismatch() {
    let error = play(script().send_text("a").send_ping("b").expect_text("a").expect_text("c")).unwrap_err();
    assert_eq!(error.to_string(), "step 4: expected text \"c\"\n  received: a pong \"b\"\n  before:   text \"a\"",);
    assert_eq!((error.step(), error.action()), (4, "expected text \"c\""));
    assert_eq!(error.received(), Some(&Received::Pong(b"b".to_vec())));
    assert_eq!(error.before(), [Received::Text("a".into())]);
}

/// Each expectation is only fulfilled by what it names.
#[test]
fn every_mismatch() {
    let steps: [fn(Script) -> Script; 7] = [
        |script| script.expect_text("x"),
        |script| script.expect_binary("x"),
        |script| script.expect_ping("x"),
        |script| script.expect_pong("x"),
        |script| script.expect_close(1000),
        |script| script.expect_end(),
        |script| script.expect_matching("never", |_| false),
    ];
    let sends: [fn(&mut Connection); 6] = [
        |server| server.send_text("x").unwrap(),
        |server| server.send_binary(&b"x"[..]).unwrap(),
        |server| server.ping(b"x").unwrap(),
        |server| server.pong(b"x").unwrap(),
        |server| server.close(CloseCode::NORMAL, "").unwrap(),
        Connection::receive_eof,
    ];
    for (wanted, step) in steps.into_iter().enumerate() {
        for (sent, first) in sends.into_iter().enumerate() {
            assert_eq!(play_with(step(script()), first).is_ok(), wanted == sent, "{wanted}, {sent}");
        }
        let other = |server: &mut Connection| server.send_text("y").unwrap();
        assert!(play_with(step(script()), other).is_err());
    }
    assert!(play_with(script().expect_close(1001), |server| server.close(CloseCode::NORMAL, "").unwrap()).is_err());
}

#[test]
fn what_mismatches_say() {
    let second = Duration::from_secs(1);
    for (script, expected) in [
        (script().expect_text("x").patience(second), "expected text \"x\"\n  but:      nothing was received for 1s"),
        (script().send_binary([0xFF]).expect_end(), "expected the end of the stream\n  received: binary [ff] (1 byte)"),
        (script().send_bytes(*b"\x83").expect_any().expect_any().expect_text("x"), "received: the end of the stream"),
        (
            script().end().send_text("x"),
            "step 2: send text \"x\"\n  but:      the stream does not accept it any more: broken pipe",
        ),
        (script().send_close(3000, "").expect_close(1000), "received: a Close frame with 3000 ("),
        (
            script().send_close(1000, "").expect_close(1000).expect_end().expect_text("x"),
            "received: the end of the stream",
        ),
        (script().reset().expect_end(), "received: a failure of the stream"),
    ] {
        let message = message(script);
        assert!(message.contains(expected), "{message}");
    }
}

/// A long payload and a long past are abbreviated.
#[test]
fn what_is_long_is_short() {
    let mut script = script();
    for i in 0..15 {
        script = script.send_text(&format!("{i}")).expect_text(format!("{i}"));
    }
    let message = message(script.send_text(&"ä".repeat(1000)).expect_text("b"));
    assert!(message.contains(&format!("received: text \"{}\"… (2000 bytes)", "ä".repeat(100))), "{message}");
    assert!(message.contains("before:   (5 more), text \"5\", text \"6\""), "{message}");
}

/// What breaks a rule is not what any expectation is about.
#[test]
fn illegal_frames() {
    for (bytes, expected) in [
        (&b"\x83\x00"[..], "received: an illegal frame: a frame has the reserved opcode 3 (RFC 6455 §5.2, at byte 0"),
        (b"\x81\x80\0\0\0\0", "received: an illegal frame: a frame from the server is masked"),
        (b"\x80\x00", "received: an illegal frame: a continuation frame has no message to continue"),
        (b"\x81\x01\xFF", "received: text that is not UTF-8: [ff]"),
        (b"\x81\x05Hel", "received: the end of the stream inside a frame, of which 5 bytes arrived"),
        (b"\x01\x00\x81\x00", "received: an illegal frame: a Text frame begins a message while another is unfinished"),
    ] {
        let mut pair = script().expect_any().against(Connection::new(Role::Server, config()));
        pair.wire().write(Role::Server, bytes).unwrap();
        pair.wire().shut_down(Role::Server).unwrap();
        let message = pair.play(|_, _| {}).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// Nothing is answered unless that is a habit.
#[test]
fn habits() {
    let pings = |server: &mut Connection| {
        server.ping(b"?").unwrap();
        server.send_text("text").unwrap();
    };
    let error = play_with(script().expect_text("text"), pings).unwrap_err();
    assert_eq!(error.received(), Some(&Received::Ping(b"?".to_vec())));
    for (expects_ping, is_auto) in [(false, true), (true, true), (true, false)] {
        let script = if expects_ping { script().expect_ping("?") } else { script() };
        let script = if is_auto { script.auto_pong() } else { script };
        let mut answers = 0;
        let mut server = Connection::new(Role::Server, config());
        pings(&mut server);
        let mut pair = script.expect_text("text").against(server);
        pair.play(|_, event| answers += usize::from(event == Event::Pong(b"?".to_vec().into()))).unwrap();
        assert_eq!(answers, usize::from(is_auto));
    }

    for (answers, is_clean) in [(false, false), (true, true)] {
        let mut server = Connection::new(Role::Server, config());
        server.close(CloseCode::GOING_AWAY, "").unwrap();
        let script = script().expect_close(1001);
        let mut pair = if answers { script.auto_close() } else { script }.against(server);
        pair.play(|_, _| {}).unwrap();
        pair.advance(Duration::from_secs(5));
        assert_eq!(pair.end.connection.closure().unwrap().is_clean(), is_clean);
    }
    // Not twice.
    play(script().send_close(1000, "").expect_close(1000).expect_end().auto_close()).unwrap();
}

/// What is ignored is not kept.
#[test]
fn ignored() {
    let script = script().send_text("a").send_text("b").send_close(1000, "").expect_text("a").ignore_until_end();
    assert_eq!(play(script).unwrap().received(), [Received::Text("a".into()), Received::End]);
    let error = play(Script::new(Role::Client).ignore_until_end().patience(Duration::from_secs(7))).unwrap_err();
    assert!(
        error.to_string().contains("read until the stream ends\n  but:      nothing was received for 7s"),
        "{error}"
    );
}

/// A peer that sends more than is accepted waits for its patience, or gives up a flood.
#[test]
fn back_pressure() {
    let limited = |script: Script| {
        let mut pair = script.against(Connection::new(Role::Server, config()));
        pair.faults_from(Role::Server).capacity = 100;
        pair.faults_from(Role::Client).capacity = 100;
        pair.faults_from(Role::Client).is_frozen = true;
        pair.play(|_, _| {})
    };
    let error = limited(script().send_binary([0; 1000]).patience(Duration::from_secs(3))).unwrap_err();
    assert!(error.to_string().contains("but:      the stream did not accept it for 3s"), "{error}");
    let played = limited(script().flood([0; 1000], 10).patience(Duration::from_secs(3))).unwrap();
    assert_eq!(played.elapsed(), Duration::from_secs(3));
}

/// The other role, a reset, and what the connection makes of it.
#[test]
fn a_scripted_server() {
    let script = Script::new(Role::Server).expect_text("Hello").send_text("you").reset();
    let mut client = Connection::new(Role::Client, config());
    client.send_text("Hello").unwrap();
    let (mut pair, mut texts) = (script.against(client), 0);
    pair.play(|_, event| texts += usize::from(event == Event::Text("you".into()))).unwrap();
    assert_eq!((pair.end.connection.state(), texts), (State::Closed, 1));
}

#[test]
#[should_panic(expected = "the script must have the other role than the connection")]
fn the_same_role() {
    let _ = Script::new(Role::Server).against(Connection::new(Role::Server, config()));
}
