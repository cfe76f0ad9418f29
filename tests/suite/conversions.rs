//! What text, payloads and data to send are converted to and from, what they are equal to, and that owned contents are not copied.

use crate::common::{ROLES, connection, frame_to, receive, receive_cut};
use bowline::{Data, Event, Message, Payload, Role, Text};
use bytes::{Buf, Bytes, BytesMut};
use std::{
    borrow::{Borrow, Cow},
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, RandomState},
};

/// Long enough that nothing stores it inline.
fn long() -> String {
    "Grüße, ".repeat(1000)
}

/// Owned text is moved between `String`, `Text`, `Message` and `Bytes`, and shared by clones, at the place where it lies.
#[test]
fn owned_text_is_not_copied() {
    let string = long();
    let at = string.as_ptr();
    let text = Text::from(string);
    assert_eq!((text.as_ptr(), text.is_borrowed()), (at, false));
    let clone = text.clone();
    assert_eq!(clone.as_ptr(), at);
    let message = Message::from(clone);
    assert_eq!(message.as_bytes().as_ptr(), at);
    let bytes = message.clone().into_data();
    assert_eq!(bytes.as_ptr(), at);
    assert_eq!(message.into_text().unwrap().as_ptr(), at);
    let checked = Text::try_from(bytes.clone()).unwrap();
    assert_eq!((checked.as_ptr(), checked.is_borrowed()), (at, false));
    assert_eq!(Bytes::from(checked).as_ptr(), at);
    assert_eq!(text.into_owned().as_ptr(), at);
    assert_eq!(bytes.as_ptr(), at);
}

/// To `String`, text is copied only while it is shared.
#[test]
fn to_string_only_shared_text_is_copied() {
    for make in [|text: Text<'static>| text.into_string(), |text| String::from(text)] {
        let string = long();
        let at = string.as_ptr();
        let text = Text::from(string);
        let clone = text.clone();
        let copied = make(clone);
        assert!(copied.as_ptr() != at && copied == long());
        assert_eq!(text, copied);
        let same = make(text);
        assert!(same.as_ptr() == at && same == long());
    }
    // With spare capacity, too, and as a part of a `Bytes`.
    let mut roomy = String::with_capacity(100_000);
    roomy.push_str("short");
    let at = roomy.as_ptr();
    let same = Text::from(roomy).into_string();
    assert_eq!((same.as_ptr(), &*same), (at, "short"));
    let part = Bytes::from(long()).slice(9..16);
    assert_eq!(Text::try_from(part).unwrap().into_string(), "Grüße");
}

/// Bytes that are not UTF-8 are no text.
#[test]
fn text_from_bytes_is_validated() {
    let valid = Bytes::from_static("한국어".as_bytes());
    assert_eq!(Text::try_from(valid.clone()).unwrap(), "한국어");
    let error = Text::try_from(valid.slice(..4)).unwrap_err();
    assert_eq!((error.valid_up_to(), error.error_len()), (3, None));
    assert!(Text::try_from(Bytes::from_static(b"\xff")).is_err());
}

/// All that text is made of, and whether it is borrowed.
#[test]
fn what_text_is_made_of() {
    let string = String::from("ab");
    let owned = Text::from(string.clone());
    let table = [
        (Text::from("ab"), true),
        (Text::from(&string), true),
        (Text::from(&owned), true),
        (Text::from(Cow::Borrowed("ab")), true),
        (Text::from(Cow::Owned::<str>("ab".into())), false),
        (Text::from(string.clone()), false),
        (Text::try_from(Bytes::from_static(b"ab")).unwrap(), false),
        (Text::from_static("ab"), false),
        (Text::from("ab").into_owned(), false),
    ];
    for (text, is_borrowed) in table {
        assert_eq!((text.as_str(), text.is_borrowed()), ("ab", is_borrowed));
        assert_eq!((AsRef::<str>::as_ref(&text), AsRef::<[u8]>::as_ref(&text)), ("ab", &b"ab"[..]));
        assert_eq!((text.clone().into_string(), Bytes::from(text.clone())), (string.clone(), Bytes::from("ab")));
        assert_eq!(text, owned);
    }
    assert!(Text::default().is_empty() && Text::default().is_borrowed());
}

