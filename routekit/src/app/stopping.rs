//! How a program stops its app, and what it does at the end.

use std::{future::Future, panic::Location, time::Duration};

use super::{
    builder::App,
    shutdown_hook::{HookOutput, ShutdownHook},
};
use crate::shutdown::Shutdown;

/// How long a hook may take unless it says otherwise.
const DEFAULT_BUDGET: Duration = Duration::from_secs(5);

/// How the app stops. See [`shutdown`](crate::shutdown).
impl App {
    /// Returns the handle that begins the shutdown and tells of it. Handlers take it as a `Dep<Shutdown>`.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.spec.program.shutdown.clone()
    }

    /// Adds a function that runs when the app stops, after the last request: it closes a pool, or flushes a queue.
    ///
    /// ```
    /// # use routekit::App;
    /// # #[derive(Clone)] struct Outbox;
    /// # impl Outbox { async fn flush(&self) -> std::io::Result<()> { Ok(()) } }
    /// # let outbox = Outbox;
    /// let app = App::discover().on_shutdown("outbox", async move || outbox.flush().await);
    /// ```
    ///
    /// 1. Hooks run one after the other, the last one that was added first. So add the hook of a part after the hooks
    ///    of the parts that it uses.
    /// 2. A hook has five seconds ([`on_shutdown_within`](Self::on_shutdown_within)), or less if that is necessary for
    ///    all hooks to run before `server.shutdown_deadline`.
    /// 3. A hook that fails, panics or takes too long does not keep the others from running. It is logged, and `serve`
    ///    returns an error.
    /// 4. Hooks run only if routekit serves the app, and not after a second signal.
    #[track_caller]
    pub fn on_shutdown<F, R>(self, name: impl Into<String>, hook: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output: HookOutput> + Send + 'static,
    {
        self.on_shutdown_within(name, DEFAULT_BUDGET, hook)
    }

    /// Adds a function like [`on_shutdown`](Self::on_shutdown), which may take this long.
    #[track_caller]
    pub fn on_shutdown_within<F, R>(mut self, name: impl Into<String>, budget: Duration, hook: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output: HookOutput> + Send + 'static,
    {
        self.spec.program.shutdown_hooks.push(ShutdownHook {
            name: name.into(),
            budget,
            run: Box::new(move || Box::pin(async move { hook().await.outcome() })),
            location: Location::caller(),
        });
        self
    }
}
