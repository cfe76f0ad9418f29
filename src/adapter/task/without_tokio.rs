//! The place of Tokio without the feature for it, so that the parameter for the runtime has the same default with all features.

/// No runtime.
#[derive(Debug)]
pub enum Tokio {}
