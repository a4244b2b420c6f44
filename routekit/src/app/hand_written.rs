//! Hand-written axum routers beside the discovered routes.
//!
//! An axum router does not say which paths it has, and panics where two do not fit together. So it is tried: the panic is
//! caught, kept from the terminal, and becomes a start-up problem with axum's words.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, Location, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;

use crate::{auth::AuthLayer, setup::SetupProblem, watch::RouteLabelLayer};

/// A router of the user's, and how it was added.
pub(super) struct HandWritten {
    router: Router,
    /// Where to nest it; merged if there is none.
    path: Option<String>,
    location: &'static Location<'static>,
    /// Whether nobody has to be identified, whatever the app says.
    public: bool,
}

/// One path of ours with its routes, to find the one that does not fit.
pub(super) struct Group {
    /// `GET /users (src/users.rs:10)`
    pub(super) label: String,
    pub(super) router: Router,
}

impl HandWritten {
    pub(super) fn merged(router: Router, location: &'static Location<'static>) -> Self {
        Self { router, path: None, location, public: false }
    }

    pub(super) fn nested(path: String, router: Router, location: &'static Location<'static>) -> Self {
        Self { router, path: Some(path), location, public: false }
    }

    pub(super) fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// Around each of its routes, and its fallback.
    pub(super) fn layer(self, matched: RouteLabelLayer, auth: &AuthLayer) -> Self {
        let router = if self.public { self.router } else { self.router.layer(auth.clone()) };
        Self { router: router.layer(matched), ..self }
    }

    fn conflict(&self, subject: &str, reason: String) -> SetupProblem {
        SetupProblem::RouterConflict { subject: subject.to_owned(), router: self.location.to_string(), reason }
    }

    /// `base` with this router added, or what axum says against it.
    fn add_to(&self, base: &Router) -> Result<Router, String> {
        let (base, router) = (base.clone(), self.router.clone());
        quietly(|| match &self.path {
            Some(path) => base.nest(path, router),
            None => base.merge(router),
        })
    }
}

/// All routes in one router; what does not fit goes to `problems`. With problems, old or new, the router is empty.
pub(super) fn combine(groups: Vec<Group>, hand_written: &[HandWritten], problems: &mut Vec<SetupProblem>) -> Router {
    let mut together = Router::new();
    let mut fitting = Vec::new();
    for added in hand_written {
        match added.add_to(&together) {
            Ok(router) => {
                together = router;
                fitting.push(added);
            }
            Err(reason) => problems.push(added.conflict("another hand-written router", reason)),
        }
    }
    // Without a problem the routes fit each other, and alone they need not be tried.
    if problems.is_empty() && hand_written.is_empty() {
        return groups.into_iter().fold(together, |all, group| all.merge(group.router));
    }
    let mut unexplained = None;
    if problems.is_empty() {
        match quietly(|| groups.iter().fold(together, |all, group| all.merge(group.router.clone()))) {
            Ok(router) => return router,
            Err(reason) => unexplained = Some(reason),
        }
    }
    for added in &fitting {
        for group in &groups {
            if let Err(reason) = added.add_to(&group.router) {
                problems.push(added.conflict(&group.label, reason));
                unexplained = None;
            }
        }
    }
    if let (Some(reason), Some(last)) = (unexplained, fitting.last()) {
        problems.push(last.conflict("the set of routes", reason));
    }
    Router::new()
}

/// Runs `action`, or returns what it panicked with, without the panic reaching the terminal.
fn quietly<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = Arc::new(panic::take_hook());
    let forward = Arc::clone(&usual);
    panic::set_hook(Box::new(move |info| {
        // Only this thread is quiet; a panic anywhere else is reported as ever.
        if !QUIET.get() {
            forward(info);
        }
    }));
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(action));
    QUIET.set(false);
    drop(panic::take_hook());
    if let Ok(usual) = Arc::try_unwrap(usual) {
        panic::set_hook(usual);
    }
    result.map_err(|panic| text(&*panic))
}

fn text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
