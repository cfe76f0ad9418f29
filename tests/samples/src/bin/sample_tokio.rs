//! The server of `src/guide/tokio.md`.
include!(concat!(env!("OUT_DIR"), "/tokio.rs"));
