//! All verifiers of an app.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use http::{HeaderName, header, request::Parts};

use super::verifier::{AnyVerifier, BEARER, Verifier, VerifierContext, VerifyError};
use crate::{
    base::printable::{Chain, Printable},
    identity::{HeaderIdentity, Identity},
};

/// A list of verifiers, which are called in this order, those that [use no cookies](Verifier::uses_cookies) before the
/// others. See the [module docs](crate::auth).
#[derive(Default)]
pub struct Verifiers {
    all: Vec<Box<dyn AnyVerifier>>,
    /// `None` until they are started.
    context: Option<VerifierContext>,
}

/// A verifier, as the documentation of an API shows it.
#[cfg(feature = "schema")]
#[derive(Debug, Clone)]
pub(crate) struct VerifierFacts {
    pub(crate) scheme: Option<&'static str>,
    /// The headers that contain the credentials.
    pub(crate) headers: Vec<HeaderName>,
    pub(crate) uses_cookies: bool,
}

/// An identity, and whether its credentials may be in a cookie.
struct Verified {
    identity: Identity,
    uses_cookies: bool,
}

impl Verifiers {
    /// Creates an empty list, which identifies no client.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a verifier.
    #[must_use]
    pub fn with(mut self, verifier: impl Verifier) -> Self {
        self.add(verifier);
        self
    }

    pub(crate) fn add(&mut self, verifier: impl Verifier) {
        self.all.push(Box::new(verifier));
    }

    /// Passes the context to all verifiers. An app does this itself. Call it for use with a plain router:
    ///
    /// ```
    /// use routekit::{Clock, Spawner, auth::{VerifierContext, Verifiers}};
    ///
    /// let tasks = Spawner::new(|task| drop(tokio::spawn(task)));
    /// let verifiers = Verifiers::new().started(&VerifierContext::new(Clock::system(), tasks));
    /// ```
    #[must_use]
    pub fn started(mut self, context: &VerifierContext) -> Self {
        self.all.iter().for_each(|verifier| verifier.start(context));
        self.context = Some(context.clone());
        self
    }

