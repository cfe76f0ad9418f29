//! Against tungstenite and tokio-tungstenite.

use tokio_tungstenite as async_ws;
use tungstenite as ws;

#[path = "../same/mod.rs"]
mod same;
