//! What a way of verifying credentials is.

use std::{any::type_name, borrow::Cow, error::Error, fmt, future::Future, pin::Pin};

use http::{HeaderName, request::Parts};

use crate::{clock::Clock, identity::Identity, spawner::Spawner};

/// A way to find out who sent a request.
///
/// ```
/// use http::{HeaderName, request::Parts};
/// use routekit::{auth::{Verifier, VerifyError}, identity::Identity};
///
/// /// Trusts what the mesh says of its peers.
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
    message = "`{Self}` verifies nobody: it is no `Verifier`",
    note = "a function goes to `App::identify`; a type of yours implements `routekit::auth::Verifier`"
)]
pub trait Verifier: Send + Sync + 'static {
    /// Who sent this request; `None` where it has no credentials of this kind.
    ///
    /// # Errors
    /// The credentials are not valid, or it cannot be said whether they are.
    ///
    /// # Cancel safety
    /// Is dropped where the client leaves.
    fn verify(&self, request: &Parts) -> impl Future<Output = Result<Option<Identity>, VerifyError>> + Send;

    /// What to call it in logs and in what is wrong with it. Defaults to its type.
    fn name(&self) -> String {
        type_name::<Self>().to_owned()
    }

    /// The scheme that its challenge names (RFC 9110 §11.3), such as `Bearer`. Defaults to none.
    fn scheme(&self) -> Option<&'static str> {
        None
    }

    /// The headers that bring its credentials, to be kept out of logs. `Authorization` and `Cookie` always are.
    fn sensitive_headers(&self) -> Vec<HeaderName> {
        Vec::new()
    }

    /// Whatever is wrong with it, for the app not to start. Never with a secret.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Does what is better done while no request waits, for as long as the app serves. Is dropped at its end.
    fn run(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Is handed what it may use, before the first request.
    fn start(&mut self, context: &VerifierContext) {
        let _ = context;
    }
}

/// What a [`Verifier`] may use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifierContext {
    /// What time it is.
    pub clock: Clock,
    /// How to do what no request waits for.
    pub spawner: Spawner,
}

impl VerifierContext {
    /// These.
    #[must_use]
    pub fn new(clock: Clock, spawner: Spawner) -> Self {
        Self { clock, spawner }
    }
}

/// Why nobody was identified although there are credentials.
#[derive(Debug)]
pub struct VerifyError {
    kind: Kind,
    /// Of the credentials that are meant.
    scheme: &'static str,
}

/// RFC 6750 §1. What a verifier without a scheme is taken for.
pub(super) const BEARER: &str = "Bearer";

#[derive(Debug)]
enum Kind {
    Refused(Cow<'static, str>),
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl VerifyError {
    /// The credentials are not valid, for this reason: 401. The log has it, at level `debug`; the client does not. It must
    /// not repeat the credentials.
    pub fn refused(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Refused(reason.into()), scheme: BEARER }
    }

    /// It cannot be said whether they are valid: 503. The cause is logged, at level `warn`.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Unavailable(cause.into()), scheme: BEARER }
    }

    /// Whether this says nothing of the credentials.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, Kind::Unavailable(_))
    }

    /// Said of credentials of this scheme.
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
            Kind::Refused(reason) => write!(f, "the credentials are not valid: {reason}"),
            Kind::Unavailable(_) => f.write_str("the credentials cannot be verified"),
        }
    }
}

impl Error for VerifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Refused(_) => None,
            Kind::Unavailable(cause) => Some(&**cause),
        }
    }
}

/// A [`Verifier`] whose type is not known.
pub(super) trait AnyVerifier: Send + Sync {
    fn verify<'a>(&'a self, request: &'a Parts) -> Verifying<'a>;
    fn run(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn name(&self) -> String;
    fn scheme(&self) -> Option<&'static str>;
    fn sensitive_headers(&self) -> Vec<HeaderName>;
    fn problems(&self) -> Vec<String>;
    fn start(&mut self, context: &VerifierContext);
}

pub(super) type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Option<Identity>, VerifyError>> + Send + 'a>>;

impl<V: Verifier> AnyVerifier for V {
    fn verify<'a>(&'a self, request: &'a Parts) -> Verifying<'a> {
        Box::pin(Verifier::verify(self, request))
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

    fn problems(&self) -> Vec<String> {
        Verifier::problems(self)
    }

    fn start(&mut self, context: &VerifierContext) {
        Verifier::start(self, context);
    }
}
