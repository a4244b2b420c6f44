//! JSON Web Tokens in the `Authorization` header, signed by somebody else (RFC 7519, RFC 6750 §2.1; feature `jwt`).
//!
//! 1. Every key has one algorithm, and a token must name just that one: there is no `none`, and no public key that is taken for
//!    a shared secret (RFC 8725 §3.1).
//! 2. `kid` looks a key up among those that are known, and nothing else: no file, no database, no URL. A token without one is tried with
//!    the keys of its algorithm, eight at most. `jku`, `jwk`, `x5u` and `x5c` are not looked at; a token with `crit` is refused (RFC 7515 §4.1.11).
//! 3. `exp`, `iss`, `aud` and `sub` must be there and be right; `nbf` must be right where it is. A token is valid until the
//!    moment of its `exp` and not in it. Clocks that differ are allowed for only by [`leeway`](Jwt::leeway).
//! 4. A request with two `Authorization` headers, or a token of more than 16 KiB, is refused unread. (Over a socket, a head of more than some
//!    400 KiB does not come so far: the server answers it with 431.)
//! 5. Scopes are read from `scope` or `scp` (words with spaces between, or a list), roles from `roles`, permissions from
//!    `permissions` (a list, or one text that is one name). Elsewhere with [`scopes_at`](Jwt::scopes_at) and its like.
//! 6. What kind of token it is (`typ`) is not asked: an issuer that signs tokens of several kinds for one audience wants
//!    [`typ("at+jwt")`](Jwt::typ) (RFC 9068 §2.1, RFC 8725 §3.11).
//!
//! A token is verified by itself each time: one that was revoked is valid until its `exp`. Keep them short.
//!
//! The cryptography is `jsonwebtoken`'s, with RustCrypto: it needs no C compiler. A program that itself uses `jsonwebtoken` with
//! another backend says which with `CryptoProvider::install_default`, as that crate asks for; this module always uses the one
//! that it names.
//!
//! ```
//! use routekit::{auth::jwt::{Algorithm, Jwt, Key}, prelude::*};
//!
//! # fn public_key() -> &'static str { include_str!("../../docs/rsa-public.pem") }
//! #[get("/orders", auth(scope("orders:read")))]
//! async fn orders(who: Identity) -> String {
//!     format!("orders of {}", who.sub())
//! }
//!
//! # fn main() -> Result<(), routekit::Error> {
//! let tokens = Jwt::new("https://login.example.com", "orders")
//!     .key(Key::pem(Algorithm::RS256, public_key()).kid("2026-01"))
//!     .roles_at("/realm_access/roles");
//! let app = App::with_routes(routes![orders]).verifier(tokens);
//! # app.config(Default::default()).into_router()?;
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod claims;
#[cfg(feature = "jwks")]
pub mod jwks;
mod key;
mod keys;
mod token;

use std::{fmt, time::Duration};

use http::request::Parts;

#[cfg(feature = "jwks")]
use self::jwks::Jwks;
pub use self::{algorithm::Algorithm, key::Key};
use self::{
    claims::Expected,
    keys::{Keys, Verdict},
    token::Token,
};
use super::{Bearer, Verifier, VerifierContext, VerifyError, bearer, verifier::BEARER};
use crate::{clock::Clock, identity::Identity};

/// Verifies tokens of one issuer. See the [module docs](crate::auth::jwt). For several issuers, add several of these.
#[derive(Clone)]
#[must_use]
pub struct Jwt {
    expected: Expected,
    keys: Keys,
    #[cfg(feature = "jwks")]
    jwks: Option<Jwks>,
    clock: Clock,
}

/// Longer tokens are refused before anything looks at them.
const LONGEST_TOKEN: usize = 16 * 1024;

