//! Owned by hand17.
