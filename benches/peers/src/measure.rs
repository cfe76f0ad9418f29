//! Thread CPU time of interleaved subjects.

use crate::{
    check::{Expected, check},
    job::{Job, Meter, Work},
    rows::Row,
    subjects::{ALL, Subject},
    tally::Tally,
};
use cpu_time::ThreadTime;
use std::{fs, time::Duration};

/// How long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each subject has its turn in a row, unless that takes too long.
    pub rounds: usize,
    /// How often it has its turn at least.
    pub least: usize,
    /// How long a turn is, about. One message may take longer.
    pub turn: Duration,
    /// How long a row may take.
    pub row: Duration,
}

/// From this size on, page faults are counted.
const LARGE: usize = 64 * 1024;

/// What one subject needed for one message.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub minimum: f64,
    pub median: f64,
    /// Page faults, for large messages: the mean of all turns.
    pub faults: Option<f64>,
}

/// A row of the tables, with the costs in the order of [`ALL`], in nanoseconds.
#[derive(Clone, Debug)]
pub struct Measured {
    pub row: Row,
    /// Whether a frame lies in one read: see [`Wire::fits_a_read`](crate::wire::Wire::fits_a_read).
    pub fits_a_read: bool,
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
    /// Page faults of all turns.
    faults: u64,
}

impl Runner {
    fn measured_turn(&mut self, count_faults: bool) {
        let before = if count_faults { faults() } else { 0 };
        let took = self.turn().as_secs_f64() * 1e9 / self.messages as f64;
        self.faults += if count_faults { faults() - before } else { 0 };
        self.turns.push(took);
    }

    fn turn(&mut self) -> Duration {
        let (mut clock, mut tally) = (Clock::default(), Tally::default());
        clock.start();
        self.work.run(self.messages, &mut tally, &mut clock);
        clock.stop();
        clock.total
    }

    /// Finds out how many messages fill a turn, a multiple of the job's cycle, and returns how long a turn then takes.
    fn calibrate(&mut self, turn: Duration, cycle: usize) -> Duration {
        self.messages = cycle;
        loop {
            let took = self.turn();
            if took * 2 > turn || self.messages >= 1 << 24 {
                let cycles = turn.as_secs_f64() / took.as_secs_f64() * (self.messages / cycle) as f64;
                let before = self.messages;
                self.messages = (cycles as usize).max(1) * cycle;
                return took.mul_f64(self.messages as f64 / before as f64);
            }
            self.messages *= 2;
        }
    }

    fn cost(&mut self, count_faults: bool) -> Cost {
        self.turns.sort_by(f64::total_cmp);
        let messages = (self.turns.len() * self.messages) as f64;
        let faults = count_faults.then_some(self.faults as f64 / messages);
        Cost { minimum: self.turns[0], median: self.turns[self.turns.len() / 2], faults }
    }
}

/// Checks the subjects of a row, then measures them: in each round all have their turn, in an order that is rotated.
pub fn measure(row: &Row, effort: Effort, only: &dyn Fn(&Subject) -> bool) -> Measured {
    let job = Job::new(row.task, row.size);
    let (expected, mut runners) = (Expected::of(&job), runners(&job, only));
    let mut round = Duration::ZERO;
    for runner in &mut runners {
        check(ALL[runner.place].name, &job, &expected, &mut *runner.work);
        round += runner.calibrate(effort.turn, job.cycle());
    }
    let rounds = (effort.row.as_secs_f64() / round.as_secs_f64()) as usize;
    let (count, count_faults) = (runners.len(), row.size >= LARGE);
    for round in 0..rounds.clamp(effort.least, effort.rounds) {
        for turn in 0..count {
            runners[(round + turn) % count].measured_turn(count_faults);
        }
    }
    let mut costs = vec![None; ALL.len()];
    for runner in &mut runners {
        costs[runner.place] = Some(runner.cost(count_faults));
    }
    Measured { row: row.clone(), fits_a_read: job.wire.fits_a_read(), costs }
}

fn runners(job: &Job, only: &dyn Fn(&Subject) -> bool) -> Vec<Runner> {
    let works = ALL.iter().enumerate().filter(|(_, subject)| only(subject));
    let works = works.filter_map(|(place, subject)| Some((place, (subject.work)(job)?)));
    works.map(|(place, work)| Runner { place, work, messages: 1, turns: Vec::new(), faults: 0 }).collect()
}

/// The page faults of this thread so far, without those that read from a disk: the tenth field of `proc_pid_stat(5)`.
fn faults() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // The second field is the name, in parentheses, and may have spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().nth(7).and_then(|field| field.parse().ok()).unwrap_or(0)
}
