//! A server of this package in a process of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "that is how helpers of tests fail")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A running example. It is killed at the end of the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(program: &str) -> Self {
        let mut process = Command::new(program).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on ws://") else { panic!("unexpected: {line:?}") };
        Self { process, address: address.into() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
