//! What a server answers to the offers of clients (RFC 7692 §5, §7).

use crate::{
    common::{frame_to, receive},
    kit::{NO_CONTEXT_TAKEOVER, PLAIN, TEXT, assert_received, deflated, options, prose, serve, text},
};
use bowline::{Connection, Event, Role, Violation, deflate::Options};
use bowline_test::Frame;

/// What a server with these options answers, and agrees to.
#[track_caller]
fn assert_answer(options: &Options, offer: &str, expected: Option<&str>) {
    let (connection, answer) = serve(Some(options.clone()), &[offer]);
    assert_eq!(answer.as_deref(), expected, "to {offer}");
    assert_eq!(connection.deflate().map(|agreement| agreement.to_string()), answer);
}

#[track_caller]
fn assert_declined(offer: &str) {
    assert_answer(&Options::default(), offer, None);
}

fn assert_plain(connection: &mut Connection) {
    assert_eq!(connection.deflate(), None);
    connection.send_text(prose(1000)).unwrap();
    assert_eq!(Frame::decode_all(&crate::common::written(connection))[0].first, 0x81);
    let events = receive(connection, &frame_to(Role::Server, TEXT, &deflated(b"Hello")));
    let [Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.violation(), Violation::ReservedBits(4));
}

/// [S-07] [S-08] Without options every offer is declined, by saying nothing, and all goes uncompressed.
#[test]
fn declined_without_options() {
    for offer in [PLAIN, NO_CONTEXT_TAKEOVER, "permessage-deflate; client_max_window_bits; server_max_window_bits=10"] {
        let (mut connection, answer) = serve(None, &[offer]);
        assert_eq!(answer, None);
        assert_plain(&mut connection);
    }
}

/// [Q-02] [S-08] Nothing is answered to a client that offers nothing, or only what is not known.
#[test]
fn nothing_is_answered_that_was_not_offered() {
    for offers in [&[][..], &["x-webkit-deflate-frame"], &["permessage-bzip2; a=1", "permessage-deflated"]] {
        let (mut connection, answer) = serve(Some(Options::default()), offers);
        assert_eq!(answer, None);
        assert_plain(&mut connection);
    }
}

/// [S-10] [S-04] [H-06] [H-07] The answer names the extension, and from then on it is in use both ways.
#[test]
fn the_shortest_offer() {
    let (mut connection, answer) = serve(Some(Options::default()), &[PLAIN]);
    assert_eq!(answer.as_deref(), Some("permessage-deflate"));
    let agreement = connection.deflate().unwrap();
    for role in [Role::Client, Role::Server] {
        assert!(agreement.context_takeover(role));
        assert_eq!(agreement.window_bits(role), 15);
    }
    assert_received(&mut connection, TEXT, &deflated(b"Hello"), text("Hello"));
    connection.send_text(prose(1000)).unwrap();
    let frames = Frame::decode_all(&crate::common::written(&mut connection));
    assert_eq!((frames.len(), frames[0].first), (1, 0xC1));
}

/// [S-12] An offer with a parameter that is not defined is declined.
#[test]
fn unknown_parameters() {
    for offer in [
        "permessage-deflate; level=9",
        "permessage-deflate; client_max_window_bits; constructor",
        "permessage-deflate; Server_No_Context_Takeover",
        "permessage-deflate; server_max_window_bits_=10",
    ] {
        assert_declined(offer);
    }
}

/// [S-13] [S-21] [S-26] [S-29] [S-33] An offer with a value that its parameter cannot have is declined.
#[test]
fn invalid_values() {
    for value in ["0", "7", "16", "08", "015", "99", "264", "256000000000000000000009", "-9", "+9", "9.0", "0x9", "ten"]
    {
        for value in [value, &format!("\"{value}\"")] {
            assert_declined(&format!("permessage-deflate; server_max_window_bits={value}"));
            assert_declined(&format!("permessage-deflate; client_max_window_bits={value}"));
        }
    }
    assert_declined("permessage-deflate; server_max_window_bits");
    for flag in ["server_no_context_takeover", "client_no_context_takeover"] {
        for value in ["1", "true", "15", "\"x\""] {
            assert_declined(&format!("permessage-deflate; {flag}={value}"));
        }
    }
}

