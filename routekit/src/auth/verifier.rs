//! What a way of verifying credentials is.

use std::{any::type_name, borrow::Cow, error::Error, fmt, future::Future, pin::Pin};

use http::{HeaderName, request::Parts};

use crate::{clock::Clock, identity::Identity, spawner::Spawner};

/// A way to find out who sent a request.
///
/// ```
/// use http::request::Parts;
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
/// }
/// ```
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
    fn secret_headers(&self) -> Vec<HeaderName> {
        Vec::new()
    }

    /// Whatever is wrong with it, for the app not to start. Never with a secret.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Does what is better done while no request waits, for as long as the app serves. Is dropped at its end.
    fn keep_up(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Is handed what it may use, before the first request.
    fn start(&mut self, surroundings: &Surroundings) {
        let _ = surroundings;
    }
}

/// What a [`Verifier`] may use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Surroundings {
    /// What time it is.
    pub clock: Clock,
    /// How to do what no request waits for.
    pub spawner: Spawner,
}

impl Surroundings {
    /// These.
    #[must_use]
    pub fn new(clock: Clock, spawner: Spawner) -> Self {
        Self { clock, spawner }
    }
}

/// Why nobody was identified although there are credentials.
#[derive(Debug)]
pub struct VerifyError(Kind);

#[derive(Debug)]
enum Kind {
    Refused(Cow<'static, str>),
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl VerifyError {
    /// The credentials are not valid, for this reason: 401. The log has it, at level `debug`; the client does not. It must
    /// not repeat the credentials.
    pub fn refused(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Refused(reason.into()))
    }

    /// It cannot be said whether they are valid: 503. The cause is logged.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Kind::Unavailable(cause.into()))
    }

    /// Whether this says nothing of the credentials.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.0, Kind::Unavailable(_))
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Refused(reason) => write!(f, "the credentials are not valid: {reason}"),
            Kind::Unavailable(_) => f.write_str("the credentials cannot be verified"),
        }
    }
}

impl Error for VerifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Refused(_) => None,
            Kind::Unavailable(cause) => Some(&**cause),
        }
    }
}

/// A [`Verifier`] whose type is not known.
pub(super) trait AnyVerifier: Send + Sync {
    fn verify<'a>(&'a self, request: &'a Parts) -> Verifying<'a>;
    fn keep_up(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn name(&self) -> String;
    fn scheme(&self) -> Option<&'static str>;
    fn secret_headers(&self) -> Vec<HeaderName>;
    fn problems(&self) -> Vec<String>;
    fn start(&mut self, surroundings: &Surroundings);
}

pub(super) type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Option<Identity>, VerifyError>> + Send + 'a>>;

impl<V: Verifier> AnyVerifier for V {
    fn verify<'a>(&'a self, request: &'a Parts) -> Verifying<'a> {
        Box::pin(Verifier::verify(self, request))
    }

    fn keep_up(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Verifier::keep_up(self))
    }

    fn name(&self) -> String {
        Verifier::name(self)
    }

    fn scheme(&self) -> Option<&'static str> {
        Verifier::scheme(self)
    }

    fn secret_headers(&self) -> Vec<HeaderName> {
        Verifier::secret_headers(self)
    }

    fn problems(&self) -> Vec<String> {
        Verifier::problems(self)
    }

    fn start(&mut self, surroundings: &Surroundings) {
        Verifier::start(self, surroundings);
    }
}
