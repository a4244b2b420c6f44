//! The state that the connections of a listener share: a coarse clock, and whether the app stops.

use std::{
    io,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Waker,
    thread,
    time::Duration,
};

use parking_lot::Mutex;

/// How long a client may take to send the head of a request, rounded up to the next [`TICK`].
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The resolution of the clock.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// The value of [`OpenConnection::due`] while the connection does not wait for its client.
const NOTHING_DUE: u64 = u64::MAX;

/// The value of [`OpenConnection::due`] while the rest of a response is sent.
const RESPONSE_ENDED: u64 = u64::MAX - 1;

/// The open connections of a listener.
///
/// A connection reads the clock with a load and writes its deadline with a store. Once a second the clock visits all
/// connections, and wakes those that are late.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// The number of ticks since the listener was opened.
    ticks: AtomicU64,
    stopping: AtomicBool,
    /// Closed connections are removed at the next tick.
    open: Mutex<Vec<Weak<OpenConnection>>>,
}

/// One open connection, as the clock, its task, its stream and the bodies of its exchange use it.
#[derive(Debug)]
pub(super) struct OpenConnection {
    connections: Arc<Connections>,
    /// The tick at which the client is late with a head, or with closing the connection.
    due: AtomicU64,
    /// Whether the head of a request was ever read.
    requested: AtomicBool,
    /// Whether the handler may still read the current request's body.
    uploading: AtomicBool,
    /// The largest number of bytes of the current request's body that were dropped unread. `u64::MAX` if it is not
    /// known.
    unread: AtomicU64,
    /// The waker of the task that serves the connection.
    waker: Mutex<Option<Waker>>,
}

impl Connections {
    /// Registers a connection, which waits for its first head from now on.
    pub(super) fn open(self: &Arc<Self>) -> Arc<OpenConnection> {
        let connection = Arc::new(OpenConnection {
            connections: Arc::clone(self),
            due: AtomicU64::new(NOTHING_DUE),
            requested: AtomicBool::new(false),
            uploading: AtomicBool::new(false),
            unread: AtomicU64::new(0),
            waker: Mutex::default(),
        });
        connection.await_client();
        self.open.lock().push(Arc::downgrade(&connection));
        connection
    }

    /// Runs the clock on its own thread, until the listener and its connections are gone.
    ///
    /// A task is no alternative: a runtime with a pending timer reads the clock twice more whenever it waits for a
    /// socket.
    pub(super) fn start_clock(self: &Arc<Self>) -> io::Result<()> {
        let connections = Arc::downgrade(self);
        let run = move || {
            loop {
                thread::sleep(TICK);
                let Some(connections) = connections.upgrade() else { return };
                connections.tick();
            }
        };
        thread::Builder::new().name("routekit-clock".to_owned()).spawn(run).map(drop)
    }

    /// Advances the clock by a second.
    pub(super) fn tick(&self) {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed) + 1;
        self.wake_open(|connection| connection.due.load(Ordering::Relaxed) <= now);
    }

    /// Notifies every connection that the app stops.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake_open(|_| true);
    }

    /// The number of ticks since the listener was opened.
    fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// The number of connections that the clock visits.
    #[cfg(test)]
    pub(super) fn registered(&self) -> usize {
        self.open.lock().len()
    }

    fn wake_open(&self, concerned: impl Fn(&OpenConnection) -> bool) {
        self.open.lock().retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            if concerned(&connection)
                && let Some(waker) = &*connection.waker.lock()
            {
                waker.wake_by_ref();
            }
            true
        });
    }
}

impl OpenConnection {
    /// Sets the waker to call when a head is late and when the app stops. Check both conditions after this call.
    pub(super) fn wake(&self, waker: &Waker) {
        *self.waker.lock() = Some(waker.clone());
    }

    /// Starts the time that the client has to send a head or to close the connection, [`HEAD_TIMEOUT`].
    pub(super) fn await_client(&self) {
        // One more, since the current tick has already begun.
        let ticks = HEAD_TIMEOUT.as_secs() / TICK.as_secs() + 1;
        self.due.store(self.connections.ticks() + ticks, Ordering::Relaxed);
    }

    /// Ends the time limit of the client.
    pub(super) fn await_nothing(&self) {
        self.due.store(NOTHING_DUE, Ordering::Relaxed);
    }

    /// Records that the head of a request was read.
    pub(super) fn head_read(&self) {
        self.await_nothing();
        self.requested.store(true, Ordering::Relaxed);
        self.unread.store(0, Ordering::Relaxed);
    }

    /// Records that the current request has a body.
    pub(super) fn upload_began(&self) {
        self.uploading.store(true, Ordering::Relaxed);
    }

    /// Records that the current request's body has ended or was dropped. At most `unread` bytes of it are left.
    pub(super) fn upload_ended(&self, unread: Option<u64>) {
        self.uploading.store(false, Ordering::Relaxed);
        self.unread.store(unread.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Records that the response is complete, but not yet sent.
    pub(super) fn response_ended(&self) {
        self.due.store(RESPONSE_ENDED, Ordering::Relaxed);
    }

    /// Records that all data of the connection is sent.
    pub(super) fn flushed(&self) {
        if self.due.load(Ordering::Relaxed) == RESPONSE_ENDED && !self.uploading.load(Ordering::Relaxed) {
            self.await_client();
        }
    }

    /// The largest number of bytes of the last request's body that were dropped unread. 0 if it was read to its end.
    pub(super) fn unread(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }

    /// Whether the head of a request was ever read.
    pub(super) fn has_had_a_request(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Whether the client is late with a head, or with closing the connection.
    pub(super) fn is_late(&self) -> bool {
        self.due.load(Ordering::Relaxed) <= self.connections.ticks()
    }

    /// Whether the app stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.connections.stopping.load(Ordering::Acquire)
    }
}