/// [S-14] An offer with a parameter that is there twice is declined, also with the same value.
#[test]
fn repeated_parameters() {
    for param in [
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits=10",
        "client_max_window_bits",
        "client_max_window_bits=10",
    ] {
        assert_declined(&format!("permessage-deflate; {param}; {param}"));
        assert_declined(&format!("permessage-deflate; {param}; client_max_window_bits=9; {param}"));
    }
    assert_declined("permessage-deflate; client_max_window_bits; client_max_window_bits=12");
}

/// [S-22] [S-23] What the client asks of the server's window, the server does, and says so.
#[test]
fn server_no_context_takeover() {
    for (takeover, offer) in
        [(true, "; server_no_context_takeover"), (false, ""), (false, "; server_no_context_takeover")]
    {
        let options = options(|options| options.context_takeover = takeover);
        // [S-24] It may be there unasked.
        assert_answer(&options, &format!("{PLAIN}{offer}"), Some("permessage-deflate; server_no_context_takeover"));
    }
    let (connection, _) = serve(Some(Options::default()), &["permessage-deflate; server_no_context_takeover"]);
    let agreement = connection.deflate().unwrap();
    assert!(!agreement.context_takeover(Role::Server) && agreement.context_takeover(Role::Client));
}

/// [S-24] [S-27] [S-31] What the server wants for itself and of the client is in the answer, also where the client did not
/// mention it.
#[test]
fn unasked() {
    let thrifty = options(|options| {
        (options.context_takeover, options.peer_context_takeover) = (false, false);
        options.window_bits = 11;
    });
    let answer =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11";
    assert_answer(&thrifty, PLAIN, Some(answer));
    let large_windows = "permessage-deflate; server_max_window_bits=15; client_max_window_bits=15";
    assert_answer(&thrifty, large_windows, Some(answer));
}

/// [S-26] [S-27] The client's hint about its own window is taken: what it does not use, nobody has to keep.
#[test]
fn client_no_context_takeover() {
    for (peer_context_takeover, offer) in [(true, "; client_no_context_takeover"), (false, "")] {
        let options = options(|options| options.peer_context_takeover = peer_context_takeover);
        let answer = "permessage-deflate; client_no_context_takeover";
        assert_answer(&options, &format!("{PLAIN}{offer}"), Some(answer));
    }
}

/// [S-15] [S-29] [S-30] [S-38] [S-04] Each window that can be compressed for is accepted, at most as large as was
/// asked for; one of 8 bits is declined. Numbers may be quoted.
#[test]
fn server_max_window_bits() {
    for own in 0..=16_u8 {
        let options = options(|options| options.window_bits = own);
        for asked in 8..=15 {
            let bits = own.clamp(9, 15).min(asked);
            let answer = format!("permessage-deflate; server_max_window_bits={bits}");
            for value in [asked.to_string(), format!("\"{asked}\"")] {
                let offer = format!("permessage-deflate; server_max_window_bits={value}");
                assert_answer(&options, &offer, Some(answer.as_str()).filter(|_| asked > 8));
            }
            if asked > 8 {
                let (connection, _) =
                    serve(Some(options.clone()), &[&format!("{PLAIN}; server_max_window_bits={asked}")]);
                let agreement = connection.deflate().unwrap();
                assert_eq!((agreement.window_bits(Role::Server), agreement.window_bits(Role::Client)), (bits, 15));
            }
        }
    }
}

