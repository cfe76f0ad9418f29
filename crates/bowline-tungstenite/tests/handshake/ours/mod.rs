//! Against this crate.

use bowline_tungstenite as ws;
use bowline_tungstenite as async_ws;

#[cfg(feature = "deflate")]
mod compression;
mod deadlines;
mod redirects;
mod rules;
#[path = "../same/mod.rs"]
mod same;
