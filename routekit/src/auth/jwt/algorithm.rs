//! Signature algorithms.

use ring::{
    agreement::{self, ECDH_P256, ECDH_P384},
    hmac,
    signature::{self as sign, EcdsaVerificationAlgorithm, RsaParameters},
};

/// A signature algorithm of RFC 7518 §3.1 or RFC 8037.
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

/// How signatures are verified, and thereby the kind of key that is needed.
pub(super) enum Scheme {
    /// Takes a shared secret of at least the size of the hash (RFC 7518 §3.2).
    Hmac(hmac::Algorithm),
    Rsa(&'static RsaParameters),
    Ec(&'static EcScheme),
    Ed25519,
}

/// ECDSA on a curve.
pub(super) struct EcScheme {
    pub(super) verification: &'static EcdsaVerificationAlgorithm,
    /// The curve's key agreement, with which keys are checked.
    pub(super) agreement: &'static agreement::Algorithm,
}

const P256: &EcScheme = &EcScheme { verification: &sign::ECDSA_P256_SHA256_FIXED, agreement: &ECDH_P256 };
const P384: &EcScheme = &EcScheme { verification: &sign::ECDSA_P384_SHA384_FIXED, agreement: &ECDH_P384 };

impl Algorithm {
    pub(super) fn scheme(self) -> Scheme {
        match self {
            Self::HS256 => Scheme::Hmac(hmac::HMAC_SHA256),
            Self::HS384 => Scheme::Hmac(hmac::HMAC_SHA384),
            Self::HS512 => Scheme::Hmac(hmac::HMAC_SHA512),
            Self::RS256 => Scheme::Rsa(&sign::RSA_PKCS1_2048_8192_SHA256),
            Self::RS384 => Scheme::Rsa(&sign::RSA_PKCS1_2048_8192_SHA384),
            Self::RS512 => Scheme::Rsa(&sign::RSA_PKCS1_2048_8192_SHA512),
            Self::PS256 => Scheme::Rsa(&sign::RSA_PSS_2048_8192_SHA256),
            Self::PS384 => Scheme::Rsa(&sign::RSA_PSS_2048_8192_SHA384),
            Self::PS512 => Scheme::Rsa(&sign::RSA_PSS_2048_8192_SHA512),
            Self::ES256 => Scheme::Ec(P256),
            Self::ES384 => Scheme::Ec(P384),
            Self::EdDSA => Scheme::Ed25519,
        }
    }

    /// The algorithm with this name (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). Names are case-sensitive.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::HS256,
            "HS384" => Self::HS384,
            "HS512" => Self::HS512,
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" | "Ed25519" => Self::EdDSA,
            _ => return None,
        })
    }
}
