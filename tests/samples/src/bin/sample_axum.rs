//! The server of `src/guide/axum.md`.
include!(concat!(env!("OUT_DIR"), "/axum.rs"));
