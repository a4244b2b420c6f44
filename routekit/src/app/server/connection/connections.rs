//! The state that the connections of a listener share: a coarse clock, and how far a shutdown has come.

use std::{
    io,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use http::{Method, StatusCode};
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    heads::{HeadRefusals, RejectedHeads},
    limits::ServerLimits,
    stage::{ClosingStage, CurrentStage},
    unsent::UnsentResponses,
    waits::{ClientDeadline, ClientPatience, TICK, UploadWait, millis},
};
use crate::{edge::SecurityHeaders, observe::ActiveRequest};

/// The open connections of a listener.
///
/// A connection reads the clock with a load and writes its deadline with a store. Once a second the clock visits all
/// connections, and wakes those that are late.
#[derive(Debug)]
pub(in crate::app::server) struct Connections {
    pub(super) limits: ServerLimits,
    /// `None` on the admin listener, whose requests are not the app's traffic.
    rejected_heads: Option<RejectedHeads>,
    refusals: HeadRefusals,
    /// The time since the listener was opened, in milliseconds.
    now: AtomicU64,
    stage: CurrentStage,
    /// Closed connections are removed at the next tick.
    open: Mutex<Vec<Weak<OpenConnection>>>,
}

/// One open connection, as the clock, its task, its stream and the bodies of its exchange use it.
#[derive(Debug)]
pub(in crate::app::server) struct OpenConnection {
    connections: Arc<Connections>,
    /// The place among the connections that the listener may have.
    _slot: Option<OwnedSemaphorePermit>,
    /// When the client is late with a head, or with closing the connection.
    head: ClientDeadline,
    /// Whether the client has sent nothing since `head` was set.
    idle: AtomicBool,
    /// Whether the rest of a response is being sent.
    response_ended: AtomicBool,
    /// The requests whose response is complete, but not yet sent.
    pub(super) unsent: UnsentResponses,
    /// When the client is late with taking what was sent.
    pub(super) send: ClientDeadline,
    /// Whether the socket below the stream reports what the client takes.
    is_measured: AtomicBool,
    /// The wait for the body of the current request, in HTTP/1.
    pub(super) upload: UploadWait,
    /// The open streams of HTTP/2. Closed ones are removed at the next tick.
    #[cfg(feature = "http2")]
    pub(super) streams: super::waits::StreamWaits,
    /// Whether the head of a request was read, or data of an HTTP/2 response was sent.
    active: AtomicBool,
    /// Whether the stream has become a WebSocket.
    websocket: AtomicBool,
    /// Whether the handler may still read the current request's body.
    uploading: AtomicBool,
    /// The largest number of bytes of the current request's body that were dropped unread. `u64::MAX` if it is not
    /// known.
    unread: AtomicU64,
    /// The waker of the task that serves the connection.
    waker: Mutex<Option<Waker>>,
    /// The waker of the task that writes to a WebSocket.
    writer: Mutex<Option<Waker>>,
}

impl Connections {
    pub(in crate::app::server) fn new(limits: ServerLimits) -> Self {
        Self {
            limits,
            rejected_heads: None,
            refusals: HeadRefusals::default(),
            now: AtomicU64::new(0),
            stage: CurrentStage::open(),
            open: Mutex::default(),
        }
    }

    /// Reports the heads that are rejected.
    pub(in crate::app::server) fn report(mut self, rejected_heads: RejectedHeads) -> Self {
        self.rejected_heads = Some(rejected_heads);
        self
    }

    /// Adds these headers to the responses to heads that are refused. Defaults to none.
    pub(in crate::app::server) fn security_headers(mut self, headers: SecurityHeaders) -> Self {
        self.refusals = HeadRefusals::with(headers);
        self
    }

    /// Registers a connection, which waits for its first head from now on.
    ///
    /// It keeps `slot` as long as its stream exists, also with another protocol.
    pub(in crate::app::server) fn open(self: &Arc<Self>, slot: Option<OwnedSemaphorePermit>) -> Arc<OpenConnection> {
        let connection = Arc::new(OpenConnection {
            connections: Arc::clone(self),
            _slot: slot,
            head: ClientDeadline::never(),
            idle: AtomicBool::new(true),
            response_ended: AtomicBool::new(false),
            unsent: UnsentResponses::default(),
            send: ClientDeadline::never(),
            is_measured: AtomicBool::new(false),
            upload: UploadWait::default(),
            #[cfg(feature = "http2")]
            streams: Default::default(),
            active: AtomicBool::new(false),
            websocket: AtomicBool::new(false),
            uploading: AtomicBool::new(false),
            unread: AtomicU64::new(0),
            waker: Mutex::default(),
            writer: Mutex::default(),
        });
        connection.await_within(self.limits.head_timeout);
        self.open.lock().push(Arc::downgrade(&connection));
        connection
    }

