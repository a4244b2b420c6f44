//! A parsed token.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{algorithm::Algorithm, key::VerifyingKey, token_header::TokenHeader};
use crate::auth::VerifyError;

/// The three parts of a signed token (RFC 7515 §7.1).
///
/// No part of it is trusted before its [signature](Self::is_signed_by) is verified.
pub(super) struct Token<'a> {
    header: TokenHeader,
    /// The signed bytes: header and payload as they were sent.
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
            return Err(VerifyError::refused("the token does not have three parts"));
        };
        let header = TokenHeader::parse(head)?;
        let message = &text[..head.len() + 1 + payload.len()];
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| VerifyError::refused("the signature of the token is malformed"))?;
        Ok(Self { header, message, payload, signature })
    }

    /// The key id in the header.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The type in the header.
    pub(super) fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Whether `key` signed the token.
    pub(super) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.has_signed(self.message, &self.signature)
    }

    /// The error for a token that no known key has signed.
    pub(super) fn unknown(&self) -> VerifyError {
        let (algorithm, kid) = (self.algorithm(), self.kid().unwrap_or("none"));
        VerifyError::refused(format!("no known key signed the token (alg {algorithm:?}, kid {kid})"))
    }

    /// The claims. The caller must check the signature first.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, VerifyError> {
        let claims = BASE64_URL_SAFE_NO_PAD.decode(self.payload).ok();
        let claims = claims.and_then(|json| serde_json::from_slice(&json).ok());
        claims.ok_or(VerifyError::refused("the claims of the token are malformed"))
    }
}
