use super::Role;
use crate::extensions::ExtensionsConfig;
use std::sync::Arc;

/// The settings of a connection. Change the defaults with the methods of the same names as the fields.
///
/// ```
/// use bowline_tungstenite::protocol::WebSocketConfig;
///
/// let config = WebSocketConfig::default().max_message_size(Some(1 << 20)).write_buffer_size(0);
/// assert_eq!(config.max_frame_size, Some(16 << 20));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WebSocketConfig {
    /// The most bytes of one read. Default: 128 KiB.
    ///
    /// A connection has a read buffer only while it contains bytes that were not yet returned as messages. The original allocates
    /// one for each connection.
    pub read_buffer_size: usize,
    /// The number of queued bytes above which `write` writes to the stream. Default: 128 KiB.
    ///
    /// With 0, each message is written at once. `flush` and `send` always write everything.
    pub write_buffer_size: usize,
    /// The most bytes that may be queued. A message that does not fit is returned in
    /// [`Error::WriteBufferFull`](crate::Error::WriteBufferFull). Default: no limit.
    ///
    /// More than [`write_buffer_size`](Self::write_buffer_size) is queued only while the stream does not accept it.
    pub max_write_buffer_size: usize,
    /// The most bytes of a received message, decompressed. `None` means no limit. Default: 64 MiB.
    pub max_message_size: Option<usize>,
    /// The most bytes of the payload of a received frame. `None` means no limit. Default: 16 MiB.
    pub max_frame_size: Option<usize>,
    /// Has no effect here: a server always refuses a frame that is not masked, as RFC 6455 §5.1 demands. The mask protects proxies
    /// between the endpoints.
    pub accept_unmasked_frames: bool,
    /// The extensions that the opening handshake offers or accepts, or, without an opening handshake, those that were agreed.
    /// The original has no such field, but its forks with permessage-deflate do.
    pub extensions: ExtensionsConfig,
    /// Timeouts and the ping interval. Default: `None`, as the original has none. It is an addition of this crate.
    ///
    /// On Tokio, they need a runtime with a timer. They work while the connection waits for a message, or for the stream to accept
    /// one. A blocking [`WebSocket`](super::WebSocket) reads the clock only in [`read`](super::WebSocket::read).
    pub deadlines: Option<bowline::Deadlines>,
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self {
            read_buffer_size: 128 * 1024,
            write_buffer_size: 128 * 1024,
            max_write_buffer_size: usize::MAX,
            max_message_size: Some(64 << 20),
            max_frame_size: Some(16 << 20),
            accept_unmasked_frames: false,
            extensions: ExtensionsConfig::default(),
            deadlines: None,
        }
    }
}

// A method for each field, with its name.
macro_rules! setters {
    ($($field:ident: $type:ty),+ $(,)?) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self#structfield.", stringify!($field), ").")]
        #[must_use]
        pub const fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    )+};
}

impl WebSocketConfig {
    setters! {
        read_buffer_size: usize,
        write_buffer_size: usize,
        max_write_buffer_size: usize,
        max_message_size: Option<usize>,
        max_frame_size: Option<usize>,
        accept_unmasked_frames: bool,
        extensions: ExtensionsConfig,
        deadlines: Option<bowline::Deadlines>,
    }

    /// Returns the configuration of bowline for an endpoint with this role.
    pub(crate) fn for_bowline(
        &self,
        #[cfg_attr(not(feature = "deflate"), expect(unused))] role: Role,
    ) -> Arc<bowline::Config> {
        let mut config = bowline::Config::default();
        self.apply_limits(&mut config.limits);
        if let Some(deadlines) = self.deadlines {
            config.deadlines = deadlines;
        }
        #[cfg(feature = "deflate")]
        {
            config.deflate = self.extensions.permessage_deflate.map(|deflate| deflate.options(role));
        }
        config.into()
    }

    /// Sets the limits of bowline. Its limit on the output is not used: a message that does not fit is returned to the caller, so
    /// that it is looked at before it is given away.
    pub(crate) fn apply_limits(&self, limits: &mut bowline::Limits) {
        limits.message = self.max_message_size.unwrap_or(usize::MAX);
        limits.frame = self.max_frame_size.unwrap_or(usize::MAX);
        limits.output = usize::MAX;
    }

    /// Panics if the sizes of the write buffer contradict each other.
    #[track_caller]
    pub(crate) fn assert_valid(&self) {
        assert!(
            self.max_write_buffer_size > self.write_buffer_size,
            "max_write_buffer_size must be larger than write_buffer_size: see the documentation of WebSocketConfig"
        );
    }
}
