//! The server of `src/guide/http.md`.
include!(concat!(env!("OUT_DIR"), "/http.rs"));
