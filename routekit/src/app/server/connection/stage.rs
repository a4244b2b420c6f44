//! How far a shutdown has come, for the connections of a listener.

use std::sync::atomic::{AtomicU8, Ordering};

/// The stages of a listener's connections. Later ones are greater. `Draining` and `Closing` are the phases of these
/// names in [`ShutdownPhase`](crate::shutdown::ShutdownPhase).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::app::server) enum ClosingStage {
    /// The app takes requests.
    Open,
    /// HTTP/1.1 connections end after their next response.
    Draining,
    /// Connections without a request end.
    Closing,
    /// WebSockets get a Close frame.
    ClosingWebSockets,
    /// WebSockets end.
    WebSocketsClosed,
    /// All connections end.
    CutOff,
}

/// The current stage.
#[derive(Debug)]
pub(super) struct CurrentStage(AtomicU8);

impl CurrentStage {
    pub(super) const fn open() -> Self {
        Self(AtomicU8::new(ClosingStage::Open as u8))
    }

    pub(super) fn set(&self, stage: ClosingStage) {
        self.0.store(stage as u8, Ordering::Release);
    }

    /// Whether the connections are at this stage or a later one.
    #[inline]
    pub(super) fn is_at_least(&self, stage: ClosingStage) -> bool {
        self.0.load(Ordering::Acquire) >= stage as u8
    }
}
