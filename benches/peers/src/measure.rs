//! Thread CPU time of interleaved subjects.

use crate::{
    check::check,
    job::{Job, Meter, Work},
    rows::Row,
    subjects::{ALL, Subject},
    tally::Tally,
};
use cpu_time::ThreadTime;
use std::time::Duration;

/// How long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each subject has its turn in a row.
    pub rounds: usize,
    /// How long a turn is, about.
    pub turn: Duration,
}

/// What one subject needed for one message.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub minimum: f64,
    pub median: f64,
}

/// A row of the tables, with the costs in the order of [`ALL`], in nanoseconds.
#[derive(Clone, Debug)]
pub struct Measured {
    pub row: Row,
    pub costs: Vec<Option<Cost>>,
}

#[derive(Default)]
struct Clock {
    started: Option<ThreadTime>,
    total: Duration,
}

impl Meter for Clock {
    fn start(&mut self) {
        self.started = Some(ThreadTime::now());
    }

    fn stop(&mut self) {
        self.total += self.started.take().map_or(Duration::ZERO, |started| started.elapsed());
    }
}

struct Runner {
    /// The place in [`ALL`].
    place: usize,
    work: Box<dyn Work>,
    /// Messages in a turn.
    messages: usize,
    /// Nanoseconds for a message, turn by turn.
    turns: Vec<f64>,
}

impl Runner {
    fn turn(&mut self) -> Duration {
        let (mut clock, mut tally) = (Clock::default(), Tally::default());
        clock.start();
        self.work.run(self.messages, &mut tally, &mut clock);
        clock.stop();
        clock.total
    }

    /// Finds out how many messages fill a turn.
    fn calibrate(&mut self, turn: Duration) {
        while self.messages < 1 << 24 {
            let took = self.turn();
            if took * 2 > turn {
                let per_message = took.as_secs_f64() / self.messages as f64;
                self.messages = ((turn.as_secs_f64() / per_message) as usize).max(1);
                return;
            }
            self.messages *= 2;
        }
    }

    fn cost(&mut self) -> Cost {
        self.turns.sort_by(f64::total_cmp);
        Cost { minimum: self.turns[0], median: self.turns[self.turns.len() / 2] }
    }
}

/// Checks the subjects of a row, then measures them: in each round all have their turn, in an order that is rotated.
pub fn measure(row: &Row, effort: Effort, only: &dyn Fn(&Subject) -> bool) -> Measured {
    let job = Job::new(row.task, row.size);
    let mut runners = runners(&job, only);
    for runner in &mut runners {
        check(ALL[runner.place].name, &job, &mut *runner.work);
        runner.calibrate(effort.turn);
    }
    for round in 0..effort.rounds {
        let count = runners.len();
        for turn in 0..count {
            let runner = &mut runners[(round + turn) % count];
            let took = runner.turn().as_secs_f64() * 1e9 / runner.messages as f64;
            runner.turns.push(took);
        }
    }
    let mut costs = vec![None; ALL.len()];
    for runner in &mut runners {
        costs[runner.place] = Some(runner.cost());
    }
    Measured { row: row.clone(), costs }
}

fn runners(job: &Job, only: &dyn Fn(&Subject) -> bool) -> Vec<Runner> {
    let works = ALL.iter().enumerate().filter(|(_, subject)| only(subject));
    let works = works.filter_map(|(place, subject)| Some((place, (subject.work)(job)?)));
    works.map(|(place, work)| Runner { place, work, messages: 1, turns: Vec::new() }).collect()
}
