//! What programs rely on: each test runs against the original and against this crate. `OURS` marks the few lines where the two
//! differ, which the README explains.

#[path = "behaviour"]
mod original {
    pub(crate) use tokio_tungstenite;
    pub(crate) use tungstenite;

    pub(crate) const OURS: bool = false;

    mod blocking;
    mod items;
    mod limits;
    mod on_tokio;
    mod scripted;
    mod writing;
}

#[path = "behaviour"]
mod ours {
    pub(crate) use bowline_tungstenite as tokio_tungstenite;
    pub(crate) use bowline_tungstenite as tungstenite;

    pub(crate) const OURS: bool = true;

    mod blocking;
    mod items;
    mod limits;
    mod on_tokio;
    mod scripted;
    mod writing;
}
