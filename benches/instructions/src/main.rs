//! Runs one path of bowline as often as it is told: `bowline-instructions <path> <times>`, or `list`.
//!
//! `benches/instructions/check` counts the instructions of a run and of one with twice as many times. The difference is
//! what the path costs, without what comes before and after it. Keys are fixed, so that it is the same each time.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "that is how a benchmark fails")]

mod codec;
mod handshake;
mod large;
mod messages;

use std::{env, process::ExitCode};

/// A path by its name: what prepares it returns what is run again and again.
type Path = (&'static str, fn() -> Box<dyn FnMut()>);

fn main() -> ExitCode {
    let paths: Vec<Path> = [codec::PATHS, messages::PATHS, large::PATHS, handshake::PATHS].concat();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => paths.iter().for_each(|(name, _)| println!("{name}")),
        [name, times] => {
            let path = paths.iter().find(|(path, _)| path == name);
            let (Some((_, prepare)), Ok(times)) = (path, times.parse::<u32>()) else {
                eprintln!("there is no such path, or no such number: {arguments:?}");
                return ExitCode::FAILURE;
            };
            let mut run = prepare();
            for _ in 0..times {
                run();
            }
        }
        _ => {
            eprintln!("usage: bowline-instructions list | <path> <times>");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The same key, or part of a nonce, each time.
fn fixed() -> [u8; 4] {
    [0x37, 0xFA, 0x21, 0x3D]
}
