//! All verifiers of an app, asked as one.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use http::{HeaderName, request::Parts};

use super::{
    Verifier, VerifierContext, VerifyError,
    verifier::{AnyVerifier, BEARER},
};
use crate::{
    identity::Identity,
    printable::{Chain, Printable},
};

/// Verifiers in the order in which they are asked. See the [module docs](crate::auth).
#[derive(Default)]
pub struct Verifiers(Vec<Box<dyn AnyVerifier>>);

impl Verifiers {
    /// None yet: nobody is identified.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this one too.
    #[must_use]
    pub fn with(mut self, verifier: impl Verifier) -> Self {
        self.add(verifier);
        self
    }

    pub(crate) fn add(&mut self, verifier: impl Verifier) {
        self.0.push(Box::new(verifier));
    }

    /// Hands them what they may use. An app does that by itself; on a plain router, the program does:
    ///
    /// ```
    /// use routekit::{Clock, Spawner, auth::{VerifierContext, Verifiers}};
    ///
    /// let tasks = Spawner::new(|task| drop(tokio::spawn(task)));
    /// let verifiers = Verifiers::new().started(&VerifierContext::new(Clock::system(), tasks));
    /// ```
    #[must_use]
    pub fn started(mut self, context: &VerifierContext) -> Self {
        self.0.iter_mut().for_each(|verifier| verifier.start(context));
        self
    }

    /// Who sent this request: what the first that knows says. `None` where it has no credentials.
    ///
    /// # Errors
    /// There are credentials, and none of them are valid, or nobody can say within ten seconds.
    pub async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        let mut asked = pin!(self.ask(request));
        // Most know at once, and need no timer.
        if let Poll::Ready(verified) = poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx))).await {
            return verified;
        }
        tokio::time::timeout(DEADLINE, asked).await.unwrap_or_else(|elapsed| {
            tracing::warn!(target: "routekit::auth", "no verifier could say in time who is asking");
            Err(VerifyError::unavailable(elapsed))
        })
    }

    async fn ask(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        let mut worst: Option<VerifyError> = None;
        for verifier in &self.0 {
            let error = match verifier.verify(request).await {
                Ok(Some(identity)) => return Ok(Some(identity)),
                Ok(None) => continue,
                Err(error) => error,
            };
            let cause = Printable(Chain(&error));
            if error.is_unavailable() {
                tracing::warn!(target: "routekit::auth", verifier = verifier.name(), error = %cause, "cannot verify");
            } else {
                tracing::debug!(target: "routekit::auth", verifier = verifier.name(), error = %cause, "refused");
            }
            // Whoever cannot tell might have known the client.
            if error.is_unavailable() || worst.is_none() {
                worst = Some(error.of(verifier.scheme()));
            }
        }
        worst.map_or(Ok(None), Err)
    }

    /// What each better does while no request waits, until it is dropped: to be spawned. An app does that while it serves.
    pub fn run(self: &Arc<Self>) -> impl Iterator<Item = impl Future<Output = ()> + Send + use<>> {
        let all = Arc::clone(self);
        (0..all.0.len()).map(move |index| {
            let all = Arc::clone(&all);
            async move { all.0[index].run().await }
        })
    }

    /// What they are called, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|verifier| verifier.name()).collect()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The schemes that a client may use, without repetitions.
    pub(super) fn schemes(&self) -> Vec<&'static str> {
        let mut schemes = Vec::new();
        for scheme in self.0.iter().filter_map(|verifier| verifier.scheme()) {
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
        }
        // A 401 owes the client a challenge (RFC 9110 §15.5.2), whatever identifies it.
        if schemes.is_empty() { vec![BEARER] } else { schemes }
    }

    /// Every header that brings credentials.
    pub(crate) fn sensitive_headers(&self) -> Vec<HeaderName> {
        self.0.iter().flat_map(|verifier| verifier.sensitive_headers()).collect()
    }

    /// Whatever is wrong with each, by its name. An app does not start with any; on a plain router, the program looks.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, String)> {
        let named = |verifier: &dyn AnyVerifier| {
            let name = verifier.name();
            verifier.problems().into_iter().map(move |problem| (name.clone(), problem))
        };
        self.0.iter().flat_map(|verifier| named(&**verifier)).collect()
    }
}

/// How long verifiers may take that have to ask somebody else: none must hold requests for good.
const DEADLINE: Duration = Duration::from_secs(10);

impl fmt::Debug for Verifiers {
    /// Their names: they hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
