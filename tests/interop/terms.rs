//! Agreements on compression, in the notation of the header: `permessage-deflate; server_max_window_bits=10`.

use bowline::{Role, deflate::Options};

/// What an endpoint may do when it compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Whether messages may refer to earlier ones.
    pub(crate) takeover: bool,
    /// How far back, in bits.
    pub(crate) window_bits: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) client: End,
    pub(crate) server: End,
}

impl Terms {
    pub(crate) fn parse(agreement: &str) -> Result<Self, String> {
        let usual = End { takeover: true, window_bits: 15 };
        let mut terms = Self { client: usual, server: usual };
        let mut parts = agreement.split(';').map(str::trim);
        if parts.next() != Some("permessage-deflate") {
            return Err(format!("{agreement:?} is not an agreement on permessage-deflate"));
        }
        for parameter in parts {
            let (role, wish) = parameter.split_once('_').unwrap_or_default();
            let end = match role {
                "client" => &mut terms.client,
                "server" => &mut terms.server,
                _ => return Err(format!("unknown parameter: {parameter}")),
            };
            match wish.split_once('=') {
                None if wish == "no_context_takeover" => end.takeover = false,
                Some(("max_window_bits", bits)) => {
                    end.window_bits = bits.parse().map_err(|error| format!("{parameter}: {error}"))?;
                }
                _ => return Err(format!("unknown parameter: {parameter}")),
            }
        }
        Ok(terms)
    }

    /// The options of an endpoint that makes this agreement.
    pub(crate) fn options(self, role: Role) -> Options {
        let (own, peer) = match role {
            Role::Client => (self.client, self.server),
            Role::Server => (self.server, self.client),
        };
        let mut options = Options::default();
        (options.context_takeover, options.window_bits) = (own.takeover, own.window_bits);
        (options.peer_context_takeover, options.peer_window_bits) = (peer.takeover, peer.window_bits);
        options
    }
}
