//! Any bytes as a frame header: the verdict does not depend on how many bytes have come, and what decodes encodes to the
//! same bytes.
#![no_main]

use bowline::{
    Role,
    frame::{Expect, Header, MAX_HEADER_LEN},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, bool, &[u8])| {
    let (from_client, in_message, bytes) = input;
    let mut expect = Expect::from(if from_client { Role::Client } else { Role::Server });
    expect.in_message = in_message;

    let verdict = Header::decode(bytes, &expect);
    let first = (0..=bytes.len().min(MAX_HEADER_LEN))
        .map(|len| Header::decode(&bytes[..len], &expect))
        .find(|v| *v != Ok(None));
    assert_eq!(verdict, first.unwrap_or(Ok(None)));
    match verdict {
        Ok(Some((header, len))) => {
            let mut encoded = [0; MAX_HEADER_LEN];
            assert_eq!(header.encode(&mut encoded), len);
            assert_eq!(encoded[..len], bytes[..len]);
        }
        Ok(None) => assert!(bytes.len() < MAX_HEADER_LEN),
        Err(bad) => assert!(bad.index < bytes.len()),
    }
});
