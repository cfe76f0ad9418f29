//! The codec by itself.

use crate::Path;
use bowline::{
    Role,
    frame::{Expect, Header, MAX_HEADER_LEN, Opcode, mask},
};
use std::hint::black_box;

pub(crate) const PATHS: &[Path] =
    &[("header-decode", header_decode), ("header-encode", header_encode), ("mask-1024", mask_1024)];

fn header_decode() -> Box<dyn FnMut()> {
    let bytes = [0x82, 0xFE, 0x01, 0x00, 1, 2, 3, 4];
    Box::new(move || {
        let decoded = Header::decode(black_box(&bytes), &Expect::from(Role::Client));
        assert!(black_box(decoded).is_ok());
    })
}

fn header_encode() -> Box<dyn FnMut()> {
    let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key: Some([1, 2, 3, 4]), payload_len: 256 };
    Box::new(move || {
        let mut bytes = [0; MAX_HEADER_LEN];
        black_box(black_box(&header).encode(&mut bytes));
        black_box(&bytes);
    })
}

fn mask_1024() -> Box<dyn FnMut()> {
    let mut data = vec![7; 1024];
    Box::new(move || mask(black_box(&mut data), [1, 2, 3, 4]))
}
