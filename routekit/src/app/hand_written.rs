//! Hand-written axum routers beside the declared routes.
//!
//! An axum router does not list its paths, and axum panics if two routers conflict. So the app merges trial routers
//! first, catches the panic, keeps it off the terminal, and reports axum's message as a start-up problem.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, Location, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;

use crate::{auth::AuthLayer, base::setup_problem::SetupProblem, route::Reserved, watch::RouteLabelLayer};

/// A router that the program added, and how.
pub(super) struct HandWritten {
    router: Router,
    /// The path to nest it at; `None` if it is merged.
    path: Option<String>,
    location: &'static Location<'static>,
    /// Whether the router stays open with `require_auth`.
    public: bool,
}

/// One path of the app with the routes of all its methods.
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

    /// Adds layers to each of its routes and its fallback; `auth` only if the router is not public.
    pub(super) fn layer(self, matched: RouteLabelLayer, auth: &AuthLayer) -> Self {
        let router = if self.public { self.router } else { self.router.layer(auth.clone()) };
        Self { router: router.layer(matched), ..self }
    }

    fn conflict(&self, subject: &str, reason: &str) -> SetupProblem {
        let router = self.location.to_string();
        let message = format!("{subject} does not fit beside the router added at {router}\n  axum says: {reason}");
        SetupProblem::new("router-conflict", message).at(subject).at(router)
    }

    /// Its full paths. axum shows them in the `Debug` output of a router and nowhere else.
    fn paths(&self) -> Vec<String> {
        let shown = format!("{:?}", self.router);
        // Its fallback is a router with paths, too.
        let routes = shown.split(", fallback_router: ").next().unwrap_or_default();
        let prefix = self.path.as_deref().unwrap_or_default().trim_end_matches('/');
        // As in `RouteId(1): "/users"`.
        let entries = routes.split("RouteId(").filter_map(|rest| rest.split_once("): \""));
        let entries = entries.filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_digit()));
        entries.filter_map(|(_, path)| Some(format!("{prefix}{}", path.split_once('"')?.0))).collect()
    }

    /// Reports the routes of this router at paths of the app itself.
    fn check_reserved(&self, reserved: &[Reserved], problems: &mut Vec<SetupProblem>) {
        let mut paths = self.paths();
        paths.sort_unstable();
        for path in paths {
            if let Some(own) = reserved.iter().find(|reserved| reserved.covers(&path)) {
                problems.push(own.problem(&path).listing([self.location.to_string()]));
            }
        }
    }

    /// Returns `base` with this router added. Panics if axum finds a conflict.
    fn add_to(self, base: Router) -> Router {
        match &self.path {
            Some(path) => base.nest(path, self.router),
            None => base.merge(self.router),
        }
    }

    /// Adds this router to a copy of `base`, or returns axum's reason why it cannot be added.
    fn try_add_to(&self, base: &Router) -> Result<Router, String> {
        let copy = Self { router: self.router.clone(), path: self.path.clone(), ..*self };
        let base = base.clone();
        quietly(|| copy.add_to(base))
    }
}

/// Reports hand-written routers that conflict with each other or with the groups, and those with routes at `reserved`
/// paths.
pub(super) fn check(
    groups: &[Group],
    hand_written: &[HandWritten],
    reserved: &[Reserved],
    problems: &mut Vec<SetupProblem>,
) {
    let mut together = Router::new();
    let mut fitting = Vec::new();
    for added in hand_written {
        match added.try_add_to(&together) {
            Ok(router) => {
                together = router;
                fitting.push(added);
            }
            Err(reason) => problems.push(added.conflict("another hand-written router", &reason)),
        }
    }
    let mut unexplained = None;
    // If there are other problems, the groups may conflict with each other, too.
    if problems.is_empty() {
        match quietly(|| groups.iter().fold(together, |all, group| all.merge(group.router.clone()))) {
            Ok(_) => {
                fitting.iter().for_each(|added| added.check_reserved(reserved, problems));
                return;
            }
            Err(reason) => unexplained = Some(reason),
        }
    }
    for added in &fitting {
        let known = problems.len();
        for group in groups {
            if let Err(reason) = added.try_add_to(&group.router) {
                problems.push(added.conflict(&group.label, &reason));
                unexplained = None;
            }
        }
        // A conflict with the app's own router names the path already.
        if problems.len() == known {
            added.check_reserved(reserved, problems);
        }
    }
    if let (Some(reason), Some(last)) = (unexplained, fitting.last()) {
        problems.push(last.conflict("the set of routes", &reason));
    }
}

/// Merges all routes into one router. They do not conflict: [`check`] has verified it.
pub(super) fn combine(groups: Vec<Group>, hand_written: impl Iterator<Item = HandWritten>) -> Router {
    let together = hand_written.fold(Router::new(), |all, added| added.add_to(all));
    groups.into_iter().fold(together, |all, group| all.merge(group.router))
}

/// Runs `action`, or returns its panic message. The panic hook does not print it.
fn quietly<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = Arc::new(panic::take_hook());
    let forward = Arc::clone(&usual);
    panic::set_hook(Box::new(move |info| {
        // The hook still reports panics of other threads.
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
