//! A connection under observation, and frames for it.

use allocation_counter::{AllocationInfo, measure};
use bowline::{Config, Connection, Input, Role, Timestamp, frame::mask};
use bytes::Buf;
use std::{sync::Arc, time::Duration};

pub(crate) const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

/// Runs `run`, and says what it allocated.
fn measured<T>(run: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut result = None;
    let info = measure(|| result = Some(run()));
    (result.unwrap(), info)
}

/// A connection, and how much of the heap it holds.
pub(crate) struct Held {
    pub(crate) connection: Connection,
    pub(crate) bytes: usize,
    /// All that it ever allocated: in growing, what is moved is counted again.
    pub(crate) allocated: u64,
    pub(crate) allocations: u64,
    /// The most that it held at any moment, with what was moved from counted once more.
    pub(crate) peak: usize,
}

impl Held {
    pub(crate) fn new(role: Role, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(|| KEY);
        (config.deadlines.ping, config.deadlines.pong) = (None, None);
        // The configuration is shared by all connections: it is not counted.
        let config = Arc::new(config.with(change));
        let (connection, info) = measured(|| Connection::new(role, config.clone()));
        Self::of(connection, &info)
    }

    /// A connection that was opened otherwise, and has nothing on the heap.
    #[cfg(feature = "deflate")]
    pub(crate) fn opened(connection: Connection) -> Self {
        Self::of(connection, &AllocationInfo::default())
    }

    fn of(connection: Connection, info: &AllocationInfo) -> Self {
        Self {
            connection,
            bytes: info.bytes_current.try_into().unwrap(),
            allocated: info.bytes_total,
            allocations: info.count_total,
            peak: info.bytes_max.try_into().unwrap(),
        }
    }

    /// Does something with the connection.
    pub(crate) fn with<T>(&mut self, run: impl FnOnce(&mut Connection) -> T) -> T {
        let (result, info) = measured(|| run(&mut self.connection));
        self.peak = self.peak.max(self.bytes + info.bytes_max as usize);
        self.bytes = self.bytes.checked_add_signed(info.bytes_current as isize).unwrap();
        self.allocated += info.bytes_total;
        self.allocations += info.count_total;
        result
    }

    /// Receives `input`, drops the events, and says how many there were.
    pub(crate) fn receive(&mut self, input: &mut [u8]) -> usize {
        self.with(|connection| {
            let (mut input, mut count) = (Input::from(input), 0);
            while let Some(event) = connection.receive(&mut input) {
                count += 1;
                drop(event);
            }
            count
        })
    }

    /// Writes all that is queued to nowhere.
    pub(crate) fn drain(&mut self) {
        self.with(|connection| {
            let queued = connection.buffered_amount();
            connection.output().advance(queued);
        });
    }

    pub(crate) fn tick(&mut self, milliseconds: u64) {
        self.with(|connection| {
            let _ = connection.tick(Timestamp::since_origin(Duration::from_millis(milliseconds)));
        });
    }

    /// The memory bound, after `received` bytes of the message that is arriving.
    #[track_caller]
    pub(crate) fn assert_bounded(&self, received: usize, limit: usize) {
        let most = (2 * received).min(limit) + KIB;
        assert!(self.bytes <= most, "{} bytes are held of {received} received", self.bytes);
    }

    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.bytes, 0, "an idle connection holds heap memory");
    }
}

/// The header of a frame to `role`, in the shortest form.
pub(crate) fn header_to(role: Role, first: u8, len: u64) -> Vec<u8> {
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match len {
        0..=125 => bytes.push(mask | len as u8),
        126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(len.to_be_bytes());
        }
    }
    if role == Role::Server {
        bytes.extend(KEY);
    }
    bytes
}

pub(crate) fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header_to(role, first, payload.len() as u64);
    let start = bytes.len();
    bytes.extend(payload);
    if role == Role::Server {
        mask(&mut bytes[start..], KEY);
    }
    bytes
}
