//! The server of `README.md`.
include!(concat!(env!("OUT_DIR"), "/readme.rs"));
