//! `load [--quick] [--out FILE]`: runs an echo server for each subject on one core and loads it from another. Start it with
//! `benches/echo/run`.

#![expect(clippy::pedantic, clippy::indexing_slicing, reason = "a program that measures may panic")]

mod client;
mod histogram;
mod idle;
mod plan;
mod report;
mod server;
mod targets;
mod wire;

use client::Clients;
use plan::{Plan, Row, SUBJECTS, Subject};
use report::Measured;
use server::Server;
use std::{error::Error, path::Path};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let out = arguments.iter().skip_while(|argument| *argument != "--out").nth(1);
    let plan = if is_quick { Plan::quick() } else { Plan::whole() };
    let mut subjects = Vec::new();
    for subject in SUBJECTS {
        if Server::is_available(subject)? {
            subjects.push(subject);
        }
    }
    let mut rows = Vec::new();
    for row in plan.rows() {
        eprintln!("{row}");
        rows.push((row, measure(row, &plan, &subjects)?));
    }
    let mut idle = Vec::new();
    for subject in &subjects {
        eprintln!("memory: {}", subject.name);
        idle.push(idle::bytes_per_connection(subject, plan.idle)?);
    }
    let page = report::page(&plan, &subjects, &rows, &idle, is_quick);
    match out {
        Some(file) => report::write(Path::new(file), &page, &subjects, &rows)?,
        None => print!("{page}"),
    }
    Ok(())
}

/// All subjects, in turns whose order is rotated from round to round.
fn measure(row: Row, plan: &Plan, subjects: &[&Subject]) -> Outcome<Vec<Measured>> {
    let mut running = Vec::new();
    for subject in subjects {
        let server = Server::start(subject)?;
        let clients = Clients::connect(server.address, row, subject.is_raw)?;
        running.push((server, clients, Measured::default()));
    }
    let count = running.len();
    for round in 0..=plan.rounds {
        for place in 0..count {
            let (server, clients, measured) = &mut running[(round + place) % count];
            let before = server.usage()?;
            let turn = clients.turn(plan.turn)?;
            let used = server.usage()?.since(&before);
            // The first round warms up.
            if round > 0 {
                measured.add(&used, &turn);
            }
        }
    }
    Ok(running.into_iter().map(|(_, _, measured)| measured).collect())
}
