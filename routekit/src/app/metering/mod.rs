//! Metrics of an app: the recorder that keeps them, and the sources that feed it.

pub(super) mod cache;
pub(super) mod guards;
pub(super) mod health;
pub(super) mod observers;
pub(super) mod recorder;
#[cfg(feature = "otlp")]
pub(super) mod spans;
pub(super) mod system;
