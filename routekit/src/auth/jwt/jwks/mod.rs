//! Keys that are fetched from the issuer as a JSON Web Key Set (RFC 7517 §5; feature `jwks`).
//!
//! ```
//! use routekit::auth::jwt::{Jwt, jwks::Jwks};
//!
//! let tokens = Jwt::new("https://login.example.com", "orders")
//!     .jwks(Jwks::url("https://login.example.com/.well-known/jwks.json"));
//! ```
//!
//! 1. The key set is fetched in the background, when the app starts to serve and then every ten minutes
//!    ([`refresh_every`](Jwks::refresh_every)). If a server other than the app's runs it, the first token after that
//!    time starts the fetch. A key that is no longer in the set is no longer used.
//! 2. A token with an unknown key but valid claims starts a fetch and waits for it. Concurrent requests wait for the
//!    same fetch. So a new key works from its first token on, unless the key set was fetched just before (3).
//! 3. There is at most one fetch per thirty seconds ([`at_most_every`](Jwks::at_most_every)), or per two seconds before
//!    the first success, whatever the tokens say and whether or not the fetch succeeds. In between, unknown keys are
//!    refused at once.
//! 4. If a fetch fails or returns no usable key, the known keys stay in use, regardless of their age, and the failure
//!    is logged. Before the first success, tokens cannot be verified and the response is a 503.
//! 5. The algorithm of a key is the one that the set states, else the usual one of its kind: RS256, ES256, ES384,
//!    EdDSA. Shared secrets, encryption keys and keys of unknown kinds are ignored, and so are parameters of a key that
//!    are not used, such as `x5c`. All keys with the `kid` of a token are tried, at most eight.
//! 6. A fetch takes at most five seconds and accepts at most 512 KiB. It follows no redirects and uses HTTPS, except to
//!    loopback addresses.
//!
//! On a plain axum router nothing is fetched before [`Verifiers::started`](crate::auth::Verifiers::started) has been
//! called. To fetch through a proxy, or with the program's own HTTP client, implement [`KeySource`].

mod http;
mod remote;
mod set;
mod source;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

pub use self::source::KeySource;
use self::{
    http::HttpSource,
    remote::{Intervals, Remote},
    source::AnySource,
};
use super::keys::Keys;
use crate::auth::{VerifierContext, VerifyError};

/// Keys that are fetched from the issuer. See the [module docs](crate::auth::jwt::jwks).
#[doc(alias = "oidc")]
#[derive(Clone)]
#[must_use]
pub struct Jwks {
    source: Arc<dyn AnySource>,
    intervals: Intervals,
    /// Empty until [`start`](Self::start).
    remote: OnceLock<Arc<Remote>>,
    problems: Vec<String>,
}

impl Jwks {
    /// Fetches keys from this URL, over HTTPS with the certificates that the system trusts.
    ///
    /// The app does not start if the URL is not valid.
    pub fn url(url: &str) -> Self {
        Self::of_url(url, None)
    }

    /// Fetches keys from this URL, and trusts only the certificates in this PEM file, for an issuer with a private
    /// certificate authority.
    pub fn url_trusting(url: &str, pem: impl AsRef<[u8]>) -> Self {
        Self::of_url(url, Some(pem.as_ref()))
    }

    fn of_url(url: &str, roots: Option<&[u8]>) -> Self {
        match HttpSource::new(url, roots) {
            Ok(source) => Self::from_source(source),
            Err(problem) => Self { problems: vec![problem], ..Self::from_source(source::Nowhere) },
        }
    }

    /// Fetches keys from a source of your own.
    pub fn from_source(source: impl KeySource) -> Self {
        Self {
            source: Arc::new(source),
            intervals: Intervals::default(),
            remote: OnceLock::new(),
            problems: Vec::new(),
        }
    }

    /// Sets how long a key set is used before it is fetched again. Defaults to ten minutes.
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.intervals.refresh_every = interval;
        self
    }

    /// Sets the minimum time between two fetches. Defaults to thirty seconds.
    pub fn at_most_every(mut self, interval: Duration) -> Self {
        self.intervals.at_most_every = interval;
        self
    }

    /// Only the first call has an effect, so that apps that share a verifier share its keys.
    pub(super) fn start(&self, context: &VerifierContext) {
        let remote = || Arc::new(Remote::new(Arc::clone(&self.source), self.intervals, context.clone()));
        self.remote.get_or_init(remote);
    }

    pub(super) async fn run(&self) {
        if let Some(remote) = self.remote.get() {
            remote.run().await;
        }
    }

    /// Calls `see` with the current keys. Starts a fetch in the background if they are too old.
    pub(super) fn with_keys<R>(&self, see: impl FnOnce(&Keys) -> R) -> R {
        match self.remote.get() {
            Some(remote) => remote.with_keys(see),
            None => see(&Keys::default()),
        }
    }

    /// Waits for a new key set if one may be fetched now.
    pub(super) async fn fetch(&self) -> Result<(), VerifyError> {
        match self.remote.get() {
            Some(remote) => remote.fetch().await,
            None => Err(VerifyError::unavailable("keys cannot be fetched before `Verifiers::started` has been called")),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if self.intervals.refresh_every.is_zero() || self.intervals.at_most_every.is_zero() {
            problems.push("an interval of zero would fetch keys without end".to_owned());
        }
        problems
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("source", &self.source.name()).field("intervals", &self.intervals).finish()
    }
}