    /// Runs the clock on its own thread, until the listener and its connections are gone.
    ///
    /// A task is no alternative: a runtime with a pending timer reads the clock twice more whenever it waits for a
    /// socket.
    pub(in crate::app::server) fn start_clock(self: &Arc<Self>) -> io::Result<()> {
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
    pub(in crate::app::server) fn tick(&self) {
        let tick = TICK.as_millis() as u64;
        let now = self.now.fetch_add(tick, Ordering::Relaxed) + tick;
        self.wake_open(|connection| {
            connection.upload.wake_if_late(now);
            #[cfg(feature = "http2")]
            connection.streams.wake_late(now);
            connection.is_late()
        });
    }

    /// Moves all connections on to a stage.
    pub(in crate::app::server) fn advance(&self, stage: ClosingStage) {
        self.stage.set(stage);
        self.wake_open(|_| true);
    }

    /// The time since the listener was opened, in milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// The number of connections that the clock visits.
    #[cfg(test)]
    pub(super) fn registered(&self) -> usize {
        self.open.lock().len()
    }

    /// The number of connections that carry a request, or have another protocol.
    pub(in crate::app::server) fn busy(&self) -> usize {
        self.open.lock().iter().filter_map(Weak::upgrade).filter(|open| !open.is_waiting()).count()
    }

    fn wake_open(&self, concerned: impl Fn(&OpenConnection) -> bool) {
        self.open.lock().retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            if concerned(&connection) {
                for waker in [&connection.waker, &connection.writer] {
                    if let Some(waker) = &*waker.lock() {
                        waker.wake_by_ref();
                    }
                }
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

    /// Sets the waker of the task that writes to a WebSocket, which may be another than the one that reads.
    pub(super) fn wake_writer(&self, waker: &Waker) {
        *self.writer.lock() = Some(waker.clone());
    }

    /// The limits of the listener.
    pub(super) fn limits(&self) -> &ServerLimits {
        &self.connections.limits
    }

    /// The time of the listener's clock.
    pub(super) fn now(&self) -> u64 {
        self.connections.now()
    }

    /// Starts the time that the client has to send something or to close the connection.
    pub(super) fn await_within(&self, time: Duration) {
        self.idle.store(true, Ordering::Relaxed);
        self.head.set(self.now().saturating_add(millis(time)));
    }

    /// Ends the time limit of the client.
    pub(super) fn await_nothing(&self) {
        self.head.clear();
        self.idle.store(false, Ordering::Relaxed);
    }

    /// Records that the client has sent something. If it is the beginning of a head, its time begins.
    #[inline]
    pub(super) fn received(&self) {
        if self.idle.load(Ordering::Relaxed) {
            self.await_within(self.limits().head_timeout);
            self.idle.store(false, Ordering::Relaxed);
        }
    }

    /// Whether the client is late with the rest of a head.
    pub(super) fn has_half_a_head(&self) -> bool {
        !self.idle.load(Ordering::Relaxed) && self.head.is_over(self.now())
    }

    /// Records that the head of a request was read.
    pub(super) fn head_read(&self) {
        self.await_nothing();
        self.response_ended.store(false, Ordering::Relaxed);
        self.active.store(true, Ordering::Relaxed);
        self.unread.store(0, Ordering::Relaxed);
    }

    /// Records that a head was rejected with this status.
    pub(super) fn head_rejected(&self, method: Method, status: StatusCode) {
        if let Some(heads) = &self.connections.rejected_heads {
            heads.report(method, status);
        }
    }

    /// The responses to heads that are refused.
    pub(super) fn refusals(&self) -> &HeadRefusals {
        &self.connections.refusals
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

    /// The time that the client has left to take what is sent.
    pub(in crate::app::server) fn send_patience(&self) -> ClientPatience {
        ClientPatience::new(self.limits().send_timeout)
    }

    /// Records whether the client takes what is sent.
    #[inline]
    pub(in crate::app::server) fn written(&self, patience: &mut ClientPatience, polled: &Poll<io::Result<usize>>) {
        match polled {
            Poll::Pending => patience.wait(&self.send, self.now()),
            Poll::Ready(written) if self.send.is_set() => {
                let written = written.as_ref().map_or(0, |written| *written);
                patience.progress(&self.send, self.now(), written);
            }
            Poll::Ready(_) => {}
        }
    }

    /// Whether the connection is between two requests over TLS, whose client must be told that nothing is missing (RFC
    /// 8446 §6.1).
    pub(super) fn owes_close_notify(&self) -> bool {
        self.is_measured() && self.idle.load(Ordering::Relaxed)
    }

    /// Leaves these records to the socket below the stream.
    #[cfg(feature = "tls")]
    pub(in crate::app::server) fn measured_below(&self) {
        self.is_measured.store(true, Ordering::Relaxed);
    }

    /// Whether the socket below the stream keeps these records.
    pub(super) fn is_measured(&self) -> bool {
        self.is_measured.load(Ordering::Relaxed)
    }

    /// Records that the response is complete, but not yet sent. Its request is active until then.
    pub(super) fn response_ended(&self, request: Option<ActiveRequest>) {
        self.unsent.add(request);
        self.response_ended.store(true, Ordering::Relaxed);
    }

    /// Records that all data of the connection is sent.
    pub(super) fn flushed(&self) {
        self.unsent.sent();
        if self.response_ended.load(Ordering::Relaxed) && !self.uploading.load(Ordering::Relaxed) {
            self.response_ended.store(false, Ordering::Relaxed);
            self.await_within(self.limits().idle_timeout);
        }
    }

    /// Records that data of an HTTP/2 response was sent. It may belong to a stream that has ended.
    pub(super) fn sent_data(&self) {
        self.active.store(true, Ordering::Relaxed);
        if !self.has_streams() {
            self.await_within(self.limits().idle_timeout);
        }
    }

    /// The largest number of bytes of the last request's body that were dropped unread. 0 if it was read to its end.
    pub(super) fn unread(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }

    /// Begins to watch for requests and responses.
    pub(super) fn forget_activity(&self) {
        self.active.store(false, Ordering::Relaxed);
    }

    /// Whether no request is under way, and none was since [`forget_activity`](Self::forget_activity).
    pub(super) fn is_quiet(&self) -> bool {
        self.is_waiting() && !self.active.load(Ordering::Relaxed)
    }

    /// Whether the client may send a request, and no request is under way. HTTP/2 streams may have ended before all of
    /// their data is sent.
    fn is_waiting(&self) -> bool {
        self.head.is_set() && !self.has_streams() && !self.send.is_set()
    }

    /// Records that the stream becomes a WebSocket, with the head of the response that is written next.
    pub(super) fn becomes_websocket(&self) {
        self.websocket.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_websocket(&self) -> bool {
        self.websocket.load(Ordering::Relaxed)
    }

    /// Whether the client is late with a head, with closing the connection, or with taking what was sent.
    pub(super) fn is_late(&self) -> bool {
        let now = self.now();
        self.send.is_over(now) || self.head.is_over(now) && !self.has_streams()
    }

    /// Whether HTTP/2 requests are under way. The last stream may end in another thread while the next one begins, and
    /// set a deadline after that.
    #[cfg(feature = "http2")]
    fn has_streams(&self) -> bool {
        !self.streams.is_empty()
    }

    #[cfg(not(feature = "http2"))]
    fn has_streams(&self) -> bool {
        false
    }

    /// Whether this is the stage of the connections, or a later one.
    #[inline]
    pub(super) fn is_at_least(&self, stage: ClosingStage) -> bool {
        self.connections.stage.is_at_least(stage)
    }

    /// Whether connections without a request end.
    pub(super) fn is_closing(&self) -> bool {
        self.is_at_least(ClosingStage::Closing)
    }

    /// Whether the client is late, or the connection is cut off.
    pub(super) fn is_over(&self) -> bool {
        self.is_late() || self.is_at_least(ClosingStage::CutOff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn connection_with_unsent_data_is_not_quiet() {
        let connections = Arc::new(Connections::new(ServerLimits::of(&Config::default())));
        let open = connections.open(None);
        open.forget_activity();
        assert!(open.is_quiet() && connections.busy() == 0);
        // The client has no room for what an HTTP/2 stream has left behind.
        open.send.set(1);
        assert!(!open.is_quiet() && connections.busy() == 1);
    }
}
