//! Parses the command line, and documents it for `--help`.

use clap::{ArgAction, Parser};
use std::{net::IpAddr, path::PathBuf, time::Duration};

const AFTER_HELP: &str = "\
Input and output:
  Each line of standard input is sent as a message. Each received message is written to standard
  output: text followed by a line feed, binary unchanged. Everything else is written to standard
  error. At the end of standard input, the client closes the connection with code 1000. It still
  writes the messages that arrive before the server closes, too. Some servers stop answering when
  they receive the Close frame: use --linger or -1 to delay it. Ctrl-C closes at once; press it
  again to exit without waiting for the server. While connecting, it ends the client at once.
  On a terminal, each received message begins with \"< \".

Exit status (the last line on standard error explains it):
  0    normal end: both endpoints closed, with code 1000 or 1001, or without a code; also if the
       reader of standard output has closed it
  1    no connection: DNS lookup, TCP, a proxy or TLS failed, or it took too long
  2    invalid command line
  3    the server refused the handshake, or a redirect is not followed; the last line contains
       the HTTP status or the reason
  4    the server closed with a code that means an error: 1002 to 1014, 3000 to 4999
  5    the connection was lost, or the server did not answer the Close frame
  6    the server broke the protocol, or a message was larger than --limit
  7    local error: text is not valid UTF-8, or a file cannot be read or written; also after a
       normal end, if a file was only partly sent, or if no message arrived for -1 or
       --receive-file
  130  Ctrl-C was pressed twice, or while connecting

Examples:
  echo Hello | bowline -1 ws://127.0.0.1:9001                  send a message, print the answer
  bowline --listen -v wss://example.com/news                   receive until the server closes
  bowline --send-file big.iso wss://example.com/ < /dev/null   send a file, then close
  bowline --receive-file big.iso wss://example.com/big.iso     receive a file";

const AUTH_HELP: &str = "User name and password for the server (Basic authentication), or @FILE with them; other users of this \
                         computer can see the arguments of a program, but not $BOWLINE_AUTH";

/// A WebSocket client: sends the lines of standard input, and prints the messages it receives
// Not `Debug`: the arguments can contain secrets.
#[derive(Parser)]
#[command(name = "bowline", version, after_help = AFTER_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    #[arg(help = "Address of the server: ws://HOST[:PORT][/PATH], or wss:// for TLS")]
    pub(crate) uri: String,

    /// Add a header field to the request, such as 'Authorization: Bearer 123'; can be repeated
    // It is parsed later, since clap would show a value that it rejects, which can be a secret.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Offer subprotocols, in order of preference; can be repeated
    #[arg(short, long = "subprotocol", value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub(crate) subprotocols: Vec<String>,
    #[arg(long, help = "Set the Origin header field, such as https://example.com")]
    pub(crate) origin: Option<String>,
    /// Offer compression (permessage-deflate)
    #[arg(short, long)]
    pub(crate) compress: bool,
    #[arg(short = 'u', long, value_name = "USER:PASSWORD", help = AUTH_HELP)]
    pub(crate) auth: Option<String>,
    /// Follow up to N redirects (10 if N is left out); without this option, a redirect is an error
    #[arg(short = 'L', long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    pub(crate) follow: Option<usize>,

    /// Trust the certificate authorities in this PEM file instead of those of the platform
    #[arg(long, visible_alias = "ca", value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Accept every certificate: anybody on the way can then read and change everything
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    pub(crate) insecure: bool,
    /// Client certificate, as a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Private key of the client certificate, as a PEM file; by default it is in the file of --cert
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Use this proxy instead of those in the environment: SCHEME://[USER:PASSWORD@]HOST[:PORT] with the scheme http, https, socks5
    /// or socks5h; empty for none
    // It is parsed later, since clap would show the password.
    #[arg(short = 'x', long, value_name = "URI")]
    pub(crate) proxy: Option<String>,
    #[arg(
        long,
        value_name = "HOST[,HOST]",
        help = "Hosts to reach without a proxy, instead of those in $no_proxy; * for all"
    )]
    pub(crate) noproxy: Option<String>,
    /// Use this address for a host and a port, instead of a DNS lookup; can be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS[,ADDRESS]")]
    pub(crate) resolve: Vec<String>,
    /// Connect from this IP address of this computer
    #[arg(long, visible_alias = "interface", value_name = "ADDRESS")]
    pub(crate) local_address: Option<IpAddr>,
    /// Connect to this Unix socket instead of the host of the address
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["proxy", "resolve", "local_address"])]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Send lines as binary messages, without their line feeds
    #[arg(short, long, conflicts_with = "text")]
    pub(crate) binary: bool,
    /// Send files as text messages
    #[arg(long, requires = "files")]
    pub(crate) text: bool,
    /// Send a file as one message before standard input is read; binary unless --text is given; can be repeated
    #[arg(short = 'f', long = "send-file", value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the next message to this file as it arrives, whatever its size, then close
    #[arg(short = 'o', long, visible_alias = "output", value_name = "PATH")]
    pub(crate) receive_file: Option<PathBuf>,
    /// Close after one message has been received
    #[arg(short = '1', long)]
    pub(crate) one_message: bool,
    /// Receive until the server closes, without reading standard input
    #[arg(short, long, conflicts_with = "linger")]
    pub(crate) listen: bool,
    /// Keep receiving for this long after the end of standard input, then close
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) linger: Option<Duration>,

    /// Send a ping at this interval, and print the round-trip time of each
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) ping: Option<Duration>,
    /// Maximum size of a received message in bytes, with an optional unit K, M or G
    #[arg(long, value_name = "BYTES", default_value = "16M", value_parser = bytes, conflicts_with = "receive_file")]
    pub(crate) limit: usize,
    /// Time limit for connecting: DNS lookup, TCP, proxy, TLS, handshake and redirects together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) connect_timeout: Duration,
    /// Time limit for the server to answer the Close frame
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) close_timeout: Duration,
    /// Also print the IP address, the agreed subprotocol and compression, pings and pongs
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

impl Arguments {
    /// Whether to close after one message: with `-1` or `--receive-file`.
    pub(crate) fn wants_one(&self) -> bool {
        self.one_message || self.receive_file.is_some()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a number of seconds above 0, such as 10 or 0.5".into()),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (text.get(..at), 10),
        Some((at, 'M' | 'm')) => (text.get(..at), 20),
        Some((at, 'G' | 'g')) => (text.get(..at), 30),
        _ => (Some(text), 0),
    };
    number
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| number.checked_mul(1 << unit))
        .ok_or_else(|| "expected a number of bytes, such as 65536, 64K or 16M".into())
}
