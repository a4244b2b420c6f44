//! Who wants to be told what was made invalid.

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use tokio::sync::Semaphore;
use tracing::{Instrument, Span};

use crate::base::spawner::Spawner;
use crate::cache::Invalidation;

/// How many may be told at a time.
const MOST: usize = 1024;

/// A function that is called with events. Clones share it.
#[derive(Clone)]
pub(crate) struct Listener(Arc<dyn Fn(Invalidation) -> Telling + Send + Sync>);

type Telling = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Listener {
    /// An async closure that captures something lends it to its future, and can be called more than once only as a
    /// clone of itself, by value.
    pub(crate) fn new<F, R>(tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |event| Box::pin(tell.clone()(event))))
    }

    /// Tells it. A panic is its own, and not that of the request.
    fn tell(self, event: Invalidation) -> impl Future<Output = ()> + Send {
        // Before the first poll: a task that is dropped without running has not told the listener either.
        let untold = Untold { event: Some(event.clone()), why: "it was dropped" };
        self.tell_guarded(event, untold)
    }

    async fn tell_guarded(self, event: Invalidation, mut untold: Untold) {
        // The call itself can panic as well.
        let mut telling: Telling = Box::pin(async move { (self.0)(event).await });
        let told = poll_fn(|cx| {
            catch_unwind(AssertUnwindSafe(|| telling.as_mut().poll(cx)))
                .map_or(Poll::Ready(false), |polled| polled.map(|()| true))
        });
        if told.await {
            untold.event = None;
        } else {
            untold.why = "it panicked";
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// Says so in the log where a listener did not come to its end.
struct Untold {
    event: Option<Invalidation>,
    why: &'static str,
}

impl Drop for Untold {
    fn drop(&mut self) {
        if let Some(event) = &self.event {
            say_untold(event, self.why);
        }
    }
}

fn say_untold(event: &Invalidation, why: &str) {
    tracing::error!(why, what = %event, "an `on_invalidate` listener did not complete; purge its copies by hand");
}

/// All of them.
#[derive(Debug)]
pub(in crate::cache) struct Listeners {
    /// Whether there are any: asked at each invalidation, which costs hardly more than this.
    any: AtomicBool,
    all: RwLock<Vec<Listener>>,
    places: Arc<Semaphore>,
}

impl Listeners {
    pub(in crate::cache) fn new(listeners: Vec<Listener>) -> Self {
        let any = AtomicBool::new(!listeners.is_empty());
        Self { any, all: RwLock::new(listeners), places: Arc::new(Semaphore::new(MOST)) }
    }

    pub(in crate::cache) fn add(&self, listener: Listener) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(listener);
        self.any.store(true, Ordering::Release);
    }

    pub(in crate::cache) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    fn all(&self) -> Vec<Listener> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Each on a task of its own.
    pub(in crate::cache) fn start(&self, spawner: &Spawner, events: &[Invalidation]) {
        for listener in self.all() {
            for event in events {
                let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                    say_untold(event, "1,024 others are being told");
                    continue;
                };
                let telling = listener.clone().tell(event.clone());
                let task = async move {
                    let _place = place;
                    telling.await;
                };
                spawner.spawn(task.instrument(Span::current()));
            }
        }
    }

    /// Tells them one after another, while the caller waits.
    pub(in crate::cache) async fn tell(&self, events: Vec<Invalidation>) {
        for listener in self.all() {
            for event in &events {
                listener.clone().tell(event.clone()).await;
            }
        }
    }

    /// For a cache without a spawner, when no caller waits.
    pub(in crate::cache) fn give_up(&self, events: &[Invalidation]) {
        for event in events {
            say_untold(event, "the cache has no spawner, and no task waits");
        }
    }
}
