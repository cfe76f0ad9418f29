#![expect(unused_qualifications, reason = "the crate under test is the one that the module above names")]

use super::{async_ws, ws};

mod client;
mod on_tokio;
mod requests;
mod server;
mod sockets;
