//! Verification of JSON Web Tokens in the `Authorization` header (RFC 7519, RFC 6750 §2.1; feature `jwt`).
//!
//! ```
//! use routekit::{auth::jwt::{Algorithm, Jwt, VerifyingKey}, prelude::*};
//!
//! # fn public_key() -> &'static str { include_str!("../../docs/rsa-public.pem") }
//! #[get("/orders", auth(scope("orders:read")))]
//! async fn orders(client: Identity) -> String {
//!     format!("orders of {}", client.sub())
//! }
//!
//! # fn main() -> Result<(), routekit::Error> {
//! let tokens = Jwt::new("https://login.example.com", "orders")
//!     .key(VerifyingKey::pem(Algorithm::RS256, public_key()).kid("2026-01"))
//!     .roles_at("/realm_access/roles");
//! let app = App::with_routes(routes![orders]).verifier(tokens);
//! # app.config(Default::default()).into_router()?;
//! # Ok(())
//! # }
//! ```
//!
//! 1. Every key has one algorithm, and the token must name exactly that one. `none` is not supported, and a public key
//!    is never used as a shared secret (RFC 8725 §3.1): the text of a key file as a secret is a start-up error.
//! 2. `kid` only selects known keys, never a file, a database row or a URL. All keys with the same `kid` are tried, and
//!    for a token without `kid` all keys; in either case only keys of its algorithm, and at most eight.
//! 3. Of the header, only `alg`, `kid`, `crit` and, if it is expected, `typ` are read. A token with `crit` is refused,
//!    whatever its value is (RFC 7515 §4.1.11). All other parameters are ignored (RFC 7515 §4), such as `jku`, `jwk`,
//!    `x5u`, `x5c` and `nonce`. A `kid` of `null` counts as missing.
//! 4. `exp`, `iss`, `aud` and `sub` are required and checked; `nbf` is checked if it is present. A token expires at the
//!    moment of its `exp`. Only [`leeway`](Jwt::leeway) allows for clocks that differ.
//! 5. A request with two `Authorization` headers, or with a token larger than 16 KiB, is refused without being parsed.
//!    (The server answers a request head larger than `server.max_head_bytes` with 431 before that.)
//! 6. Scopes are read from `scope` or `scp` (words separated by spaces, or an array), roles from `roles`, and
//!    permissions from `permissions` (an array, or a string with one name). [`scopes_at`](Jwt::scopes_at),
//!    [`roles_at`](Jwt::roles_at) and [`permissions_at`](Jwt::permissions_at) read them from other claims.
//! 7. Tokens of an older system may lack claims. [`without_audience`](Jwt::without_audience),
//!    [`without_issuer`](Jwt::without_issuer) and [`without_subject`](Jwt::without_subject) accept tokens that lack one
//!    (missing or `null`), and a claim that is present is still checked. [`sub_at`](Jwt::sub_at) reads the client's
//!    name from another claim, and [`scheme`](Jwt::scheme) the token of another scheme. `exp` is always required.
//! 8. The type of the token (`typ`) is not checked by default. For an issuer that signs several types of tokens for one
//!    audience, set [`typ("at+jwt")`](Jwt::typ) (RFC 9068 §2.1, RFC 8725 §3.11).
//!
//! A token is not checked with the issuer: a revoked token stays valid until its `exp`, so keep lifetimes short.
//!
//! Signatures are verified by `ring`, which a C compiler builds.

mod algorithm;
mod claims;
mod der;
#[cfg(feature = "jwks")]
pub mod jwks;
mod key;
mod keys;
mod pem;
mod public_key;
mod token;
mod token_header;

use std::{fmt, sync::OnceLock, time::Duration};

use http::{HeaderName, header, request::Parts};

#[cfg(feature = "jwks")]
use self::jwks::Jwks;
pub use self::{algorithm::Algorithm, key::VerifyingKey};
use self::{
    claims::Expected,
    keys::{Keys, SignatureCheck},
    token::Token,
};
use super::{
    Verifier, VerifierContext, VerifyError,
    bearer::{Bearer, token_of},
    verifier::BEARER,
};
use crate::{base::clock::Clock, identity::Identity};

