//! The server of `src/guide/futures_io.md`.
include!(concat!(env!("OUT_DIR"), "/futures_io.rs"));
