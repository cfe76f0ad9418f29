//! Numbers for people.

/// A time, in the unit that suits it.
pub fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns => (ns / 1e6, "ms"),
    };
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A number of bytes.
pub fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} B"),
    }
}

/// How many times.
pub fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}×")
}

/// An amount of memory.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        bytes if bytes < 1e4 => format!("{bytes:.0} B"),
        bytes if bytes < 1e7 => format!("{:.0} kB", bytes / 1e3),
        bytes => format!("{:.0} MB", bytes / 1e6),
    }
}
