//! What a message can be made of, and be asked.

use bowline::{Config, Connection, Event, Input, Message, Role};
use bytes::Bytes;

/// Text and binary, and parts of both, say what they are and what they hold.
#[test]
fn what_is_in_it() {
    let bytes = "Grüße".as_bytes();
    let texts = [Message::from("Grüße"), Message::TextChunk { text: "Grüße".into(), last: false }];
    for text in texts {
        assert!(text.is_text() && !text.is_binary() && !text.is_empty());
        assert_eq!((text.len(), text.as_text(), text.as_bytes()), (7, Some("Grüße"), bytes));
        assert_eq!(text.clone().into_text(), Ok("Grüße".into()));
        assert_eq!(text.into_data(), bytes);
    }
    let data = [Message::from(bytes), Message::BinaryChunk { data: Bytes::from_static(bytes), last: true }];
    for binary in data {
        assert!(binary.is_binary() && !binary.is_text() && !binary.is_empty());
        assert_eq!((binary.len(), binary.as_text(), binary.as_bytes()), (7, None, bytes));
        assert_eq!(binary.clone().into_text(), Err(binary.clone()), "binary data is no text, even if it is UTF-8");
        assert_eq!(binary.into_data(), bytes);
    }
    assert!(Message::from("").is_empty() && Message::from(Vec::new()).is_empty());
}

/// What is text becomes a text message, what is bytes a binary one, borrowed or owned, and what was received.
#[test]
fn what_it_is_made_of() {
    let (text, data) = (String::from("ab"), vec![1, 2]);
    for message in [Message::from("ab"), Message::from(&text), Message::from(text.clone())] {
        assert_eq!(message, Message::Text("ab".into()));
    }
    for message in [Message::from(&data), Message::from(&data[..]), Message::from(&[1, 2]), Message::from(data.clone())]
    {
        assert_eq!(message, Message::Binary(vec![1, 2].into()));
    }
    let mut client = Connection::new(Role::Client, Config::default());
    let mut read = *b"\x81\x02ab\x82\x02\x01\x02";
    let mut input = Input::from(&mut read);
    let Some(Event::Text(received)) = client.receive(&mut input) else { panic!("it is text") };
    assert_eq!(Message::from(received), Message::from("ab"));
    let Some(Event::Binary(received)) = client.receive(&mut input) else { panic!("it is binary") };
    assert_eq!(Message::from(received), Message::from(&[1, 2]));
}
