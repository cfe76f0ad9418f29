//! Openings through HTTP libraries: hyper as server and as client, and h2 where the frames of HTTP/2 themselves count.

#![expect(clippy::unwrap_used, reason = "that is how helpers of tests fail")]

mod http1;
mod http2;
mod kit;
