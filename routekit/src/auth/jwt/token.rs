//! A token, taken apart.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use serde_json::{Map, Value};

use super::{Algorithm, Key};
use crate::auth::VerifyError;

/// The three parts of a signed token (RFC 7515 §7.1). Nothing in it is believed before a key [has signed it](Self::is_signed_with).
pub(super) struct Token<'a> {
    header: Header,
    algorithm: Algorithm,
    /// What was signed: header and payload as they were sent.
    message: &'a [u8],
    payload: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, VerifyError> {
        let mut parts = text.split(|byte| *byte == b'.');
        let (Some(head), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VerifyError::refused("not three parts"));
        };
        let header = jsonwebtoken::decode_header(text).map_err(|_| VerifyError::refused("a header that is none"))?;
        if header.crit.is_some() {
            return Err(VerifyError::refused("critical extensions that are not understood"));
        }
        let algorithm = Algorithm::of(header.alg).ok_or(VerifyError::refused("an algorithm that is not known"))?;
        let message = &text[..head.len() + 1 + payload.len()];
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| VerifyError::refused("a signature that is none"))?;
        Ok(Self { header, algorithm, message, payload, signature })
    }

    /// What it says of its key.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What kind of token it says it is.
    pub(super) fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether this key has signed it.
    pub(super) fn is_signed_with(&self, key: &Key) -> bool {
        key.has_signed(self.message, &self.signature)
    }

    /// That no key is known that has signed it.
    pub(super) fn unknown(&self) -> VerifyError {
        let (algorithm, kid) = (self.algorithm, self.kid().unwrap_or("none"));
        VerifyError::refused(format!("signed by no key that is known (alg {algorithm:?}, kid {kid})"))
    }

    /// What it says, whoever wrote that.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, VerifyError> {
        let claims = BASE64_URL_SAFE_NO_PAD.decode(self.payload).ok();
        let claims = claims.and_then(|json| serde_json::from_slice(&json).ok());
        claims.ok_or(VerifyError::refused("claims that are none"))
    }
}