/// Equal to what text is kept in, in both directions, borrowed or owned; and not to other text.
#[test]
fn text_is_equal_to_text() {
    for text in [Text::from("Grüße"), Text::from(String::from("Grüße"))] {
        let (string, cow) = (String::from("Grüße"), Cow::Borrowed("Grüße"));
        assert!(text == *"Grüße" && text == "Grüße" && text == string && text == cow);
        assert!(*"Grüße" == text && "Grüße" == text && string == text && cow == text);
        assert!(text != *"Grüsse" && text != "Grüsse" && text != String::new() && text != Cow::Borrowed(""));
        assert!(*"Grüsse" != text && "Grüsse" != text && String::new() != text && Cow::Borrowed("") != text);
        let (same, other) = (Text::from("Grüße"), Text::from(String::from("grüße")));
        assert!(text == same && text != other);
    }
}

/// It is hashed and ordered as `str`, so that maps and sets can be searched with one.
#[test]
fn text_as_a_key() {
    let words = ["b", "", "a", "é", "한", "aa"];
    let mut sorted = words;
    sorted.sort_unstable();
    let borrowed: BTreeSet<Text<'_>> = words.into_iter().map(Text::from).collect();
    assert_eq!(borrowed.iter().map(Text::as_str).collect::<Vec<_>>(), sorted);
    assert!(borrowed.contains("한") && !borrowed.contains("c"));

    let map: HashMap<Text<'static>, usize> =
        words.iter().enumerate().map(|(index, word)| (Text::from(String::from(*word)), index)).collect();
    let hasher = RandomState::new();
    for (index, word) in words.into_iter().enumerate() {
        assert_eq!(map.get(word), Some(&index));
        assert_eq!(hasher.hash_one(Text::from(word)), hasher.hash_one(word));
        assert_eq!(Borrow::<str>::borrow(&Text::from(word)), word);
        for other in words {
            assert_eq!(Text::from(word).cmp(&Text::from(other)), word.cmp(other));
            assert_eq!(Text::from(word).partial_cmp(&Text::from(other)), word.partial_cmp(other));
        }
    }
}

/// It is shown as `str` is, padding and escapes included.
#[test]
fn text_is_shown_as_str() {
    let text = Text::from("é\"\n");
    assert_eq!(format!("{text}|{text:>5}|{text:-<5}|{text:.1}"), "é\"\n|  é\"\n|é\"\n--|é");
    assert_eq!(format!("{text:?}"), format!("{:?}", "é\"\n"));
}

/// Owned payloads become vectors, `Bytes`, messages and data to send at the place where they lie.
#[test]
fn owned_payloads_are_not_copied() {
    let own = || {
        let data = vec![7; 10_000];
        let at = data.as_ptr();
        let payload = Payload::from(data);
        assert!(payload.as_ptr() == at && !payload.is_borrowed());
        (payload, at)
    };
    let (payload, at) = own();
    let vec = payload.into_vec();
    assert_eq!(vec.as_ptr(), at);
    let (payload, at) = own();
    let vec = Vec::from(payload);
    assert_eq!(vec.as_ptr(), at);
    let (payload, at) = own();
    assert_eq!(Bytes::from(payload).as_ptr(), at);
    let (payload, at) = own();
    assert_eq!(payload.into_owned().as_ptr(), at);
    let (payload, at) = own();
    assert_eq!(Message::from(payload).as_bytes().as_ptr(), at);
    let (payload, at) = own();
    assert_eq!(Data::from(payload).as_ptr(), at);
    let (payload, at) = own();
    assert_eq!(Data::from(&payload).as_ptr(), at);
    let clone = payload.clone();
    assert!(clone.as_ptr() != at && clone == payload && !clone.is_borrowed());
}

/// Messages that were assembled from several reads are not copied on the way to a `Message`.
#[test]
fn assembled_messages_are_not_copied() {
    for role in ROLES {
        for first in [0x81, 0x82] {
            let mut events = receive_cut(&mut connection(role), &frame_to(role, first, &[b'a'; 10_000]), 1000);
            let event = events.pop().unwrap();
            let at = match &event {
                Event::Text(text) => text.as_ptr(),
                Event::Binary(data) => data.as_ptr(),
                other => panic!("{other:?}"),
            };
            let message = Message::try_from(event).unwrap();
            assert_eq!((message.as_bytes().as_ptr(), message.is_text()), (at, first == 0x81));
            assert_eq!(message.into_data().as_ptr(), at);
        }
    }
}

