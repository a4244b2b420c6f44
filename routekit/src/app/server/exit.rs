//! The exit of a process that does not end by itself.

use std::{
    mem, process,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How long a program may take to end after a second signal.
const AFTER_SIGNAL: Duration = Duration::from_secs(1);

/// How much longer than its deadline a shutdown may take.
const AFTER_DEADLINE: Duration = Duration::from_secs(3);

/// Who decides when the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum ProcessOwner {
    /// The app, which runs until a signal.
    App,
    Program,
}

/// Ends the process with 1 after a time, unless it is dropped before.
///
/// A handler may block its thread. No task can end that, and a runtime waits for it when it is dropped.
pub(super) struct ExitTimer(Sender<()>);

impl ExitTimer {
    pub(super) fn at_once() -> Self {
        Self::after(AFTER_SIGNAL)
    }

    pub(super) fn after_deadline(deadline: Duration) -> Self {
        Self::after(deadline.saturating_add(AFTER_DEADLINE))
    }

    fn after(time: Duration) -> Self {
        let (dropped, drops) = mpsc::channel();
        let exit = move || {
            if drops.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                process::exit(1);
            }
        };
        // If there is no thread for it, the process ends when its handlers do.
        let _ = thread::Builder::new().name("routekit-exit".to_owned()).spawn(exit);
        Self(dropped)
    }

    /// Leaves the timer running: the process is about to end, and may hang.
    pub(super) fn keep(self) {
        mem::forget(self.0);
    }
}