    /// Returns the identity from the first verifier that finds credentials of its kind, or `None` if the request has
    /// no credentials.
    ///
    /// # Errors
    /// If these credentials are not valid for any verifier of the same [scheme](Verifier::scheme), whatever other
    /// credentials the request has; or if no verifier answers within ten seconds.
    pub async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(self.verified(request).await?.map(|verified| verified.identity))
    }

    /// Adds the identity of the client to `request`, if it has credentials.
    pub(crate) async fn identify(&self, request: &mut Parts) -> Result<(), VerifyError> {
        if let Some(Verified { identity, uses_cookies }) = self.verified(request).await? {
            if !uses_cookies && request.headers.contains_key(header::COOKIE) {
                request.extensions.insert(HeaderIdentity);
            }
            request.extensions.insert(identity);
        }
        Ok(())
    }

    async fn verified(&self, request: &Parts) -> Result<Option<Verified>, VerifyError> {
        let mut verification = pin!(self.first_match(request));
        // Most verifiers answer at once and need no timer.
        if let Poll::Ready(verified) = poll_fn(|cx| Poll::Ready(verification.as_mut().poll(cx))).await {
            return verified;
        }
        tokio::time::timeout(DEADLINE, verification).await.unwrap_or_else(|elapsed| {
            tracing::warn!(target: "routekit::auth", "the verifiers took too long");
            Err(VerifyError::unavailable(elapsed))
        })
    }

    /// Credentials that a verifier refuses are only offered to verifiers of the same scheme, such as those of two
    /// issuers. Other credentials beside them would hide the refusal (RFC 9110 §11.6.2).
    async fn first_match(&self, request: &Parts) -> Result<Option<Verified>, VerifyError> {
        let mut worst: Option<VerifyError> = None;
        let mut refused: Option<&dyn AnyVerifier> = None;
        // A browser sends a cookie by itself: it must not hide a header, which a client sends on purpose.
        let of_headers = self.all.iter().filter(|verifier| !verifier.uses_cookies());
        let of_cookies = self.all.iter().filter(|verifier| verifier.uses_cookies());
        for verifier in of_headers.chain(of_cookies) {
            if refused.is_some_and(|refused| !is_same_scheme(refused, &**verifier)) {
                continue;
            }
            let error = match verifier.verify(request, self.context.as_ref()).await {
                Ok(Some(identity)) => return Ok(Some(Verified { identity, uses_cookies: verifier.uses_cookies() })),
                Ok(None) => continue,
                Err(error) => error,
            };
            let cause = Printable(Chain(&error));
            if error.is_unavailable() {
                let verifier = verifier.name();
                tracing::warn!(target: "routekit::auth", verifier, error = %cause, "cannot verify credentials");
            } else {
                let verifier = verifier.name();
                tracing::debug!(target: "routekit::auth", verifier, error = %cause, "credentials refused");
            }
            // A verifier that is unavailable might have recognised the client.
            if error.is_unavailable() || worst.is_none() {
                worst = Some(error.of(verifier.scheme()));
            }
            refused.get_or_insert(&**verifier);
        }
        worst.map_or(Ok(None), Err)
    }

    /// Returns the [`Verifier::run`] futures, to be spawned. An app does this itself while it serves.
    pub fn run(self: &Arc<Self>) -> impl Iterator<Item = impl Future<Output = ()> + Send + use<>> {
        let all = Arc::clone(self);
        (0..all.all.len()).map(move |index| {
            let all = Arc::clone(&all);
            async move { all.all[index].run().await }
        })
    }

    /// Returns the names of the verifiers, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.all.iter().map(|verifier| verifier.name()).collect()
    }

    /// Returns whether there are no verifiers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The schemes of all verifiers, without duplicates.
    pub(super) fn schemes(&self) -> Vec<&'static str> {
        let mut schemes = Vec::new();
        for scheme in self.all.iter().filter_map(|verifier| verifier.scheme()) {
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
        }
        // A 401 must carry a challenge (RFC 9110 §15.5.2), even if no verifier has a scheme.
        if schemes.is_empty() { vec![BEARER] } else { schemes }
    }

    /// What the documentation of an API says about each verifier.
    #[cfg(feature = "schema")]
    pub(crate) fn facts(&self) -> impl Iterator<Item = VerifierFacts> {
        self.all.iter().map(|verifier| VerifierFacts {
            scheme: verifier.scheme(),
            headers: verifier.sensitive_headers(),
            uses_cookies: verifier.uses_cookies(),
        })
    }

    /// All headers that contain credentials.
    pub(crate) fn sensitive_headers(&self) -> Vec<HeaderName> {
        self.all.iter().flat_map(|verifier| verifier.sensitive_headers()).collect()
    }

    /// Returns all headers that an identity depends on, each once.
    pub(crate) fn identity_headers(&self) -> Vec<HeaderName> {
        let mut headers: Vec<HeaderName> = Vec::new();
        for name in self.all.iter().flat_map(|verifier| verifier.identity_headers()) {
            if !headers.contains(&name) {
                headers.push(name);
            }
        }
        headers
    }

    /// Returns the configuration errors with the name of their verifier. An app with errors does not start; with a
    /// plain router, check them yourself.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, String)> {
        let named = |verifier: &dyn AnyVerifier| {
            let name = verifier.name();
            verifier.problems().into_iter().map(move |problem| (name.clone(), problem))
        };
        self.all.iter().flat_map(|verifier| named(&**verifier)).collect()
    }
}

/// Whether two verifiers read the same credentials. A verifier without a scheme shares them with no other.
fn is_same_scheme(one: &dyn AnyVerifier, other: &dyn AnyVerifier) -> bool {
    // RFC 9110 §11.1.
    one.scheme().zip(other.scheme()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// The time that all verifiers together may take, so that an unresponsive service does not hold requests forever.
const DEADLINE: Duration = Duration::from_secs(10);

impl fmt::Debug for Verifiers {
    /// Prints only the names, because verifiers hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
