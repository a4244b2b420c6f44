//! The handle of a shutdown.

use std::{borrow::Cow, fmt, future::Future, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{
    cut_off::{CutOff, CutOffs},
    phase::ShutdownPhase,
};

/// Begins the shutdown of an app, and tells how far it has come. Clones share their state.
///
/// Every app provides its own: handlers take a `Dep<Shutdown>`, and the program gets it from
/// [`App::shutdown`](crate::App::shutdown). See the [module docs](super) for an example.
#[derive(Clone, Default)]
pub struct Shutdown(Arc<SharedShutdown>);

#[derive(Default)]
struct SharedShutdown {
    state: watch::Sender<ShutdownState>,
    cut_offs: CutOffs,
}

#[derive(Default)]
struct ShutdownState {
    phase: ShutdownPhase,
    /// Whether a server takes part, which moves the phase on.
    is_served: bool,
    /// The reason, once it has begun.
    reason: Option<Cow<'static, str>>,
    drain: Drain,
    /// When to stop waiting for requests, if that is earlier than the settings say.
    force_at: Option<Instant>,
}

/// Whether the app serves on for a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Drain {
    /// For `server.drain_delay`.
    #[default]
    AsConfigured,
    /// It closes immediately.
    Skip,
}

impl Shutdown {
    /// Creates a handle for a test of a handler. An app has its own: [`App::shutdown`](crate::App::shutdown).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the shutdown: the app drains, closes, and runs its hooks, as the [module docs](super) say. The reason is
    /// logged.
    ///
    /// A second call is logged and has no effect. An app that is not served by routekit (a router, a service, a
    /// [`TestApp`](crate::test::TestApp)) has no drain: it is closing at once.
    pub fn begin(&self, reason: impl Into<Cow<'static, str>>) {
        self.begin_with(reason.into(), Drain::AsConfigured);
    }

    /// Begins the shutdown, and chooses whether the app drains first.
    pub(crate) fn begin_with(&self, reason: Cow<'static, str>, drain: Drain) {
        let (mut reason, mut earlier) = (Some(reason), None);
        self.0.state.send_if_modified(|state| {
            if let Some(reason) = &state.reason {
                earlier = Some(reason.clone());
                return false;
            }
            state.phase = if state.is_served { ShutdownPhase::Draining } else { ShutdownPhase::Closing };
            (state.reason, state.drain) = (reason.take(), drain);
            true
        });
        if let (Some(reason), Some(earlier)) = (reason, earlier) {
            tracing::info!(%reason, %earlier, "the shutdown has begun already");
        }
    }

    /// Cuts requests off that are still running after this time, if the settings would let them run for longer. Begins
    /// the shutdown unless it has begun. The hooks still run.
    pub fn force_after(&self, time: Duration) {
        if !self.has_begun() {
            self.begin("forced");
        }
        // Without an end if it is too far away to be a time.
        let Some(at) = Instant::now().checked_add(time) else { return };
        self.0.state.send_modify(|state| state.force_at = Some(state.force_at.map_or(at, |earlier| earlier.min(at))));
    }

    /// Returns the phase.
    #[must_use]
    pub fn phase(&self) -> ShutdownPhase {
        self.0.state.borrow().phase
    }

    /// Returns whether the shutdown has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.phase() != ShutdownPhase::Running
    }

    /// Returns the reason of the shutdown, once it has begun.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.0.state.borrow().reason.clone().map(Cow::into_owned)
    }

    /// Completes when the shutdown begins. The app goes on to take requests for a while.
    ///
    /// Use it in tasks that should start no more work.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.reached(ShutdownPhase::Draining)
    }

    /// Completes when the app takes no new connections.
    ///
    /// Use it to end streams (server-sent events) and WebSockets. A client that connects again then reaches another
    /// instance.
    pub fn closing(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.reached(ShutdownPhase::Closing)
    }

    fn reached(&self, phase: ShutdownPhase) -> impl Future<Output = ()> + Send + 'static + use<> {
        // Keeps the sender alive.
        let shutdown = self.clone();
        async move {
            let mut states = shutdown.0.state.subscribe();
            // An error would mean that the sender is gone.
            let _ = states.wait_for(|state| state.phase >= phase).await;
        }
    }

    /// From now on, a server moves the phase on. A shutdown that has begun goes through all phases.
    pub(crate) fn serve(&self) {
        self.0.state.send_modify(|state| {
            state.is_served = true;
            state.phase = state.phase.min(ShutdownPhase::Draining);
        });
    }

    /// Moves on to a later phase.
    pub(crate) fn enter(&self, phase: ShutdownPhase) {
        self.0.state.send_modify(|state| state.phase = phase);
    }

    pub(crate) fn drain(&self) -> Drain {
        self.0.state.borrow().drain
    }

    /// Completes at this time, or earlier if [`force_after`](Self::force_after) says so.
    pub(crate) async fn until(&self, at: Instant) {
        let mut states = self.0.state.subscribe();
        loop {
            let force_at = states.borrow_and_update().force_at;
            let until = force_at.map_or(at, |force_at| force_at.min(at));
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                _ = states.changed() => {}
            }
        }
    }

    /// From now on, requests that are dropped were cut off.
    pub(crate) fn cut_off(&self) {
        self.0.cut_offs.begin();
    }

    /// Whether requests that are dropped were cut off.
    pub(crate) fn cuts_off(&self) -> bool {
        self.0.cut_offs.has_begun()
    }

    pub(crate) fn add_cut_off(&self, request: CutOff) {
        self.0.cut_offs.add(request);
    }

    /// The number of requests that were cut off, and a line for each of the first ones.
    pub(crate) fn listed_cut_offs(&self) -> (usize, Vec<String>) {
        self.0.cut_offs.listed()
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.borrow();
        f.debug_struct("Shutdown").field("phase", &state.phase).field("reason", &state.reason).finish_non_exhaustive()
    }
}
