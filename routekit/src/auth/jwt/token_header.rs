//! The header of a token.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::Value;

use super::algorithm::Algorithm;
use crate::auth::VerifyError;

/// The parameters that decide about a token. All others are ignored, whatever their values are (RFC 7515 §4).
#[derive(Debug, Deserialize)]
struct Parameters {
    alg: String,
    kid: Option<String>,
    /// Any value, because it only matters if a type is expected.
    typ: Option<Value>,
    #[serde(default)]
    crit: Present,
}

/// Whether a parameter is present, with any value, also `null`.
#[derive(Debug, Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// The checked header of a token (RFC 7515 §4.1).
#[derive(Debug)]
pub(super) struct TokenHeader {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// `None` if it is missing or not a string.
    pub(super) typ: Option<String>,
}

impl TokenHeader {
    /// Parses a header as it was sent. A parameter of [`Parameters`] that is present twice is an error.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, VerifyError> {
        let malformed = || VerifyError::refused("the header of the token is malformed");
        let json = BASE64_URL_SAFE_NO_PAD.decode(encoded).map_err(|_| malformed())?;
        // serde also reads a struct from an array.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(malformed());
        }
        let Parameters { alg, kid, typ, crit } = serde_json::from_slice(&json).map_err(|_| malformed())?;
        // No extension is supported, and the list must not be empty or anything but a list (RFC 7515 §4.1.11).
        if crit.0 {
            return Err(VerifyError::refused("the token has critical extensions"));
        }
        let algorithm = Algorithm::of_name(&alg);
        let algorithm = algorithm.ok_or(VerifyError::refused("the algorithm of the token is not supported"))?;
        let typ = typ.and_then(|typ| typ.as_str().map(str::to_owned));
        Ok(Self { algorithm, kid, typ })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_that_are_used_decide() {
        for (name, json, right) in [
            ("alg alone", r#"{"alg":"HS256"}"#, true),
            ("the name of RFC 9864", r#"{"alg":"Ed25519"}"#, true),
            ("space before it", " \n{\"alg\":\"HS256\"}", true),
            ("no alg", r#"{"typ":"JWT"}"#, false),
            ("alg as a number", r#"{"alg":5}"#, false),
            ("alg twice", r#"{"alg":"HS256","alg":"HS256"}"#, false),
            ("alg in lower case", r#"{"alg":"hs256"}"#, false),
            ("alg none", r#"{"alg":"none"}"#, false),
            ("the other algorithm of RFC 9864", r#"{"alg":"Ed448"}"#, false),
            ("kid null", r#"{"alg":"HS256","kid":null}"#, true),
            ("kid as a number", r#"{"alg":"HS256","kid":5}"#, false),
            ("kid twice", r#"{"alg":"HS256","kid":"a","kid":"b"}"#, false),
            ("typ as a number", r#"{"alg":"HS256","typ":5}"#, true),
            ("crit", r#"{"alg":"HS256","crit":["exp"],"exp":1}"#, false),
            ("crit null", r#"{"alg":"HS256","crit":null}"#, false),
            ("crit empty", r#"{"alg":"HS256","crit":[]}"#, false),
            ("crit as an object", r#"{"alg":"HS256","crit":{}}"#, false),
            ("crit twice", r#"{"alg":"HS256","crit":null,"crit":null}"#, false),
            ("nonce as a number", r#"{"alg":"HS256","nonce":5}"#, true),
            ("jku no URL", r#"{"alg":"HS256","jku":{"a":[]}}"#, true),
            ("jwk no key", r#"{"alg":"HS256","jwk":7}"#, true),
            ("x5c no list", r#"{"alg":"HS256","x5c":"MIIB","x5t":1,"x5t#S256":null,"x5u":[]}"#, true),
            ("cty, url, enc and zip", r#"{"alg":"HS256","cty":1,"url":2,"enc":3,"zip":4}"#, true),
            ("unknown twice", r#"{"alg":"HS256","a":1,"a":2}"#, true),
            ("an array", r#"["HS256",null,null]"#, false),
            ("two values", r#"{"alg":"HS256"}{}"#, false),
            ("nothing", "", false),
        ] {
            let header = TokenHeader::parse(BASE64_URL_SAFE_NO_PAD.encode(json).as_bytes());
            assert_eq!(header.is_ok(), right, "{name}: {header:?}");
        }
    }

    #[test]
    fn deep_unused_parameter_is_ignored() {
        let json = format!(r#"{{"alg":"HS256","deep":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        assert!(TokenHeader::parse(BASE64_URL_SAFE_NO_PAD.encode(json).as_bytes()).is_ok());
    }
}
