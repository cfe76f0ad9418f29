//! The server as a process of its own, on a core of its own.

use crate::{
    Outcome,
    plan::{Kind, Subject},
};
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The core of the servers; `run` puts this program on another.
const CORE: &str = "0";

/// The exit status with which a server says that the kernel does not allow it.
const UNAVAILABLE: i32 = 69;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a server has used so far, or from one moment to another.
pub(crate) struct Usage {
    /// CPU time of the process, in nanoseconds.
    pub(crate) cpu: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    /// Memory in use, in kB.
    pub(crate) resident: u64,
}

impl Usage {
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            resident: self.resident.saturating_sub(before.resident),
        }
    }
}

impl Server {
    /// Whether the kernel allows this server. Without questions it ends at once.
    pub(crate) fn is_available(subject: &Subject) -> Outcome<bool> {
        let mut command = Command::new(program(Kind::Echo)?);
        let status =
            command.args([subject.name, Kind::Echo.of_server()]).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        Ok(status.code() != Some(UNAVAILABLE))
    }

    pub(crate) fn start(subject: &Subject, kind: Kind) -> Outcome<Self> {
        let mut child = Command::new("taskset")
            .args(["-c", CORE])
            .arg(program(kind)?)
            .args([subject.name, kind.of_server()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take().ok_or("the server has no input")?;
        let mut answers = BufReader::new(child.stdout.take().ok_or("the server has no output")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let port = line.trim().parse().map_err(|_| format!("{} does not say where it is: {line:?}", subject.name))?;
        Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], port)), child, questions, answers })
    }

    pub(crate) fn usage(&mut self) -> Outcome<Usage> {
        self.questions.write_all(b"\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        match numbers?[..] {
            [cpu, reads, writes, resident] => Ok(Usage { cpu, reads, writes, resident }),
            _ => Err(format!("no answer from the server: {line:?}").into()),
        }
    }
}

/// Without compression, connections are a little smaller.
fn program(kind: Kind) -> Outcome<PathBuf> {
    let name = if kind == Kind::CompressedEcho { "server-deflate" } else { "server" };
    Ok(std::env::current_exe()?.with_file_name(name))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to be done about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