/// [S-33] [S-35] [S-37] [S-38] The client's window is the smaller of what it says and what the server wants; 15 needs no
/// mention. 8 is fine, as to decompress is always possible, but not asked for.
#[test]
fn client_max_window_bits() {
    for wanted in 0..=16_u8 {
        let options = options(|options| options.peer_window_bits = wanted);
        for said in [None, Some(8), Some(9), Some(12), Some(14), Some(15)] {
            let offer = said.map_or(String::new(), |said| format!("={said}"));
            let bits = wanted.clamp(9, 15).min(said.unwrap_or(15));
            let answer = match bits {
                15 => PLAIN.into(),
                bits => format!("permessage-deflate; client_max_window_bits={bits}"),
            };
            assert_answer(&options, &format!("permessage-deflate; client_max_window_bits{offer}"), Some(&answer));
            let offer = format!("permessage-deflate; client_max_window_bits{offer}");
            let agreement = serve(Some(options.clone()), &[&offer]).0.deflate().unwrap();
            assert_eq!((agreement.window_bits(Role::Client), agreement.window_bits(Role::Server)), (bits, 15));
        }
    }
}

/// [S-34] A client that does not say that it can choose its window is not asked to, however much the server wants it.
#[test]
fn client_max_window_bits_not_offered() {
    let options = options(|options| options.peer_window_bits = 9);
    assert_answer(&options, PLAIN, Some(PLAIN));
    assert_answer(
        &options,
        "permessage-deflate; server_max_window_bits=15",
        Some("permessage-deflate; server_max_window_bits=15"),
    );
    assert_answer(&options, NO_CONTEXT_TAKEOVER, Some(NO_CONTEXT_TAKEOVER));
}

/// [S-02] [S-16] [Q-06] [H-08] The first offer that can be kept is taken, those that cannot are passed over, and it does not
/// matter whether they stand on one line.
#[test]
fn the_first_that_can_be_kept() {
    let bad = [
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=no",
        "x-other; server_no_context_takeover",
    ];
    let (good, later) =
        ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=12");
    for count in 0..=bad.len() {
        let offers = [&bad[..count], &[good, later]].concat();
        assert_answer(&Options::default(), &offers.join(", "), Some(good));
        assert_eq!(serve(Some(Options::default()), &offers).1.as_deref(), Some(good));
        assert_answer(&Options::default(), &bad[..count.max(1)].join(","), None);
    }
}

/// [W-16] [S-02] [S-30] The example of two offers: the first is taken, with the window that it asks for.
#[test]
fn the_example_with_two_offers() {
    let offer = "permessage-deflate; client_max_window_bits; server_max_window_bits=10, \
                 permessage-deflate; client_max_window_bits";
    assert_answer(&Options::default(), offer, Some("permessage-deflate; server_max_window_bits=10"));
    let with_a_wish = options(|options| options.peer_window_bits = 12);
    let answer = "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12";
    assert_answer(&with_a_wish, offer, Some(answer));
}

/// [S-05] Nothing else is ever agreed to, so that nothing else can want RSV1 or the frames as they were.
#[test]
fn alone() {
    for others in ["x-webkit-deflate-frame", "permessage-snappy; a=1", "mux"] {
        let (_, answer) = serve(Some(Options::default()), &[others, PLAIN, "permessage-bzip2", others]);
        assert_eq!(answer.as_deref(), Some(PLAIN));
    }
}

/// [F-19] There is one extension at the most, and so one field.
#[test]
fn one_field() {
    let (_, answer) = serve(Some(Options::default()), &[PLAIN, PLAIN, NO_CONTEXT_TAKEOVER]);
    assert_eq!(answer.as_deref(), Some(PLAIN));
}

/// [S-12] [S-13] Whatever stands in an offer, there is an answer and no harm.
#[test]
fn odd_offers() {
    for odd in [
        "constructor",
        "__proto__;a",
        "permessage-deflate;x=\"\\1\\5\"",
        "permessage-deflate;server_max_window_bits=\"1\\0\"",
    ] {
        serve(Some(Options::default()), &[odd, PLAIN]);
    }
    let many = vec!["permessage-deflate;x"; 300].join(",");
    assert_eq!(serve(Some(Options::default()), &[&many, PLAIN]).1.as_deref(), Some(PLAIN));
}
