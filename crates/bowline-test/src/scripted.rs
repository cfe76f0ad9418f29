use crate::{
    end::End,
    script::{Mismatch, Played, Player, Script, Step, Todo},
    wire::{Faults, Wire},
};
use bowline::{Connection, Event, Role};
use std::{io, time::Duration};

/// How much a scripted peer reads at once.
const READ_SPACE: usize = 64 * 1024;

impl Script {
    /// Joins this peer to a connection, by a wire in virtual time: see [`ScriptedPair`]. Steps of the opening handshake are left out,
    /// since a connection begins after it.
    ///
    /// # Panics
    ///
    /// If the connection has the role of the script.
    #[must_use]
    #[track_caller]
    pub fn against(self, connection: Connection) -> ScriptedPair {
        let (player, mut steps) = self.into_parts();
        assert_eq!(player.role(), connection.role().peer(), "the script must have the other role than the connection");
        steps.retain(|step| !step.is_opening());
        ScriptedPair { end: End::new(connection), wire: Wire::new(), player, steps }
    }
}

/// A connection and a scripted peer, joined by a [`Wire`], with a virtual clock: see [`Script::against`].
///
/// ```
/// use bowline::{CloseCode, Connection, Role};
/// use bowline_test::{Script, config};
/// use std::time::Duration;
///
/// // A peer that reads nothing. The server closes a minute after the last byte from it: 30 s and 30 s.
/// let script = Script::new(Role::Client).wait(Duration::from_secs(61)).expect_ping("").expect_close(1011);
/// let mut pair = script.against(Connection::new(Role::Server, config()));
/// let played = pair.play(|_, _| {})?;
/// assert_eq!(played.elapsed(), Duration::from_secs(61));
/// # Ok::<(), bowline_test::Mismatch>(())
/// ```
#[derive(Debug)]
pub struct ScriptedPair {
    /// The connection, with its state.
    pub end: End,
    wire: Wire,
    player: Player,
    steps: Vec<Step>,
}

impl ScriptedPair {
    /// The faults of the bytes that this end writes, to be changed.
    pub fn faults_from(&mut self, role: Role) -> &mut Faults {
        self.wire.faults_from(role)
    }

    /// The wire between the two.
    pub const fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// The time: zero at first.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.wire.now()
    }

    /// Lets time pass after the script: the peer does nothing, and the connection is driven from one deadline to the next.
    ///
    /// ```
    /// use bowline::{Connection, Role};
    /// use bowline_test::{Script, config};
    /// use std::time::Duration;
    ///
    /// let mut pair = Script::new(Role::Client).send_bytes(*b"\x83\x80").against(Connection::new(Role::Server, config()));
    /// pair.play(|_, _| {})?;
    /// assert!(!pair.end.connection.is_closed()); // it waits for the end of the peer's stream
    /// pair.advance(Duration::from_secs(5)); // `Deadlines::close`
    /// assert!(pair.end.connection.is_closed());
    /// # Ok::<(), bowline_test::Mismatch>(())
    /// ```
    pub fn advance(&mut self, time: Duration) {
        let until = self.wire.now().saturating_add(time);
        loop {
            let mut received = self.end.take_events();
            while self.end.step(&mut self.wire, |_, event| received.push(event.into_owned())) {}
            self.end.events = received;
            if self.wire.now() >= until {
                return;
            }
            let next = [self.end.due(), self.wire.next_arrival()].into_iter().flatten().min();
            self.wire.advance_to(next.map_or(until, |next| next.min(until)));
        }
    }

    /// Plays the script to its end. The connection is driven as by an adapter; `handle` gets each of its events, and may send.
    ///
    /// After the last step, the connection is driven until it waits. Its state is then in [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if a step did not go as it was written. The rest of the script is then left out.
    pub fn play(&mut self, mut handle: impl FnMut(&mut Connection, Event<'_>)) -> Result<Played, Mismatch> {
        let Self { end, wire, player, steps } = self;
        let begun = wire.now();
        for step in std::mem::take(steps) {
            play_step(end, wire, player, &step, &mut handle)?;
        }
        write(player, wire);
        while end.step(wire, &mut handle) {}
        Ok(Played::new(player.received().to_vec(), wire.now().saturating_sub(begun)))
    }
}

fn play_step(
    end: &mut End,
    wire: &mut Wire,
    player: &mut Player,
    step: &Step,
    handle: &mut impl FnMut(&mut Connection, Event<'_>),
) -> Result<(), Mismatch> {
    player.begin(wire.now());
    loop {
        // The connection first: it may have something to say.
        while end.step(wire, &mut *handle) {}
        let (moved, until) = match player.poll(step, wire.now())? {
            Todo::Done => return Ok(()),
            Todo::Write(until) => (write(player, wire), until),
            Todo::Read(until) => (write(player, wire) | read(player, wire), until),
            Todo::Sleep(until) => (false, until),
            Todo::ShutDown => {
                // Nothing could end a wait for this: a stream whose shutdown is held does not end.
                let _ = wire.shut_down(player.role());
                continue;
            }
            Todo::Reset => {
                wire.reset();
                continue;
            }
        };
        if !moved {
            let next = [end.due(), wire.next_arrival()].into_iter().flatten().min();
            wire.advance_to(next.map_or(until, |next| next.min(until)));
        }
    }
}

/// Writes output of the peer once. Returns whether that did anything.
fn write(player: &mut Player, wire: &mut Wire) -> bool {
    if player.output().is_empty() {
        return false;
    }
    match wire.write(player.role(), player.output()) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
        result => {
            player.wrote(result);
            true
        }
    }
}

/// Lets the peer read once. Returns whether there was anything.
fn read(player: &mut Player, wire: &mut Wire) -> bool {
    let mut space = vec![0; READ_SPACE];
    match wire.read(player.role(), &mut space) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
        result => {
            player.read(result.ok().and_then(|count| space.get(..count)));
            true
        }
    }
}
