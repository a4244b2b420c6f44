//! Everything that can be wrong before the port opens, and how a person reads it.
//!
//! An app reports all of it at once, each problem with the places it concerns.

use std::{fmt, io, net::SocketAddr};

/// Why an app did not start, or did not end well.
///
/// `Debug` and `Display` are the same text, written for a terminal, so that `fn main() -> Result<(), routekit::Error>`
/// prints what a person wants to read and exits with code 1.
pub struct Error {
    problems: Vec<SetupProblem>,
}

/// One thing that keeps an app from starting, or from ending well.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupProblem {
    /// Two routes have the same method and path.
    #[non_exhaustive]
    DuplicateRoute {
        /// `GET /users`
        route: String,
        /// file:line of each.
        locations: Vec<String>,
    },
    /// Two paths match the same requests, so that axum cannot tell them apart.
    #[non_exhaustive]
    OverlappingPaths {
        /// Each path with its file:line.
        paths: Vec<(String, String)>,
    },
    /// A route has a path that the app serves itself.
    #[non_exhaustive]
    ReservedPath {
        /// The path.
        path: String,
        /// What the app serves there.
        what: &'static str,
        /// file:line of each route.
        locations: Vec<String>,
    },
    /// A route and a merged or nested hand-written router do not fit together.
    #[non_exhaustive]
    RouterConflict {
        /// The route, or the other router, with its file:line.
        subject: String,
        /// file:line of the `merge` or `nest`.
        router: String,
        /// What axum says.
        reason: String,
    },
    /// Two routes have the same `operation_id`.
    #[non_exhaustive]
    DuplicateOperationId {
        /// The id.
        operation_id: String,
        /// Each route with its file:line.
        routes: Vec<String>,
    },
    /// Routes take a `Dep<T>` that nobody provided.
    #[non_exhaustive]
    MissingDependency {
        /// The `T`.
        type_name: &'static str,
        /// The routes that want it, with file:line.
        routes: Vec<String>,
    },
    /// Routes have a `state = T` that nobody provided.
    #[non_exhaustive]
    MissingState {
        /// The `T`.
        type_name: &'static str,
        /// The routes that want it, with file:line.
        routes: Vec<String>,
    },
    /// Routes want to know who is asking, and nobody can find out.
    #[non_exhaustive]
    NoVerifier {
        /// The routes, with file:line; none where only the app asks for it.
        routes: Vec<String>,
    },
    /// Routes take an `Identity` and let everybody in.
    #[non_exhaustive]
    MissingIdentity {
        /// The routes, with file:line.
        routes: Vec<String>,
    },
    /// A verifier of credentials is not in order.
    #[non_exhaustive]
    InvalidVerifier {
        /// Its name.
        verifier: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The same type was provided twice.
    #[non_exhaustive]
    ProvidedTwice {
        /// The type.
        type_name: &'static str,
        /// file:line of each `provide`.
        locations: Vec<String>,
    },
    /// A crate that should bring routes brings none.
    #[non_exhaustive]
    MissingCrate {
        /// The crate.
        name: String,
        /// The crates that do.
        linked: Vec<String>,
    },
    /// The prefix is not a path without placeholders.
    #[non_exhaustive]
    InvalidPrefix {
        /// The prefix.
        prefix: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A path that axum does not take, from a route that was not written with the attribute's checks.
    #[non_exhaustive]
    InvalidPath {
        /// The route with its file:line.
        route: String,
        /// What the matcher says.
        reason: String,
    },
    /// A configuration file cannot be read.
    #[non_exhaustive]
    InvalidFile {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting that there is not.
    #[non_exhaustive]
    UnknownSetting {
        /// Where it was set: `ROUTEKIT_ADRR`.
        setting: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// The settings that there are.
        known: Vec<&'static str>,
    },
    /// Configuration names a route that there is not.
    #[non_exhaustive]
    UnknownRoute {
        /// The route: `GET /v2/user`.
        route: String,
        /// Who named it.
        named_by: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A setting has a value that makes no sense.
    #[non_exhaustive]
    InvalidSetting {
        /// Where it was set: `ROUTEKIT_ADDR`.
        setting: String,
        /// What it says.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two declarations of one circuit breaker do not agree.
    #[non_exhaustive]
    DifferentBreakers {
        /// Its name.
        name: String,
        /// What each says, and where: `failure_rate 0.5, …`, `GET /v2/users (src/users.rs:10)`.
        declarations: Vec<(String, String)>,
    },
    /// The settings of a circuit breaker make no sense.
    #[non_exhaustive]
    InvalidBreaker {
        /// Its name.
        name: String,
        /// Where it is declared.
        declared_by: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A page that is to be asked for before the app is ready, or its host, makes no sense.
    #[non_exhaustive]
    InvalidWarmUp {
        /// What the program says: `.warm("/v2/user")`, in backticks.
        call: String,
        /// file:line of the call.
        location: String,
        /// What is wrong with it.
        reason: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// `telemetry::init` was called in a program that has a subscriber.
    #[non_exhaustive]
    SubscriberExists {
        /// What `tracing` says.
        reason: String,
    },
    /// The address cannot be listened on.
    #[non_exhaustive]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What chose it.
        setting: String,
        /// The variable that chooses another.
        variable: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The app was told to stop, and some requests did not finish in time.
    #[non_exhaustive]
    CutOff {
        /// How many connections were busy with them.
        connections: usize,
    },
    /// The server itself failed.
    #[non_exhaustive]
    Serve {
        /// What the system says.
        error: io::Error,
    },
}

impl Error {
    pub(crate) fn into_problems(self) -> Vec<SetupProblem> {
        self.problems
    }

    pub(crate) fn new(problems: Vec<SetupProblem>) -> Self {
        Self { problems }
    }

    /// Everything that was found, in a fixed order.
    #[must_use]
    pub fn problems(&self) -> &[SetupProblem] {
        &self.problems
    }
}

impl From<SetupProblem> for Error {
    fn from(problem: SetupProblem) -> Self {
        Self::new(vec![problem])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem @ (SetupProblem::CutOff { .. } | SetupProblem::Serve { .. })] => write!(f, "{problem}"),
            [problem] => write!(f, "the app cannot start: {problem}"),
            problems => {
                write!(f, "the app cannot start, for {} reasons:", problems.len())?;
                for (number, problem) in problems.iter().enumerate() {
                    write!(f, "\n\n{:3}. {}", number + 1, problem.to_string().replace('\n', "\n     "))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cause is part of the text.
impl std::error::Error for Error {}

impl std::error::Error for SetupProblem {}

impl fmt::Display for SetupProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateRoute { route, locations } => {
                write!(f, "`{route}` is declared {} times", locations.len())?;
                lines(f, locations)
            }
            Self::OverlappingPaths { paths } => {
                f.write_str("these paths match the same requests; ")?;
                f.write_str(if paths.iter().any(|(path, _)| path.contains("{*")) {
                    "a placeholder and a catch-all cannot share a place: drop one, or put a literal before it"
                } else {
                    "drop one, or give their placeholders the same names"
                })?;
                for (path, location) in paths {
                    write!(f, "\n  `{path}` at {location}")?;
                }
                Ok(())
            }
            Self::ReservedPath { path, what, locations } => {
                write!(f, "`{path}` is where routekit serves {what}; give the route another path")?;
                lines(f, locations)
            }
            Self::RouterConflict { subject, router, reason } => {
                write!(f, "{subject} does not fit beside the router added at {router}\n  axum says: {reason}")
            }
            Self::DuplicateOperationId { operation_id, routes } => {
                write!(f, "the operation id `{operation_id}` is given to {} routes", routes.len())?;
                lines(f, routes)
            }
            Self::MissingDependency { type_name, routes } => {
                write!(f, "nobody provides `{type_name}`; add `.provide(…)` to the app. It is wanted by")?;
                lines(f, routes)
            }
            Self::MissingState { type_name, routes } => {
                write!(f, "nobody provides the state `{type_name}`; add `.provide(…)` to the app. It is wanted by")?;
                lines(f, routes)
            }
            Self::NoVerifier { routes } => {
                f.write_str(
                    "nobody verifies credentials; add `.verifier(…)` or `.identify(…)` to the app (where a layer of yours puts an \
                     `Identity` into requests, `.identify(async |_| None)`). ",
                )?;
                if routes.is_empty() {
                    return f.write_str("`.require_auth()` wants it");
                }
                f.write_str("It is wanted by")?;
                lines(f, routes)
            }
            Self::MissingIdentity { routes } => {
                f.write_str(
                    "these routes take an `Identity` and let everybody in; add `auth`, or take an `Option` of it",
                )?;
                lines(f, routes)
            }
            Self::InvalidVerifier { verifier, reason } => write!(f, "{verifier}: {reason}"),
            Self::ProvidedTwice { type_name, locations } => {
                write!(
                    f,
                    "`{type_name}` is provided twice; a dependency is found by its type, so wrap one in a type of its own"
                )?;
                lines(f, locations)
            }
            Self::MissingCrate { name, linked } => {
                write!(
                    f,
                    "the crate `{name}` brings no routes; linkers drop crates that nothing refers to, so write `use {} as _;`",
                    name.replace('-', "_")
                )?;
                if linked.is_empty() {
                    f.write_str("\n  no crate brings routes")
                } else {
                    write!(f, "\n  routes come from {}", linked.join(", "))
                }
            }
            Self::InvalidPrefix { prefix, reason } => write!(f, "the prefix `{prefix}` {reason}"),
            Self::InvalidPath { route, reason } => write!(f, "{route}: {reason}"),
            Self::InvalidFile { file, reason } => write!(f, "{file} cannot be read: {reason}"),
            Self::UnknownSetting { setting, nearest, known } => {
                write!(f, "{setting}: there is no such setting")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?")?,
                    None => f.write_str(".")?,
                }
                write!(f, "\n  there are {}", known.join(", "))
            }
            Self::UnknownRoute { route, named_by, nearest } => {
                write!(f, "{named_by} names the route `{route}`, which the app does not have")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::InvalidSetting { setting, value, reason } => write!(f, "{setting} is `{value}`: {reason}"),
            Self::DifferentBreakers { name, declarations } => {
                write!(
                    f,
                    "the circuit breaker `{name}` is declared in different ways; say it once, and `breaker(name = \"{name}\")` elsewhere"
                )?;
                declarations.iter().try_for_each(|(said, place)| write!(f, "\n  {place}: {said}"))
            }
            Self::InvalidBreaker { name, declared_by, reason } => {
                write!(f, "the circuit breaker `{name}` of {declared_by}: {reason}")
            }
            Self::InvalidWarmUp { call, location, reason, nearest } => {
                write!(f, "{call} at {location}: {reason}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::SubscriberExists { reason } => {
                write!(f, "`telemetry::init` finds that somebody logs already; call it first, or not at all: {reason}")
            }
            Self::Bind { addr, setting, variable, error } => {
                write!(f, "cannot listen on {addr} ({setting}): {error}\n  set {variable} to another address")?;
                if *variable == "ROUTEKIT_ADMIN_ADDR" {
                    f.write_str(", or to `main` or `off`")?;
                }
                Ok(())
            }
            Self::CutOff { connections } => {
                write!(f, "{connections} connections were cut off: their requests did not finish in time")
            }
            Self::Serve { error } => write!(f, "the server failed: {error}"),
        }
    }
}

/// The name that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    routekit_grammar::suggest::nearest(name, known)
}

fn lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
}
