//! The phases of a shutdown.

/// How far the shutdown of an app has come. Later phases are greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ShutdownPhase {
    /// The app takes requests.
    #[default]
    Running,
    /// The app takes requests, but is not ready any more.
    Draining,
    /// The app finishes requests, and takes no new connections. Streams that would not end by themselves must end.
    Closing,
    /// All requests have ended or were cut off.
    Done,
}
