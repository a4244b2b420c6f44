//! Captures what a test's own thread logs.
//!
//! One subscriber for the process, set before anything is captured, hands spans and events to the listener of the
//! thread.
//! A subscriber for one thread (`with_default`) sometimes loses them: `tracing` caches for the whole process whether a
//! call site has a listener, and another thread may reach the call site first.

use std::{
    cell::RefCell,
    fmt::Debug,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

thread_local! {
    static CAUGHT: RefCell<Option<Vec<Line>>> = const { RefCell::new(None) };
}

/// The fields of a span or event.
#[derive(Debug, Default, Clone)]
pub(crate) struct Line {
    /// `span`, `record` (fields that a span got later), or the target of an event.
    pub(crate) of: String,
    pub(crate) fields: Vec<String>,
}

/// Runs `action` on a runtime of this thread, and returns what it logged.
pub(crate) fn caught<T>(action: impl Future<Output = T>) -> (T, Vec<Line>) {
    caught_on(tokio::runtime::Builder::new_current_thread().enable_all(), action)
}

/// The same on paused time, for tests that wait until the runtime is idle.
pub(crate) fn caught_on_paused_time<T>(action: impl Future<Output = T>) -> (T, Vec<Line>) {
    caught_on(tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true), action)
}

fn caught_on<T>(runtime: &mut tokio::runtime::Builder, action: impl Future<Output = T>) -> (T, Vec<Line>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        tracing::subscriber::set_global_default(ThisThread).expect("no test sets another");
        tracing::callsite::rebuild_interest_cache();
    });
    CAUGHT.set(Some(Vec::new()));
    let result = runtime.build().unwrap().block_on(action);
    (result, CAUGHT.take().unwrap())
}

struct ThisThread;

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.push(format!("{field}={value:?}"));
    }
}

fn keep(of: &str, record: impl FnOnce(&mut Line)) {
    CAUGHT.with_borrow_mut(|caught| {
        if let Some(caught) = caught {
            let mut line = Line { of: of.to_owned(), fields: Vec::new() };
            record(&mut line);
            caught.push(line);
        }
    });
}

impl Subscriber for ThisThread {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("routekit")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        keep("span", |line| span.record(line));
        Id::from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        keep("record", |line| values.record(line));
    }

    fn event(&self, event: &Event<'_>) {
        keep(event.metadata().target(), |line| event.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