/// Verifies the tokens of one issuer. See the [module docs](crate::auth::jwt). Add one verifier for each issuer.
#[doc(alias = "bearer")]
#[doc(alias = "oauth")]
#[derive(Clone)]
#[must_use]
pub struct Jwt {
    expected: Expected,
    keys: Keys,
    #[cfg(feature = "jwks")]
    jwks: Option<Jwks>,
    scheme: &'static str,
    /// Empty until the verifier is started.
    clock: OnceLock<Clock>,
}

/// Longer tokens are refused without being parsed.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

impl Jwt {
    /// Creates a verifier for tokens of this issuer (`iss`) for this audience (`aud`), which usually names the API.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            expected: Expected::new(issuer.into(), audience.into()),
            keys: Keys::default(),
            #[cfg(feature = "jwks")]
            jwks: None,
            scheme: BEARER,
            clock: OnceLock::new(),
        }
    }

    /// Sets the authentication scheme, for clients that send `Authorization: Token …`. Defaults to `Bearer`.
    ///
    /// Requests with another scheme have no credentials for this verifier. The app does not start if the name is not a
    /// token (RFC 9110 §11.1).
    pub fn scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = scheme;
        self
    }

    /// Also accepts tokens without `aud`. A token with one must still name an audience of this verifier (RFC 7519
    /// §4.1.3), so pass the name of this service to [`new`](Self::new) nevertheless.
    ///
    /// **Any service that trusts the same key can then pass a token on to this one**, so use it only if the key is for
    /// this service alone.
    pub fn without_audience(mut self) -> Self {
        self.expected.without_audience = true;
        self
    }

    /// Also accepts tokens without `iss`. A token with one must still name the issuer of this verifier, which is the
    /// [issuer](Identity::issuer) of all its clients.
    ///
    /// **Then only the key identifies the issuer**, so use it only if no other issuer signs with this key.
    pub fn without_issuer(mut self) -> Self {
        self.expected.without_issuer = true;
        self
    }

    /// Also accepts tokens without `sub`, and takes `client` as the [`sub`](Identity::sub) of their clients.
    ///
    /// **All clients whose tokens have no `sub` are then one client**: responses that are cached per user are shared
    /// between those of them that have the same grants. If another claim names the client, use
    /// [`sub_at`](Self::sub_at) instead.
    pub fn without_subject(mut self, client: impl Into<String>) -> Self {
        self.expected.without_subject = Some(client.into());
        self
    }

    /// Also accepts tokens for this audience.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.expected.audiences.push(audience.into());
        self
    }

    /// Accepts tokens signed with this key.
    pub fn key(mut self, key: VerifyingKey) -> Self {
        self.keys.add(key);
        self
    }

    /// Accepts tokens signed with a key that the issuer publishes.
    #[cfg(feature = "jwks")]
    pub fn jwks(mut self, jwks: Jwks) -> Self {
        self.jwks = Some(jwks);
        self
    }

    /// Sets the tolerance for the issuer's clock, applied to `exp` and `nbf`. Defaults to zero.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.expected.leeway = leeway;
        self
    }

    /// Accepts only tokens whose header has this `typ`, such as `at+jwt` (RFC 9068 §2.1). Defaults to any type.
    pub fn typ(mut self, typ: impl Into<String>) -> Self {
        self.expected.typ = Some(typ.into());
        self
    }

    /// Sets the claim that names the client, as the name of a claim or a JSON pointer (RFC 6901), such as `user_id` or
    /// `/user/id`. Defaults to `/sub`.
    ///
    /// In another place than `/sub` it may also be an integer, which becomes its decimal digits.
    pub fn sub_at(mut self, claim: impl Into<String>) -> Self {
        self.expected.sub = claims::pointer(claim.into());
        self
    }

    /// Sets the location of the scopes in the claims, as the name of a claim or a JSON pointer (RFC 6901). Defaults to
    /// `/scope`, then `/scp`.
    pub fn scopes_at(mut self, claim: impl Into<String>) -> Self {
        self.expected.scopes = vec![claims::pointer(claim.into())];
        self
    }

    /// Sets the location of the roles in the claims, as the name of a claim or a JSON pointer. Defaults to `/roles`.
    pub fn roles_at(mut self, claim: impl Into<String>) -> Self {
        self.expected.roles = claims::pointer(claim.into());
        self
    }

    /// Sets the location of the permissions in the claims, as the name of a claim or a JSON pointer. Defaults to
    /// `/permissions`.
    pub fn permissions_at(mut self, claim: impl Into<String>) -> Self {
        self.expected.permissions = claims::pointer(claim.into());
        self
    }

    /// Verifies the token of a request at the time that `clock` shows.
    async fn verify_on(&self, clock: &Clock, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match token_of(&request.headers, self.scheme) {
            Bearer::Absent => Ok(None),
            Bearer::Ambiguous => Err(VerifyError::refused("more than one `Authorization` header")),
            Bearer::Token(text) => self.identify(text, clock).await.map(Some),
        }
    }

    /// Verifies a token and returns the identity that it describes.
    async fn identify(&self, text: &[u8], clock: &Clock) -> Result<Identity, VerifyError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::refused("the token is too long"));
        }
        let token = Token::parse(text)?;
        self.expected.check_typ(token.typ())?;
        match self.check_signature(&token) {
            SignatureCheck::Valid => {}
            SignatureCheck::Invalid => {
                return Err(VerifyError::refused("the key that `kid` names did not sign the token"));
            }
            SignatureCheck::UnknownKey => self.fetch_unknown_key(&token, clock).await?,
        }
        self.expected.identity(token.claims()?, clock.unix_time())
    }

    #[cfg(not(feature = "jwks"))]
    fn check_signature(&self, token: &Token<'_>) -> SignatureCheck {
        keys::check_signature(&[&self.keys], token)
    }

    #[cfg(feature = "jwks")]
    fn check_signature(&self, token: &Token<'_>) -> SignatureCheck {
        match &self.jwks {
            Some(jwks) => jwks.with_keys(|fetched| keys::check_signature(&[&self.keys, fetched], token)),
            None => keys::check_signature(&[&self.keys], token),
        }
    }

    #[cfg(not(feature = "jwks"))]
    async fn fetch_unknown_key(&self, token: &Token<'_>, _: &Clock) -> Result<(), VerifyError> {
        Err(token.unknown())
    }

    /// Fetches the issuer's keys, because an unknown key may be new.
    #[cfg(feature = "jwks")]
    async fn fetch_unknown_key(&self, token: &Token<'_>, clock: &Clock) -> Result<(), VerifyError> {
        let Some(jwks) = &self.jwks else { return Err(token.unknown()) };
        // Claims are checked first, so that tokens with invalid claims cannot start a fetch.
        self.expected.identity(token.claims()?, clock.unix_time())?;
        jwks.fetch().await?;
        match self.check_signature(token) {
            SignatureCheck::Valid => Ok(()),
            SignatureCheck::Invalid | SignatureCheck::UnknownKey => Err(token.unknown()),
        }
    }
}

