//! The server of `src/guide/blocking.md`.
include!(concat!(env!("OUT_DIR"), "/blocking.rs"));
