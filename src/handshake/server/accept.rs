use super::origins::Origins;
use crate::handshake::http1::field_line::{self, InvalidHeader};
use alloc::{string::String, vec::Vec};

/// How a request is accepted: from which origins, with which subprotocol and header fields (RFC 6455 §4.2.2).
///
/// A page of any site can connect to any server, with the cookies that the browser has for it; only the Origin field
/// tells that it is not the server's own (§10.2). So there is no `new`: each constructor names the origins that may
/// connect.
///
/// | constructor | no Origin (not a browser) | the server's own pages | other pages |
/// |---|---|---|---|
/// | [`same_origin`](Self::same_origin) | accepted | accepted | refused |
/// | [`origins`](Self::origins) | accepted | if listed | if listed |
/// | [`any_origin`](Self::any_origin) | accepted | accepted | accepted |
///
/// With [`require_origin`](Self::require_origin) the first column is refused, too.
///
/// One value can serve any number of requests.
///
/// ```
/// use bowline::server::Accept;
///
/// let accept = Accept::origins(["https://example.com", "http://localhost:8080"])
///     .protocol("chat")
///     .header("Set-Cookie", "seen=1")?;
/// # Ok::<(), bowline::InvalidHeader>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Accept {
    pub(super) origins: Origins,
    pub(super) protocol: Option<String>,
    /// As lines.
    pub(super) headers: Vec<u8>,
}

impl Accept {
    /// Pages that this server delivered itself: host and port of the origin are those that the request is for. The
    /// ports that `http` and `https` imply count as written.
    ///
    /// The scheme is not compared, as it is not known here whether TLS lies below. Nor does this stop an attacker who
    /// makes a name of their own point at this server (DNS rebinding), as both then have that name: if that is a
    /// danger, such as on a private network, use [`origins`](Self::origins), or check
    /// [`Request::host`](super::Request::host).
    pub fn same_origin() -> Self {
        Self::from_origins(Origins::same())
    }

    /// Pages of these origins: a scheme, a host, and a port unless it is the one that the scheme implies, such as
    /// `https://example.com` or `http://localhost:8080`. There is no slash at the end, and there are no patterns.
    ///
    /// All three must match, in whatever case. `null`, which pages without an origin send, can be listed as well.
    pub fn origins<S: Into<String>>(origins: impl IntoIterator<Item = S>) -> Self {
        Self::from_origins(Origins::listed(origins.into_iter().map(Into::into).collect()))
    }

    /// Any page of any site, with the cookies that the browser has for this server. It is right for a public service
    /// that looks at no cookies, or when the application checks [`Request::origin`](super::Request::origin) itself.
    pub fn any_origin() -> Self {
        Self::from_origins(Origins::any())
    }

    /// Refuses requests without an Origin, which the constructors let pass, as they do not come from a browser
    /// (§4.2.1). It keeps nobody out but those who do not know: a client that is no browser can write what it likes.
    pub fn require_origin(mut self) -> Self {
        self.origins.require();
        self
    }

    /// The subprotocol to be used. It must be one of [`Request::protocols`](super::Request::protocols), in the same
    /// case: a request that does not offer it is refused with status 400.
    ///
    /// Without it there is none, whatever the client offers.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Adds a header field to the answer. Fields of the same name are added one after the other.
    ///
    /// # Errors
    ///
    /// [`InvalidHeader`] if the name is not a token, if the value has a control byte in it, such as CR or LF, or if
    /// the field is one that the handshake writes itself.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        self.headers.append(&mut field_line::line(name, value.as_ref(), &[])?);
        Ok(self)
    }

    /// The fields that do not depend on the version of HTTP, with what is agreed about extensions.
    pub(super) fn push_fields(&self, head: &mut Vec<u8>, extensions: Option<&str>) {
        if let Some(protocol) = &self.protocol {
            field_line::push(head, "Sec-WebSocket-Protocol", protocol.as_bytes());
        }
        if let Some(extensions) = extensions {
            field_line::push(head, "Sec-WebSocket-Extensions", extensions.as_bytes());
        }
        head.extend_from_slice(&self.headers);
    }

    fn from_origins(origins: Origins) -> Self {
        Self { origins, protocol: None, headers: Vec::new() }
    }
}
