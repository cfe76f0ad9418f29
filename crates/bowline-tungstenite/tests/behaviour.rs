//! What programs rely on: each test runs against the original and against this crate. `OURS` marks the few lines where the two
//! differ, which the README explains.

#![expect(clippy::duplicate_mod, reason = "the same tests for two libraries")]
#![expect(clippy::cmp_owned, clippy::type_complexity, reason = "what is compared are the types")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "that is how helpers of tests fail"
)]

#[path = "behaviour"]
mod original {
    pub(crate) use ::{tokio_tungstenite, tungstenite};

    pub(crate) const OURS: bool = false;

    mod blocking;
    mod items;
    mod limits;
    mod on_tokio;
    mod scripted;
    mod writing;
}

#[path = "behaviour"]
#[expect(unused_unsafe, reason = "a function that is unsafe only in the original")]
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
