//! What can be said on the command line.

use clap::{ArgAction, Parser};
use std::{path::PathBuf, time::Duration};

const AFTER_HELP: &str = "\
What goes where:
  Each line of standard input is sent as a message, and each message is written to standard
  output: text with a line feed after it, binary as it is. All else goes to standard error.
  At the end of standard input, the connection is closed with 1000, and what still arrives until
  the server has closed, too, is written. Some servers answer nothing any more once they are told
  of the end: --linger or -1 waits for them. Ctrl-C closes at once; pressed again, it does not
  wait for the server.

Exit status, which the last line on standard error explains:
  0    a clean end: both sides closed, with 1000 or 1001, or without a code
  1    no connection: the name was not found, TCP or TLS failed, or it took too long
  2    the command line is wrong
  3    the server did not accept the handshake; the line has its HTTP status
  4    the server closed with a code that means an error: 1002 to 1014, 3000 to 4999
  5    the connection was lost, or the server did not answer the Close frame
  6    the server broke the protocol, or a message was larger than --limit
  7    something here failed: text that is not UTF-8, a file that cannot be read or written;
       or what was asked for did not happen before a clean end: a file was sent only in part,
       or no message came for -1 or --receive-file
  130  Ctrl-C was pressed twice

Examples:
  echo Hello | bowline -1 ws://127.0.0.1:9001                  one question, one answer
  bowline --listen -v wss://example.com/news                   listen until the server closes
  bowline --send-file big.iso wss://example.com/ < /dev/null   send a file, and close
  bowline --receive-file big.iso wss://example.com/big.iso     receive one";

/// A WebSocket client: lines in, messages out
#[derive(Debug, Parser)]
#[command(name = "bowline", version, after_help = AFTER_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    #[arg(help = "Where to connect: ws://HOST[:PORT][/PATH], or wss:// for TLS")]
    pub(crate) uri: String,

    /// Add a header field to the request, such as 'Authorization: Bearer 123'; can be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Offer subprotocols, the preferred one first; can be repeated
    #[arg(short, long = "subprotocol", value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub(crate) subprotocols: Vec<String>,
    #[arg(long, help = "Say which site the request comes from, such as https://example.com")]
    pub(crate) origin: Option<String>,
    /// Offer compression (permessage-deflate)
    #[arg(short, long)]
    pub(crate) compress: bool,
    /// Trust the certificate authorities in this PEM file, in place of the platform's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Send lines as binary messages, without their line feeds
    #[arg(short, long, conflicts_with = "text")]
    pub(crate) binary: bool,
    /// Send files as text
    #[arg(long, requires = "files")]
    pub(crate) text: bool,
    /// Send a file as one message, binary unless --text is given; before standard input, and can be repeated
    #[arg(short = 'f', long = "send-file", value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the next message to this file as it arrives, whatever its size, and close
    #[arg(short = 'o', long, visible_alias = "output", value_name = "PATH")]
    pub(crate) receive_file: Option<PathBuf>,
    /// Close after one message has come
    #[arg(short = '1', long)]
    pub(crate) one_message: bool,
    /// Do not read standard input; receive until the server closes
    #[arg(short, long, conflicts_with = "linger")]
    pub(crate) listen: bool,
    /// Receive for this long after the end of standard input, before closing
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) linger: Option<Duration>,

    /// Send a ping this often, and show how long each answer took
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) ping: Option<Duration>,
    /// The largest message that is accepted, in bytes, or with K, M or G behind the number
    #[arg(long, value_name = "BYTES", default_value = "16M", value_parser = bytes, conflicts_with = "receive_file")]
    pub(crate) limit: usize,
    /// How long connecting may take: name, TCP, TLS and handshake together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) connect_timeout: Duration,
    /// How long the server may take to answer the Close frame, with what it still sends before
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) close_timeout: Duration,
    /// Show what was agreed, pings and pongs
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

impl Arguments {
    /// Whether one message is all that is wanted.
    pub(crate) fn wants_one(&self) -> bool {
        self.one_message || self.receive_file.is_some()
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("there is no colon: write it as 'Name: value'")?;
    Ok((name.trim().into(), value.trim().into()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("write a number of seconds above 0, such as 10 or 0.5".into()),
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
        .ok_or_else(|| "write a number of bytes, such as 65536, 64K or 16M".into())
}
