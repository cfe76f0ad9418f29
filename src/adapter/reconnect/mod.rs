//! Clients that reconnect: when they try again, and what becomes of messages that are sent meanwhile.
//!
//! The [guide](crate::guide::reconnecting) explains it step by step. These types are the part without IO, which both adapters
//! share: `Reconnecting` of an adapter is the client itself.
//!
//! | type | use |
//! |---|---|
//! | [`RetryPolicy`] | how long to wait, and after which errors not to try again |
//! | [`Update`] | what a `Reconnecting` returns: messages, and the changes of the connection |
//! | [`Attempt`] | the argument of the function that connects |
//! | [`QueueError`], [`Unsent`] | a message was refused; a message that was accepted is lost |
//! | [`Backoff`] | the delays alone, for a loop of your own |

mod backoff;
mod outbox;
mod policy;
mod retry_after;
mod session;
mod update;

pub use backoff::Backoff;
pub(super) use outbox::Outbox;
pub use outbox::QueueError;
pub use policy::RetryPolicy;
pub(super) use session::Session;
pub use update::{Attempt, Unsent, Update};
