//! The issuer's own list of its keys (RFC 7517 §5), fetched and kept (feature `jwks`).
//!
//! 1. The list is fetched when the app begins to serve, and again every ten minutes ([`refresh_every`](Jwks::refresh_every)),
//!    in the background. Where something else serves the app, the first token after that time causes it. A key that has left the
//!    list is forgotten then.
//! 2. A token of an unknown key whose claims are right has the list fetched again, and waits for it; others wait for the
//!    same fetch. So a new key works from its first token on, unless the list was fetched just before it came (3).
//! 3. There is at most one fetch in thirty seconds ([`at_most_every`](Jwks::at_most_every)), or in two before the first list,
//!    whatever tokens say and whether or not it succeeds; in between, unknown keys are refused at once.
//! 4. Where a fetch fails, or brings no key that can be used, the keys that are known go on working, however old; the log says
//!    so. Before the first list nobody can say whether a token is valid: 503.
//! 5. Each key has the algorithm that the list says, or else the usual one of its kind: RS256, ES256, ES384, EdDSA. Shared
//!    secrets, keys for encryption and keys of unknown kinds are left out.
//! 6. A fetch takes five seconds and 512 KiB at most, follows no redirect, and goes by HTTPS, except on the machine itself.
//!
//! ```
//! use routekit::auth::jwt::{Jwt, jwks::Jwks};
//!
//! let tokens = Jwt::new("https://login.example.com", "orders")
//!     .jwks(Jwks::url("https://login.example.com/.well-known/jwks.json"));
//! ```
//!
//! On a plain axum router it fetches nothing before it is handed a way to: see
//! [`Verifiers::started`](crate::auth::Verifiers::started).
//!
//! Behind a proxy, or with an HTTP client that the program has already, implement [`KeySource`].

mod http;
mod remote;
mod set;
mod source;

use std::{fmt, sync::Arc, time::Duration};

pub use self::source::KeySource;
use self::{http::HttpSource, remote::Remote, source::AnySource};
use super::{Algorithm, Key, keys::Keys};
use crate::auth::{VerifierContext, VerifyError};

/// Keys that are fetched. See the [module docs](crate::auth::jwt::jwks).
#[derive(Clone)]
#[must_use]
pub struct Jwks {
    source: Arc<dyn AnySource>,
    intervals: Intervals,
    /// Once it was handed what it fetches with.
    remote: Option<Arc<Remote>>,
    problems: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Intervals {
    refresh_every: Duration,
    at_most_every: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { refresh_every: Duration::from_secs(600), at_most_every: Duration::from_secs(30) }
    }
}

impl Jwks {
    /// From this URL, by HTTPS with the certificates that the system trusts. The app does not start with what is no URL.
    pub fn url(url: &str) -> Self {
        Self::of_url(url, None)
    }

    /// The same, trusting the certificates of this PEM instead of the system's: for an issuer with a private authority.
    pub fn url_trusting(url: &str, pem: impl AsRef<[u8]>) -> Self {
        Self::of_url(url, Some(pem.as_ref()))
    }

    fn of_url(url: &str, roots: Option<&[u8]>) -> Self {
        match HttpSource::new(url, roots) {
            Ok(source) => Self::from_source(source),
            Err(problem) => Self { problems: vec![problem], ..Self::from_source(source::Nowhere) },
        }
    }

    /// From wherever this says.
    pub fn from_source(source: impl KeySource) -> Self {
        Self { source: Arc::new(source), intervals: Intervals::default(), remote: None, problems: Vec::new() }
    }

    /// How old the list may become. Defaults to ten minutes.
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.intervals.refresh_every = interval;
        self
    }

    /// The shortest time from one fetch to the next. Defaults to thirty seconds.
    pub fn at_most_every(mut self, interval: Duration) -> Self {
        self.intervals.at_most_every = interval;
        self
    }

    pub(super) fn start(&mut self, context: &VerifierContext) {
        self.remote = Some(Arc::new(Remote::new(Arc::clone(&self.source), self.intervals, context.clone())));
    }

    pub(super) async fn run(&self) {
        if let Some(remote) = &self.remote {
            remote.run().await;
        }
    }

    /// With the keys of the last list; has the next fetched, in the background, where that is old.
    pub(super) fn with_keys<R>(&self, see: impl FnOnce(&Keys) -> R) -> R {
        match &self.remote {
            Some(remote) => remote.with_keys(see),
            None => see(&Keys::default()),
        }
    }

    /// Waits for a list that is new, if there may be one.
    pub(super) async fn fetch(&self) -> Result<(), VerifyError> {
        match &self.remote {
            Some(remote) => remote.fetch().await,
            None => {
                Err(VerifyError::unavailable("nothing was handed over to fetch keys with; call `Verifiers::started`"))
            }
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if self.intervals.refresh_every.is_zero() || self.intervals.at_most_every.is_zero() {
            problems.push("an interval of zero, in which keys would be fetched without end".to_owned());
        }
        problems
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("source", &self.source.name()).field("intervals", &self.intervals).finish()
    }
}
