//! What the connections of a listener share: a coarse clock, and the news that the app stops.

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
/// A connection reads the clock with a load and writes its deadline with a store. Once a second the clock looks at all
/// connections, and wakes those that are late.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// Ticks since the listener was opened.
    ticks: AtomicU64,
    stopping: AtomicBool,
    /// Closed connections are removed at the next tick.
    open: Mutex<Vec<Weak<OpenConnection>>>,
}

/// One open connection, as the clock, its task, its stream and the bodies of its exchange see it.
#[derive(Debug)]
pub(super) struct OpenConnection {
    connections: Arc<Connections>,
    /// The tick at which the client is late with a head, or with closing the connection.
    due: AtomicU64,
    /// Whether the head of a request was read.
    requested: AtomicBool,
    /// Whether the handler may still read the current request's body.
    uploading: AtomicBool,
    /// At most how many bytes of the current request's body were dropped unread. `u64::MAX` if that is not known.
    unread: AtomicU64,
    /// Of the task that serves the connection.
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

    /// Runs the clock on a thread of its own, until the listener and its connections are gone.
    ///
    /// A runtime with a pending timer reads the clock twice more whenever it waits for a socket.
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

    /// A second has passed.
    pub(super) fn tick(&self) {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed) + 1;
        self.wake_open(|connection| connection.due.load(Ordering::Relaxed) <= now);
    }

    /// Tells every connection that the app stops.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake_open(|_| true);
    }

    /// Ticks since the listener was opened.
    fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// How many connections the clock looks at.
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
    /// Has `waker` woken when a head is late and when the app stops. Both are to be checked after this call.
    pub(super) fn wake(&self, waker: &Waker) {
        *self.waker.lock() = Some(waker.clone());
    }

    /// The client has [`HEAD_TIMEOUT`] to send a head or to close the connection, from now on.
    pub(super) fn await_client(&self) {
        // One more, since the current tick has begun already.
        let ticks = HEAD_TIMEOUT.as_secs() / TICK.as_secs() + 1;
        self.due.store(self.connections.ticks() + ticks, Ordering::Relaxed);
    }

    /// The client has all the time it wants.
    pub(super) fn await_nothing(&self) {
        self.due.store(NOTHING_DUE, Ordering::Relaxed);
    }

    /// The head of a request is there.
    pub(super) fn head_read(&self) {
        self.await_nothing();
        self.requested.store(true, Ordering::Relaxed);
        self.unread.store(0, Ordering::Relaxed);
    }

    /// The current request has a body.
    pub(super) fn upload_began(&self) {
        self.uploading.store(true, Ordering::Relaxed);
    }

    /// The current request's body has ended or was dropped. At most `unread` bytes are left of it.
    pub(super) fn upload_ended(&self, unread: Option<u64>) {
        self.uploading.store(false, Ordering::Relaxed);
        self.unread.store(unread.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The response is complete, but not sent.
    pub(super) fn response_ended(&self) {
        self.due.store(RESPONSE_ENDED, Ordering::Relaxed);
    }

    /// What the connection had to send is sent.
    pub(super) fn flushed(&self) {
        if self.due.load(Ordering::Relaxed) == RESPONSE_ENDED && !self.uploading.load(Ordering::Relaxed) {
            self.await_client();
        }
    }

    /// At most how many bytes of the last request's body were dropped unread. 0 if it was read to its end.
    pub(super) fn unread(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }

    /// Whether the head of a request was read at any time.
    pub(super) fn has_had_a_request(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Whether the client should have sent a head, or closed the connection, by now.
    pub(super) fn is_late(&self) -> bool {
        self.due.load(Ordering::Relaxed) <= self.connections.ticks()
    }

    /// Whether the app was told to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.connections.stopping.load(Ordering::Acquire)
    }
}
