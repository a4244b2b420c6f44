//! The trait that verifies credentials.

use std::{any::type_name, borrow::Cow, error::Error, fmt, future::Future, pin::Pin, sync::Arc};

use http::{HeaderName, header, request::Parts};

use crate::{
    base::{clock::Clock, spawner::Spawner},
    identity::Identity,
};

/// Verifies one kind of credentials.
///
/// ```
/// use http::{HeaderName, request::Parts};
/// use routekit::{auth::{Verifier, VerifyError}, identity::Identity};
///
/// /// Trusts the peer name that the service mesh sends.
/// struct Peer;
///
/// impl Verifier for Peer {
///     async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
///         let Some(peer) = request.headers.get("x-mesh-peer") else { return Ok(None) };
///         let name = peer.to_str().map_err(|_| VerifyError::refused("not text"))?;
///         Ok(Some(Identity::new(name).with_roles(["service"])))
///     }
///
///     fn sensitive_headers(&self) -> Vec<HeaderName> {
///         vec![HeaderName::from_static("x-mesh-peer")]
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Verifier`",
    note = "pass functions to `App::identify`; implement `routekit::auth::Verifier` for types of your own"
)]
pub trait Verifier: Send + Sync + 'static {
    /// Returns the client that sent the request, or `None` if it has no credentials of this kind.
    ///
    /// # Errors
    /// [`VerifyError::refused`] if the credentials are not valid, [`VerifyError::unavailable`] if they cannot be
    /// verified.
    ///
    /// # Cancel safety
    /// The future is dropped if the client disconnects.
    fn verify(&self, request: &Parts) -> impl Future<Output = Result<Option<Identity>, VerifyError>> + Send;

    /// Returns the name in logs and error messages. Defaults to the name of the type.
    fn name(&self) -> String {
        type_name::<Self>().to_owned()
    }

    /// Returns the authentication scheme of the challenge (RFC 9110 §11.3), such as `Bearer`. Defaults to none.
    ///
    /// Verifiers of one scheme read the same credentials: those that one of them refuses are offered to the next. So a
    /// verifier for a second issuer of bearer tokens, or for API keys in a database, needs the scheme of the first.
    fn scheme(&self) -> Option<&'static str> {
        None
    }

    /// Returns the headers that contain the credentials and must not be logged. `Authorization` and `Cookie` are never
    /// logged.
    fn sensitive_headers(&self) -> Vec<HeaderName> {
        Vec::new()
    }

    /// Returns the headers that the identity depends on. Responses that are cached per user name them in `Vary`, so
    /// that no cache further out gives them to another user. Defaults to
    /// [`sensitive_headers`](Self::sensitive_headers), or to `Authorization` and `Cookie` if there are none.
    fn identity_headers(&self) -> Vec<HeaderName> {
        let headers = self.sensitive_headers();
        if headers.is_empty() { vec![header::AUTHORIZATION, header::COOKIE] } else { headers }
    }

    /// Returns whether the credentials may be in a cookie. Defaults to true.
    ///
    /// If so, and the request has a `Cookie` header, [`csrf`](crate::edge::csrf) refuses requests of other sites.
    /// Return false only if the verifier never reads cookies, nor a header that a proxy makes from them. Such verifiers
    /// are called before those that may read cookies.
    fn uses_cookies(&self) -> bool {
        true
    }

    /// Returns the configuration errors, which keep the app from starting. They must not contain secrets.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Runs for as long as the app serves, for background work. The future is dropped at shutdown.
    fn run(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Identifies the client of a request to the app with this context. Defaults to [`verify`](Self::verify).
    ///
    /// Implement it too if the verifier tells the time: apps that share a verifier may have different clocks.
    fn verify_in(
        &self,
        request: &Parts,
        context: &VerifierContext,
    ) -> impl Future<Output = Result<Option<Identity>, VerifyError>> + Send {
        let _ = context;
        self.verify(request)
    }

    /// Receives the clock and the spawner before the first request. A verifier that several apps share is started by
    /// each of them.
    fn start(&self, context: &VerifierContext) {
        let _ = context;
    }
}

/// A verifier that the program also uses elsewhere, for example as a [`Dep`](crate::Dep).
impl<V: Verifier> Verifier for Arc<V> {
    fn verify(&self, request: &Parts) -> impl Future<Output = Result<Option<Identity>, VerifyError>> + Send {
        V::verify(self, request)
    }

    fn verify_in(
        &self,
        request: &Parts,
        context: &VerifierContext,
    ) -> impl Future<Output = Result<Option<Identity>, VerifyError>> + Send {
        V::verify_in(self, request, context)
    }

    fn name(&self) -> String {
        V::name(self)
    }

    fn scheme(&self) -> Option<&'static str> {
        V::scheme(self)
    }

    fn sensitive_headers(&self) -> Vec<HeaderName> {
        V::sensitive_headers(self)
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        V::identity_headers(self)
    }

    fn uses_cookies(&self) -> bool {
        V::uses_cookies(self)
    }

    fn problems(&self) -> Vec<String> {
        V::problems(self)
    }

    fn run(&self) -> impl Future<Output = ()> + Send {
        V::run(self)
    }

    fn start(&self, context: &VerifierContext) {
        V::start(self, context);
    }
}

/// The clock and the spawner that a [`Verifier`] receives at start-up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifierContext {
    /// The clock of the app.
    pub clock: Clock,
    /// Spawns background tasks.
    pub spawner: Spawner,
}

impl VerifierContext {
    /// Creates a context, for use without an app.
    #[must_use]
    pub fn new(clock: Clock, spawner: Spawner) -> Self {
        Self { clock, spawner }
    }
}

/// The reason why a request with credentials has no identity.
#[derive(Debug)]
pub struct VerifyError {
    kind: VerifyErrorKind,
    /// The scheme of the credentials.
    scheme: &'static str,
}

/// The scheme of RFC 6750 §1. Also used for verifiers without a scheme.
pub(super) const BEARER: &str = "Bearer";

#[derive(Debug)]
enum VerifyErrorKind {
    Refused(Cow<'static, str>),
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl VerifyError {
    /// Creates the error for credentials that are not valid: 401.
    ///
    /// The reason is logged at level `debug` and not sent to the client. It must not repeat the credentials.
    pub fn refused(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: VerifyErrorKind::Refused(reason.into()), scheme: BEARER }
    }

    /// Creates the error for credentials that cannot be verified at the moment: 503. The cause is logged at level
    /// `warn`.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: VerifyErrorKind::Unavailable(cause.into()), scheme: BEARER }
    }

    /// Returns whether the credentials could not be verified.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, VerifyErrorKind::Unavailable(_))
    }

    /// Attaches the scheme of the credentials.
    pub(super) fn of(self, scheme: Option<&'static str>) -> Self {
        Self { scheme: scheme.unwrap_or(BEARER), ..self }
    }

    pub(super) fn scheme(&self) -> &'static str {
        self.scheme
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            VerifyErrorKind::Refused(reason) => write!(f, "the credentials are not valid: {reason}"),
            VerifyErrorKind::Unavailable(_) => f.write_str("the credentials cannot be verified"),
        }
    }
}

impl Error for VerifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            VerifyErrorKind::Refused(_) => None,
            VerifyErrorKind::Unavailable(cause) => Some(&**cause),
        }
    }
}

/// An object-safe [`Verifier`].
pub(super) trait AnyVerifier: Send + Sync {
    /// `context` is that of the app, if the verifiers are started.
    fn verify<'a>(&'a self, request: &'a Parts, context: Option<&'a VerifierContext>) -> Verifying<'a>;
    fn run(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn name(&self) -> String;
    fn scheme(&self) -> Option<&'static str>;
    fn sensitive_headers(&self) -> Vec<HeaderName>;
    fn identity_headers(&self) -> Vec<HeaderName>;
    fn uses_cookies(&self) -> bool;
    fn problems(&self) -> Vec<String>;
    fn start(&self, context: &VerifierContext);
}

pub(super) type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Option<Identity>, VerifyError>> + Send + 'a>>;

impl<V: Verifier> AnyVerifier for V {
    fn verify<'a>(&'a self, request: &'a Parts, context: Option<&'a VerifierContext>) -> Verifying<'a> {
        match context {
            Some(context) => Box::pin(Verifier::verify_in(self, request, context)),
            None => Box::pin(Verifier::verify(self, request)),
        }
    }

    fn run(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Verifier::run(self))
    }

    fn name(&self) -> String {
        Verifier::name(self)
    }

    fn scheme(&self) -> Option<&'static str> {
        Verifier::scheme(self)
    }

    fn sensitive_headers(&self) -> Vec<HeaderName> {
        Verifier::sensitive_headers(self)
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        Verifier::identity_headers(self)
    }

    fn uses_cookies(&self) -> bool {
        Verifier::uses_cookies(self)
    }

    fn problems(&self) -> Vec<String> {
        Verifier::problems(self)
    }

    fn start(&self, context: &VerifierContext) {
        Verifier::start(self, context);
    }
}