/// A server queues large owned contents where they lie, text as well as bytes, sent by whichever method.
#[test]
fn a_server_queues_owned_contents_where_they_lie() {
    let bytes = Bytes::from(long());
    let text = Text::try_from(bytes.clone()).unwrap();
    for call in 0..5 {
        let mut server = connection(Role::Server);
        match call {
            0 => server.send_text(text.clone()),
            1 => server.send_binary(&bytes),
            2 => server.send_binary(bytes.clone()),
            3 => server.send(text.clone()),
            _ => server.send(Message::binary(bytes.clone()).uncompressed()),
        }
        .unwrap();
        let header = server.output().chunk().len();
        server.output().advance(header);
        assert_eq!(server.output().chunk().as_ptr(), bytes.as_ptr(), "call {call}");
    }
}

/// Events without a message are given back.
#[test]
fn events_without_a_message() {
    for role in ROLES {
        for first in [0x89, 0x8A, 0x88, 0x83] {
            let event = receive(&mut connection(role), &frame_to(role, first, b"")).remove(0);
            assert_eq!(Message::try_from(event.clone()), Err(event));
        }
    }
}

/// Chunks become chunks of a message, with their end.
#[test]
fn chunks_become_chunks() {
    for last in [false, true] {
        let text = Event::TextChunk { text: "ab".into(), last };
        assert_eq!(Message::try_from(text), Ok(Message::TextChunk { text: Text::from_static("ab"), last }));
        let data = Event::BinaryChunk { data: b"ab".to_vec().into(), last };
        assert_eq!(Message::try_from(data), Ok(Message::BinaryChunk { data: Bytes::from_static(b"ab"), last }));
    }
}

/// Payloads are equal to what bytes are kept in, in both directions, borrowed or owned.
#[test]
fn payloads_are_equal_to_bytes() {
    for role in ROLES {
        let frame = frame_to(role, 0x82, b"ab");
        for cut in [1, usize::MAX] {
            let mut read = frame.clone();
            let mut connection = connection(role);
            let mut payload = None;
            for piece in read.chunks_mut(cut.min(frame.len())) {
                payload = connection.receive(&mut piece.into());
            }
            let Some(Event::Binary(payload)) = payload else { panic!("{payload:?}") };
            assert_eq!(payload.is_borrowed(), cut > 1);
            let (vec, bytes, slice) = (b"ab".to_vec(), Bytes::from_static(b"ab"), &b"ab"[..]);
            assert!(payload == *slice && payload == slice && payload == *b"ab" && payload == b"ab");
            assert!(payload == vec && payload == bytes);
            assert!(*slice == payload && slice == payload && *b"ab" == payload && b"ab" == payload);
            assert!(vec == payload && bytes == payload);
            let same = Payload::from(vec);
            assert_eq!(payload, same);
            assert!(payload != b"abc" && b"a" != payload && payload != Vec::new() && Bytes::new() != payload);
            assert_eq!((payload.as_ref(), format!("{payload:?}")), (slice, "b\"ab\"".into()));
        }
    }
}

/// All that can be sent as bytes: the same bytes, owned ones at the same place, and clones of those as well.
#[test]
fn data_to_send() {
    let vec = vec![7; 5000];
    let (bytes, mutable) = (Bytes::from(vec.clone()), BytesMut::from(&vec[..]));
    let places = [vec.as_ptr(), bytes.as_ptr(), mutable.as_ptr()];
    let owned: [Data<'_>; 5] =
        [(&vec).into(), (&bytes).into(), bytes.clone().into(), mutable.into(), Cow::Borrowed(&vec[..]).into()];
    for (data, at) in owned.iter().zip([places[0], places[1], places[1], places[2], places[0]]) {
        assert_eq!((data.as_ptr(), data.clone().as_ptr()), (at, at));
        assert_eq!((data.as_ref(), &**data), (&vec[..], &vec[..]));
    }
    assert_eq!(*Data::from(Cow::Owned::<[u8]>(vec.clone())), vec[..]);
    assert_eq!(*Data::from(b"ab"), *b"ab");
    let at = vec.as_ptr();
    assert_eq!(Data::from(vec).as_ptr(), at);
}