impl Verifier for Jwt {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        self.verify_on(self.clock.get().unwrap_or(&Clock::system()), request).await
    }

    async fn verify_in(&self, request: &Parts, context: &VerifierContext) -> Result<Option<Identity>, VerifyError> {
        self.verify_on(&context.clock, request).await
    }

    fn name(&self) -> String {
        format!("tokens of {}", self.expected.issuer)
    }

    fn scheme(&self) -> Option<&'static str> {
        Some(self.scheme)
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        vec![header::AUTHORIZATION]
    }

    fn uses_cookies(&self) -> bool {
        false
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.expected.problems();
        if !is_token(self.scheme) {
            problems.push(format!("`{}` is not the name of a scheme; write it without spaces", self.scheme));
        }
        problems.extend_from_slice(self.keys.problems());
        #[cfg(feature = "jwks")]
        problems.extend(self.jwks.iter().flat_map(Jwks::problems));
        #[cfg(feature = "jwks")]
        let fetched = self.jwks.is_some();
        #[cfg(not(feature = "jwks"))]
        let fetched = false;
        if self.keys.is_empty() && !fetched {
            problems.push("there are no keys".to_owned());
        }
        problems
    }

    #[cfg(feature = "jwks")]
    async fn run(&self) {
        if let Some(jwks) = &self.jwks {
            jwks.run().await;
        }
    }

    fn start(&self, context: &VerifierContext) {
        self.clock.get_or_init(|| context.clock.clone());
        #[cfg(feature = "jwks")]
        if let Some(jwks) = &self.jwks {
            jwks.start(context);
        }
    }
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    let is_special = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_special(byte))
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("expected", &self.expected).field("keys", &self.keys).finish_non_exhaustive()
    }
}
