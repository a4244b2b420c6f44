//! Samples the system metrics of an app.

use std::{future::Future, thread};

use crate::system::{BEAT_INTERVAL, SystemMonitor};

/// Starts a thread that samples for as long as the monitor exists, and returns the task that receives its beats.
///
/// This needs a thread: a timer of the runtime would be as late as the runtime that it measures, and would cost each
/// wait for a socket two readings of the clock.
pub(in crate::app) fn watch(monitor: SystemMonitor) -> impl Future<Output = ()> + Send {
    let watched = monitor.downgrade();
    let run = move || {
        while let Some(monitor) = watched.upgrade() {
            monitor.beat();
            drop(monitor);
            thread::sleep(BEAT_INTERVAL);
        }
    };
    if let Err(error) = thread::Builder::new().name("routekit-system".to_owned()).spawn(run) {
        tracing::warn!(%error, "cannot start the thread that samples the system metrics");
    }
    monitor.run()
}
