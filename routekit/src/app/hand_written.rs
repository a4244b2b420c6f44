//! Hand-written axum routers beside the declared routes.
//!
//! An axum router does not list its paths, and axum panics if two routers conflict. So the app merges trial routers
//! first, catches the panic, keeps it off the terminal, and reports axum's message as a start-up problem.
//!
//! A program with `panic = "abort"` ends at the first such panic. So the panic hook prints the problem, after all
//! problems that were found before.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, Location, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use routekit_grammar::path::wrong_part;

use crate::{
    auth::AuthLayer,
    base::setup_problem::{Error, SetupProblem},
    edge::CrossSiteCheck,
    route::Reserved,
    watch::RouteLabelLayer,
};

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

    /// The problem with a path that no client sends.
    fn wrong_path(&self) -> Option<SetupProblem> {
        let path = self.path.as_deref()?;
        let (wrong, router) = (wrong_part(path)?, self.location.to_string());
        let message = format!("the path `{path}` of the router nested at {router}: {}", wrong.reason);
        Some(SetupProblem::new("invalid-path", message).at(router))
    }

    /// Adds layers to each of its routes and its fallback; `auth` only if the router is not public. `csrf` also checks
    /// requests without an identity, because the router may have a session layer of its own.
    pub(super) fn layer(self, matched: RouteLabelLayer, auth: &AuthLayer, csrf: Option<&CrossSiteCheck>) -> Self {
        let inner = match csrf {
            Some(csrf) => self.router.layer(csrf.clone().also_without_identity()),
            None => self.router,
        };
        let router = if self.public { inner } else { inner.layer(auth.clone()) };
        Self { router: router.layer(matched), path: self.path, location: self.location, public: self.public }
    }

    fn conflict(&self, subject: &str) -> Conflict {
        Conflict { subject: subject.to_owned(), router: self.location.to_string() }
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

    /// Adds this router to a copy of `base`, which is `subject`, or returns the problem. `known` are other problems.
    fn try_add_to(&self, base: &Router, subject: &str, known: &[SetupProblem]) -> Result<Router, SetupProblem> {
        let copy = Self { router: self.router.clone(), path: self.path.clone(), ..*self };
        let base = base.clone();
        quietly(|| copy.add_to(base), self.conflict(subject), known)
    }
}

/// A router and a part of the app that may not fit beside each other.
#[derive(Clone)]
struct Conflict {
    subject: String,
    router: String,
}

impl Conflict {
    /// The problem, for axum's reason.
    fn problem(self, reason: &str) -> SetupProblem {
        let Self { subject, router } = self;
        let message = format!("{subject} does not fit beside the router added at {router}\n  axum says: {reason}");
        SetupProblem::new("router-conflict", message).at(subject).at(router)
    }
}

/// Reports hand-written routers that conflict with each other or with the groups, those with routes at `reserved`
/// paths, and those nested at a path that no client sends.
pub(super) fn check(
    groups: &[Group],
    hand_written: &[HandWritten],
    reserved: &[Reserved],
    problems: &mut Vec<SetupProblem>,
) {
    problems.extend(hand_written.iter().filter_map(HandWritten::wrong_path));
    let mut together = Router::new();
    let mut fitting = Vec::new();
    for added in hand_written {
        match added.try_add_to(&together, "another hand-written router", problems) {
            Ok(router) => {
                together = router;
                fitting.push(added);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let mut unexplained = None;
    // If there are other problems, the groups may conflict with each other, too. A program that aborts tries each group
    // alone first, whose problem names the group.
    if problems.is_empty() && !ABORTS {
        match try_all(groups, &together, &fitting, problems) {
            Ok(()) => {
                fitting.iter().for_each(|added| added.check_reserved(reserved, problems));
                return;
            }
            Err(problem) => unexplained = Some(problem),
        }
    }
    for added in &fitting {
        let known = problems.len();
        for group in groups {
            if let Err(problem) = added.try_add_to(&group.router, &group.label, problems) {
                problems.push(problem);
                unexplained = None;
            }
        }
        // A conflict with the app's own router names the path already.
        if problems.len() == known {
            added.check_reserved(reserved, problems);
        }
    }
    if ABORTS && problems.is_empty() {
        unexplained = try_all(groups, &together, &fitting, problems).err();
    }
    problems.extend(unexplained);
}

/// Merges all groups into `together`, which consists of the routers that are `fitting`.
fn try_all(
    groups: &[Group],
    together: &Router,
    fitting: &[&HandWritten],
    known: &[SetupProblem],
) -> Result<(), SetupProblem> {
    let Some(last) = fitting.last() else { return Ok(()) };
    let merge = || groups.iter().fold(together.clone(), |all, group| all.merge(group.router.clone()));
    quietly(merge, last.conflict("the set of routes"), known).map(drop)
}

/// Merges all routes into one router. They do not conflict: [`check`] has verified it.
pub(super) fn combine(groups: Vec<Group>, hand_written: impl Iterator<Item = HandWritten>) -> Router {
    let together = hand_written.fold(Router::new(), |all, added| added.add_to(all));
    groups.into_iter().fold(together, |all, group| all.merge(group.router))
}

/// Whether a panic ends the program.
const ABORTS: bool = cfg!(panic = "abort");

/// Runs `action`, or returns the conflict with its panic message as a problem. The panic hook prints it only if the
/// program aborts, after the problems that are known already.
fn quietly<T>(action: impl FnOnce() -> T, conflict: Conflict, known: &[SetupProblem]) -> Result<T, SetupProblem> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = Arc::new(panic::take_hook());
    let forward = Arc::clone(&usual);
    let last_words = ABORTS.then(|| (conflict.clone(), known.to_vec()));
    panic::set_hook(Box::new(move |info| {
        // The hook still reports panics of other threads.
        if !QUIET.get() {
            forward(info);
        } else if let Some((conflict, known)) = &last_words {
            #[expect(clippy::print_stderr, reason = "the program ends here, before `main` could print it")]
            {
                eprintln!("Error: {}", with_known(known, conflict.clone(), text(info.payload())));
            }
        }
    }));
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(action));
    QUIET.set(false);
    drop(panic::take_hook());
    if let Ok(usual) = Arc::try_unwrap(usual) {
        panic::set_hook(usual);
    }
    result.map_err(|panic| conflict.problem(text(&*panic)))
}

/// All problems that a program knows when it aborts.
fn with_known(known: &[SetupProblem], conflict: Conflict, reason: &str) -> Error {
    Error::new(known.iter().cloned().chain([conflict.problem(reason)]).collect())
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests cannot abort, so this is the text of the hook.
    #[test]
    fn last_words_contain_every_known_problem() {
        let known = [SetupProblem::new("invalid-setting", "ROUTEKIT_ADDR is `x`")];
        let conflict =
            Conflict { subject: "GET /users (src/users.rs:1)".to_owned(), router: "src/main.rs:2".to_owned() };
        let error = with_known(&known, conflict, "Overlapping method route");
        assert_eq!(
            error.to_string(),
            "the app cannot start, for 2 reasons:\n\n  1. ROUTEKIT_ADDR is `x`\n\n  2. GET /users (src/users.rs:1) \
             does not fit beside the router added at src/main.rs:2\n       axum says: Overlapping method route"
        );
    }
}
