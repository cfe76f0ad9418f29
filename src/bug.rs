//! Values that are missing only if this crate has a bug.

/// Unwraps a value that is missing only if this crate has a bug.
///
/// With debug assertions, as in tests and fuzzing, a missing value panics. Without them, the default takes its place, since no
/// input may make a release build panic.
pub(crate) trait OrBug {
    type Value;

    /// Returns the value.
    fn or_bug(self) -> Self::Value;
}

impl<T: Default> OrBug for Option<T> {
    type Value = T;

    #[inline]
    #[track_caller]
    fn or_bug(self) -> T {
        debug_assert!(self.is_some(), "a bug in bowline: this value is always there");
        self.unwrap_or_default()
    }
}

impl<T: Default, E> OrBug for Result<T, E> {
    type Value = T;

    #[inline]
    #[track_caller]
    fn or_bug(self) -> T {
        self.ok().or_bug()
    }
}
