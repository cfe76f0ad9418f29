//! Values that are always there.

/// For a value that is always there, unless this crate has a bug: asserted wherever debug assertions are on, as in tests and
/// fuzzing. Elsewhere the default stands in for it, since nothing here may panic.
pub(crate) trait OrBug {
    type Value;

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
