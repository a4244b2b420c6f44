//! The signals that stop a process.

#[cfg(unix)]
use std::task::Poll;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::shutdown::{Drain, Shutdown};

/// A signal that stops a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StopSignal {
    /// SIGTERM, of a supervisor.
    #[cfg(unix)]
    Terminate,
    /// SIGINT, of a person at a terminal (Ctrl-C).
    Interrupt,
}

/// The signals from now on.
pub(in crate::app) struct StopSignals {
    #[cfg(unix)]
    signals: Vec<(StopSignal, Signal)>,
}

impl StopSignals {
    /// Installs the handlers: a supervisor that has read "listening" may send a signal at once. A signal whose handler
    /// cannot be installed ends the process, as it does by default. Where there are no such signals, Ctrl-C is handled
    /// from the first poll on.
    pub(in crate::app) fn install() -> Self {
        #[cfg(unix)]
        let kinds =
            [(StopSignal::Terminate, SignalKind::terminate()), (StopSignal::Interrupt, SignalKind::interrupt())];
        Self {
            #[cfg(unix)]
            signals: kinds.into_iter().filter_map(|(name, kind)| Some((name, signal(kind).ok()?))).collect(),
        }
    }

    /// Begins the shutdown at the first signal, and ends at the second.
    pub(in crate::app) async fn control(mut self, shutdown: &Shutdown) {
        let (reason, drain) = match self.next().await {
            #[cfg(unix)]
            StopSignal::Terminate => ("SIGTERM", Drain::AsConfigured),
            // A person waits, and no load balancer has to notice.
            StopSignal::Interrupt => ("Ctrl-C", Drain::Skip),
        };
        shutdown.begin_with(reason.into(), drain);
        self.next().await;
    }

    #[cfg(unix)]
    async fn next(&mut self) -> StopSignal {
        std::future::poll_fn(|cx| {
            for (name, signal) in &mut self.signals {
                if signal.poll_recv(cx).is_ready() {
                    return Poll::Ready(*name);
                }
            }
            Poll::Pending
        })
        .await
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> StopSignal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        StopSignal::Interrupt
    }
}