impl Jwt {
    /// Tokens of this issuer (`iss`) for this audience (`aud`), which is usually the name of the API.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            expected: Expected::new(issuer.into(), audience.into()),
            keys: Keys::default(),
            #[cfg(feature = "jwks")]
            jwks: None,
            clock: Clock::system(),
        }
    }

    /// Takes tokens for this audience too.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.expected.audiences.push(audience.into());
        self
    }

    /// Takes tokens that were signed with this key.
    pub fn key(mut self, key: Key) -> Self {
        self.keys.add(key);
        self
    }

    /// Takes tokens that were signed with one of the issuer's keys, which are fetched from it.
    #[cfg(feature = "jwks")]
    pub fn jwks(mut self, jwks: Jwks) -> Self {
        self.jwks = Some(jwks);
        self
    }

    /// How far the issuer's clock may be off. Defaults to nothing.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.expected.leeway = leeway;
        self
    }

    /// Takes tokens only whose header says that they are of this kind: `at+jwt` (RFC 9068 §2.1). Defaults to any.
    pub fn typ(mut self, typ: impl Into<String>) -> Self {
        self.expected.typ = Some(typ.into());
        self
    }

    /// Where the scopes are, as a JSON pointer (RFC 6901) into the claims. Defaults to `/scope`, else `/scp`.
    pub fn scopes_at(mut self, pointer: impl Into<String>) -> Self {
        self.expected.scopes = vec![pointer.into()];
        self
    }

    /// Where the roles are. Defaults to `/roles`.
    pub fn roles_at(mut self, pointer: impl Into<String>) -> Self {
        self.expected.roles = pointer.into();
        self
    }

    /// Where the permissions are. Defaults to `/permissions`.
    pub fn permissions_at(mut self, pointer: impl Into<String>) -> Self {
        self.expected.permissions = pointer.into();
        self
    }

    /// Who the token speaks of.
    async fn identify(&self, text: &[u8]) -> Result<Identity, VerifyError> {
        if text.len() > LONGEST_TOKEN {
            return Err(VerifyError::refused("a token that is too long"));
        }
        let token = Token::parse(text)?;
        self.expected.check_typ(token.typ())?;
        match self.judge(&token) {
            Verdict::Signed => {}
            Verdict::Forged => return Err(VerifyError::refused("not signed by the key that it names")),
            Verdict::Unknown => self.ask_the_issuer(&token).await?,
        }
        self.expected.identity(token.claims()?, self.clock.unix_time())
    }

    #[cfg(not(feature = "jwks"))]
    fn judge(&self, token: &Token<'_>) -> Verdict {
        keys::judge(&[&self.keys], token)
    }

    #[cfg(feature = "jwks")]
    fn judge(&self, token: &Token<'_>) -> Verdict {
        match &self.jwks {
            Some(jwks) => jwks.with_keys(|fetched| keys::judge(&[&self.keys, fetched], token)),
            None => keys::judge(&[&self.keys], token),
        }
    }

    #[cfg(not(feature = "jwks"))]
    async fn ask_the_issuer(&self, token: &Token<'_>) -> Result<(), VerifyError> {
        Err(token.unknown())
    }

    /// A key that is not known may be new.
    #[cfg(feature = "jwks")]
    async fn ask_the_issuer(&self, token: &Token<'_>) -> Result<(), VerifyError> {
        let Some(jwks) = &self.jwks else { return Err(token.unknown()) };
        // Only for a token that would pass with its key.
        self.expected.check(&token.claims()?, self.clock.unix_time())?;
        jwks.fetch().await?;
        match self.judge(token) {
            Verdict::Signed => Ok(()),
            Verdict::Forged | Verdict::Unknown => Err(token.unknown()),
        }
    }
}

impl Verifier for Jwt {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match bearer(&request.headers) {
            Bearer::Absent => Ok(None),
            Bearer::Ambiguous => Err(VerifyError::refused("several `Authorization` headers")),
            Bearer::Token(text) => self.identify(text).await.map(Some),
        }
    }

    fn name(&self) -> String {
        format!("tokens of {}", self.expected.issuer)
    }

    fn scheme(&self) -> Option<&'static str> {
        Some(BEARER)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.expected.problems();
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

    fn start(&mut self, context: &VerifierContext) {
        self.clock = context.clock.clone();
        #[cfg(feature = "jwks")]
        if let Some(jwks) = &mut self.jwks {
            jwks.start(context);
        }
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("expected", &self.expected).field("keys", &self.keys).finish_non_exhaustive()
    }
}
