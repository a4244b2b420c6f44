//! Notifications to the supervisor.

use std::{
    future::{Future, pending},
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::environment;

/// The supervisor of the process, if it expects notifications. Clones share their state.
#[derive(Clone)]
pub(in crate::app::server) struct Supervisor(Option<Arc<SupervisorState>>);

#[derive(Default)]
struct SupervisorState {
    stopping: Mutex<bool>,
    /// Whether a notification failed. Only the first failure is logged.
    failed: AtomicBool,
}

impl Supervisor {
    /// The supervisor that the variables of the process name.
    pub(in crate::app::server) fn of_process() -> Self {
        Self(environment::expects_notifications().then(Arc::default))
    }

    /// No supervisor: it receives nothing.
    pub(in crate::app::server) const fn none() -> Self {
        Self(None)
    }

    /// A future that reports the end of the start-up once `ready` has ended, and that the runtime is alive as often as
    /// the supervisor wants to know. It does not end. `None` without a supervisor.
    pub(in crate::app::server) fn run<F>(
        &self,
        url: String,
        ready: F,
    ) -> Option<impl Future<Output = ()> + Send + use<F>>
    where
        F: Future<Output = ()> + Send,
    {
        let state = Arc::clone(self.0.as_ref()?);
        let watchdog = {
            let state = Arc::clone(&state);
            async move {
                let Some(longest) = environment::watchdog() else { return pending().await };
                // Twice as often as necessary, as `sd_watchdog_enabled(3)` recommends.
                let mut ticks = interval(longest / 2);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    state.log(environment::notify_alive());
                }
            }
        };
        let start = async move {
            ready.await;
            // Held while it is sent, so that it never follows the notification of the stop.
            let stopping = state.stopping.lock();
            if !*stopping {
                state.log(environment::notify_ready(&format!("listening on {url}")));
            }
        };
        Some(async move {
            tokio::join!(start, watchdog);
        })
    }

    /// Reports that the app begins to stop.
    pub(in crate::app::server) fn stopping(&self) {
        let Some(state) = &self.0 else { return };
        let mut stopping = state.stopping.lock();
        if !std::mem::replace(&mut stopping, true) {
            state.log(environment::notify_stopping());
        }
    }
}

impl SupervisorState {
    fn log(&self, sent: io::Result<()>) {
        if let Err(error) = sent
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "the supervisor named by NOTIFY_SOCKET cannot be notified");
        }
    }
}
