use bowline::Config;

/// The masking key of the examples in RFC 6455 §5.7. All frames that this crate sends as a client are masked with it.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The default configuration, with [`KEY`] as every masking key, so that the bytes on the wire are the same in each run.
///
/// ```
/// use bowline::{Connection, Role};
/// use bowline_test::Frame;
///
/// let mut client = Connection::new(Role::Client, bowline_test::config());
/// client.send_text("Hello")?;
/// let mut written = Vec::new();
/// client.output().write_to(&mut written)?;
/// assert_eq!(written, Frame::text("Hello").sent_by(Role::Client).encode());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn config() -> Config {
    Config::new(|| KEY)
}
