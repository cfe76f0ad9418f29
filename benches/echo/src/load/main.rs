//! `load [--quick] [--only TABLE,…] [--subjects SUBJECT,…] [--out FOLDER]`: runs a server for each subject on one core and loads it
//! from another. Start it with `benches/echo/run`.

#![expect(clippy::pedantic, clippy::indexing_slicing, reason = "a program that measures may panic")]

mod accepts;
mod broadcast;
mod client;
mod histogram;
mod idle;
mod load;
mod measure;
mod plan;
mod report;
mod server;
mod stream;
mod targets;
mod wire;

use measure::{Idle, Measured, Results};
use plan::{Kind, Plan, SUBJECTS, Subject};
use server::Server;
use std::{error::Error, path::Path};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str);
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let plan = if is_quick { Plan::quick() } else { Plan::whole() };
    let (only, names) = (value("--only"), value("--subjects"));
    let is_wanted = |id: &str| only.is_none_or(|only| only.split(',').any(|prefix| id.starts_with(prefix)));
    let mut subjects = Vec::new();
    for subject in SUBJECTS {
        if names.is_none_or(|names| names.split(',').any(|name| name == subject.name)) && Server::is_available(subject)?
        {
            subjects.push(subject);
        }
    }
    let mut results = Results { tables: Vec::new(), idle: Vec::new(), idle_compressed: Vec::new() };
    for table in plan.tables().into_iter().filter(|table| is_wanted(table.id)) {
        results.tables.push(Measured::table(table, &plan, &subjects)?);
    }
    if is_wanted("memory") {
        results.idle = Idle::measure(&subjects, Kind::Echo, plan.idle)?;
        results.idle_compressed = Idle::measure(&subjects, Kind::CompressedEcho, &[plan.idle_compressed])?;
    }
    let page = report::page(&plan, &subjects, &results, &arguments);
    match value("--out") {
        Some(folder) => report::write(Path::new(folder), &page, &results)?,
        None => print!("{page}"),
    }
    Ok(())
}

impl Idle {
    fn measure(subjects: &[&'static Subject], kind: Kind, counts: &[usize]) -> Outcome<Vec<Self>> {
        let mut all = Vec::new();
        for subject in subjects.iter().filter(|subject| subject.can(kind)) {
            eprintln!("memory, {kind:?}: {}", subject.name);
            let bytes = idle::bytes_per_connection(subject, kind, counts)?;
            all.push(Self { subject, at: counts.iter().copied().zip(bytes).collect() });
        }
        Ok(all)
    }
}
