//! Signature algorithms.

use jsonwebtoken as jwt;

/// A signature algorithm of RFC 7518 §3.1 or RFC 8037.
///
/// It is a separate type, so that a breaking release of `jsonwebtoken` is not a breaking release of routekit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256 and a shared secret.
    HS256,
    /// HMAC with SHA-384 and a shared secret.
    HS384,
    /// HMAC with SHA-512 and a shared secret.
    HS512,
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    RS384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    RS512,
    /// RSA-PSS with SHA-256.
    PS256,
    /// RSA-PSS with SHA-384.
    PS384,
    /// RSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519. Tokens and key sets call it `EdDSA` (RFC 8037 §3.1) or `Ed25519` (RFC 9864 §2.2).
    EdDSA,
}

/// The kind of key that an algorithm requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// A shared secret of at least this many bytes (RFC 7518 §3.2).
    Hmac {
        shortest: usize,
    },
    Rsa,
    Ec,
    Ed,
}

impl Algorithm {
    pub(super) fn family(self) -> Family {
        match self {
            Self::HS256 => Family::Hmac { shortest: 32 },
            Self::HS384 => Family::Hmac { shortest: 48 },
            Self::HS512 => Family::Hmac { shortest: 64 },
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Family::Rsa,
            Self::ES256 | Self::ES384 => Family::Ec,
            Self::EdDSA => Family::Ed,
        }
    }

    pub(super) fn theirs(self) -> jwt::Algorithm {
        // The table is in the order of the variants.
        THEIRS[self as usize].1
    }

    /// The algorithm with this name (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). Names are case-sensitive.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        // An algorithm that `jsonwebtoken` knows and the table does not is not supported.
        let theirs = name.parse::<jwt::Algorithm>().ok()?;
        THEIRS.iter().find(|(_, known)| *known == theirs).map(|(ours, _)| *ours)
    }
}

/// The algorithms with their equivalents in `jsonwebtoken`.
const THEIRS: [(Algorithm, jwt::Algorithm); 12] = [
    (Algorithm::HS256, jwt::Algorithm::HS256),
    (Algorithm::HS384, jwt::Algorithm::HS384),
    (Algorithm::HS512, jwt::Algorithm::HS512),
    (Algorithm::RS256, jwt::Algorithm::RS256),
    (Algorithm::RS384, jwt::Algorithm::RS384),
    (Algorithm::RS512, jwt::Algorithm::RS512),
    (Algorithm::PS256, jwt::Algorithm::PS256),
    (Algorithm::PS384, jwt::Algorithm::PS384),
    (Algorithm::PS512, jwt::Algorithm::PS512),
    (Algorithm::ES256, jwt::Algorithm::ES256),
    (Algorithm::ES384, jwt::Algorithm::ES384),
    (Algorithm::EdDSA, jwt::Algorithm::EdDSA),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_the_variants() {
        for (index, (ours, theirs)) in THEIRS.into_iter().enumerate() {
            assert_eq!(ours as usize, index, "{ours:?}");
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
            assert_eq!((ours.theirs(), Algorithm::of_name(&format!("{ours:?}"))), (theirs, Some(ours)));
        }
    }
}
