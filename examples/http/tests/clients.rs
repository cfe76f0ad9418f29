//! The clients connect to the servers.
#![expect(clippy::unwrap_used, reason = "this is a test")]

mod server;

use server::Server;
use std::process::Command;

/// What a client prints, or its error.
fn run(client: &str, uri: &str) -> Result<String, String> {
    let output = Command::new(client).arg(uri).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if !output.status.success() {
        return Err(text(output.stderr));
    }
    assert_eq!(text(output.stderr), "");
    Ok(text(output.stdout))
}

const SERVERS: [&str; 2] = [env!("CARGO_BIN_EXE_hyper-echo"), env!("CARGO_BIN_EXE_axum-echo")];

/// Two connections over one connection of HTTP/2.
#[test]
fn hyper_client() {
    for program in SERVERS {
        let server = Server::start(program);
        let output = run(env!("CARGO_BIN_EXE_hyper-client"), &format!("ws://{}/", server.address)).unwrap();
        let mut received: Vec<_> = output.lines().filter_map(|line| line.strip_prefix("received: ")).collect();
        received.sort_unstable();
        assert_eq!(received, ["Hello", "Hello to you, too"]);
        assert_eq!(output.matches("closed with 1000 (normal closure), clean").count(), 2, "{output}");
    }
}

#[test]
fn reqwest_client() {
    for program in SERVERS {
        let server = Server::start(program);
        let output = run(env!("CARGO_BIN_EXE_reqwest-client"), &format!("ws://{}/", server.address)).unwrap();
        let closed = output.strip_prefix("received: Hello\n").unwrap();
        assert!(closed.starts_with("closed with 1000 (normal closure), clean"), "{closed}");
    }
}

/// A server that refuses, and one that is not there.
#[test]
fn reqwest_client_without_success() {
    let server = Server::start(env!("CARGO_BIN_EXE_axum-echo"));
    let client = env!("CARGO_BIN_EXE_reqwest-client");
    let error = run(client, &format!("ws://{}/nothing-here", server.address)).unwrap_err();
    assert!(error.contains("404"), "{error}");
    let address = server.address.clone();
    drop(server);
    let error = run(client, &format!("ws://{address}/")).unwrap_err();
    assert!(error.contains(&address), "{error}");
}
