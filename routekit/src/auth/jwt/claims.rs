//! Checks the claims of a token and turns them into an identity.

use std::{borrow::Cow, time::Duration};

use serde_json::{Map, Value};

use crate::{auth::VerifyError, identity::Identity};

/// The values that claims are compared with.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) leeway: Duration,
    pub(super) typ: Option<String>,
    /// Whether tokens without this claim are accepted.
    pub(super) without_issuer: bool,
    pub(super) without_audience: bool,
    /// The `sub` of clients whose token has none. `None` refuses them.
    pub(super) without_subject: Option<String>,
    /// A JSON pointer.
    pub(super) sub: String,
    /// JSON pointers. The first that exists is used.
    pub(super) scopes: Vec<String>,
    pub(super) roles: String,
    pub(super) permissions: String,
}

type ClaimSet = Map<String, Value>;

impl Expected {
    pub(super) fn new(issuer: String, audience: String) -> Self {
        Self {
            issuer,
            audiences: vec![audience],
            leeway: Duration::ZERO,
            typ: None,
            without_issuer: false,
            without_audience: false,
            without_subject: None,
            sub: SUB.to_owned(),
            scopes: vec!["/scope".to_owned(), "/scp".to_owned()],
            roles: "/roles".to_owned(),
            permissions: "/permissions".to_owned(),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.issuer.is_empty() {
            problems.push("the issuer is empty".to_owned());
        }
        if self.audiences.iter().any(String::is_empty) {
            problems.push("an audience is empty".to_owned());
        }
        if self.without_subject.as_deref() == Some("") {
            problems.push("the client of `without_subject` has no name".to_owned());
        }
        let pointers = self.scopes.iter().chain([&self.sub, &self.roles, &self.permissions]);
        problems.extend(pointers.filter(|pointer| !pointer.starts_with('/')).map(|text| {
            // A name that is a URL (`https://acme/roles`) is one claim; dots alone lead into objects.
            let path =
                if text.contains('/') { text.replace('~', "~0").replace('/', "~1") } else { text.replace('.', "/") };
            format!("`{text}` is not a JSON pointer (RFC 6901); write `/{path}`")
        }));
        problems
    }

    /// Checks the claims and returns the identity that they describe. `now` is the time since 1970.
    pub(super) fn identity(&self, claims: ClaimSet, now: Duration) -> Result<Identity, VerifyError> {
        self.check(&claims, now)?;
        let claims = Value::Object(claims);
        let identity = Identity::new(self.subject(&claims)?).with_issuer(&self.issuer);
        let scopes = self.scopes.iter().find_map(|pointer| claims.pointer(pointer));
        let identity = identity
            .with_scopes(words(scopes, true))
            .with_roles(words(claims.pointer(&self.roles), false))
            .with_permissions(words(claims.pointer(&self.permissions), false));
        let Value::Object(claims) = claims else { unreachable!("it was made of one") };
        Ok(identity.with_claims(claims))
    }

    /// The client that the claims name.
    fn subject<'a>(&'a self, claims: &'a Value) -> Result<Cow<'a, str>, VerifyError> {
        match (present(claims.pointer(&self.sub)), &self.without_subject) {
            // An empty `sub` would be shared by many clients.
            (Some(Value::String(sub)), _) if !sub.is_empty() => Ok(sub.into()),
            // RFC 7519 §4.1.2: `sub` itself is a string.
            (Some(Value::Number(number)), _) if self.sub != SUB && !number.is_f64() => Ok(number.to_string().into()),
            (None, Some(client)) => Ok(client.into()),
            (Some(_), _) => Err(VerifyError::refused(format!("`{}` is not the name of a client", self.sub))),
            (None, None) => Err(VerifyError::refused(format!("`{}` is missing", self.sub))),
        }
    }

    /// Checks the `typ` header. It is case-insensitive, and `application/` may be omitted (RFC 7515 §4.1.9).
    pub(super) fn check_typ(&self, actual: Option<&str>) -> Result<(), VerifyError> {
        let Some(expected) = &self.typ else { return Ok(()) };
        let short = |typ: &str| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
        };
        match actual.is_some_and(|actual| short(actual) == short(expected)) {
            true => Ok(()),
            false => Err(VerifyError::refused("the token is of another type (`typ`)")),
        }
    }

    /// Checks the registered claims (RFC 7519 §4.1) except for the client. `exp` is required, and so are `iss` and
    /// `aud` unless the program says otherwise.
    fn check(&self, claims: &ClaimSet, now: Duration) -> Result<(), VerifyError> {
        match present(claims.get("iss")) {
            Some(issuer) if issuer.as_str() == Some(&self.issuer) => {}
            None if self.without_issuer => {}
            _ => return Err(VerifyError::refused(format!("the issuer is not `{}`", self.issuer))),
        }
        let ours =
            |audience: &Value| audience.as_str().is_some_and(|name| self.audiences.iter().any(|ours| ours == name));
        let for_us = match present(claims.get("aud")) {
            Some(Value::Array(audiences)) => audiences.iter().any(ours),
            Some(audience) => ours(audience),
            None => self.without_audience,
        };
        if !for_us {
            return Err(VerifyError::refused(format!("the audience is not {}", self.audiences.join(" or "))));
        }
        let (now, leeway) = (now.as_secs_f64(), self.leeway.as_secs_f64());
        match claims.get("exp").map(date) {
            Some(Some(exp)) if now < exp + leeway => {}
            Some(Some(_)) => return Err(VerifyError::refused("the token has expired")),
            Some(None) | None => return Err(VerifyError::refused("`exp` is missing or not a number")),
        }
        match claims.get("nbf").map(date) {
            Some(Some(nbf)) if nbf - leeway <= now => {}
            Some(Some(_)) => return Err(VerifyError::refused("the token is not valid yet")),
            Some(None) => return Err(VerifyError::refused("`nbf` is not a number")),
            None => {}
        }
        Ok(())
    }
}

/// The location of the client (RFC 7519 §4.1.2).
const SUB: &str = "/sub";

/// `null` is no value.
fn present(claim: Option<&Value>) -> Option<&Value> {
    claim.filter(|value| !value.is_null())
}

/// A JSON pointer, or the pointer to the claim with this name. A name with other characters than letters, digits, `_`
/// and `-` may be meant as a path, so it stays as it is and is reported at start-up.
pub(super) fn pointer(claim: String) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !claim.is_empty() && claim.bytes().all(is_name) { format!("/{claim}") } else { claim }
}

/// 2^64, the largest value that most issuers can represent.
const MAX_SECONDS: f64 = 18_446_744_073_709_551_616.0;

/// Seconds since 1970 as a JSON number (NumericDate, RFC 7519 §2). A string is not accepted.
fn date(value: &Value) -> Option<f64> {
    value.as_f64().filter(|seconds| (0.0..MAX_SECONDS).contains(seconds))
}

/// The strings of an array, or of a single string: its words if `split`, otherwise the string itself.
fn words(value: Option<&Value>, split: bool) -> Vec<String> {
    match value {
        Some(Value::String(text)) if split => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_000_000;

    fn expected() -> Expected {
        Expected::new("https://login".to_owned(), "api".to_owned())
    }

    fn claims(changes: &Value) -> ClaimSet {
        let mut claims = json!({ "iss": "https://login", "aud": "api", "sub": "ann", "exp": NOW + 60 });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn registered_claims_are_checked() {
        let late = Expected { leeway: Duration::from_secs(5), ..expected() };
        for (name, expected, changes, right) in [
            ("all", &expected(), json!({}), true),
            ("no iss", &expected(), json!({ "iss": null }), false),
            ("another iss", &expected(), json!({ "iss": "https://login/" }), false),
            ("several iss", &expected(), json!({ "iss": ["https://login"] }), false),
            ("no aud", &expected(), json!({ "aud": null }), false),
            ("another aud", &expected(), json!({ "aud": "Api" }), false),
            ("several aud", &expected(), json!({ "aud": ["web", "api"] }), true),
            ("several other aud", &expected(), json!({ "aud": ["web", 7] }), false),
            ("aud in a list in a list", &expected(), json!({ "aud": [["api"]] }), false),
            ("no aud in a list", &expected(), json!({ "aud": [] }), false),
            ("no exp", &expected(), json!({ "exp": null }), false),
            ("exp as text", &expected(), json!({ "exp": (NOW + 60).to_string() }), false),
            ("exp now", &expected(), json!({ "exp": NOW }), false),
            ("exp in a moment", &expected(), json!({ "exp": 1_000_000.001 }), true),
            ("exp a second ago", &expected(), json!({ "exp": NOW - 1 }), false),
            ("exp below zero", &expected(), json!({ "exp": -1 }), false),
            ("exp in the far future", &expected(), json!({ "exp": 1e18 }), true),
            ("exp beyond all numbers", &expected(), json!({ "exp": 1e300 }), false),
            ("exp a second ago, clocks differ", &late, json!({ "exp": NOW - 1 }), true),
            ("exp as long ago as clocks differ", &late, json!({ "exp": NOW - 5 }), false),
            ("nbf now", &expected(), json!({ "nbf": NOW }), true),
            ("nbf in a second", &expected(), json!({ "nbf": NOW + 1 }), false),
            ("nbf in a second, clocks differ", &late, json!({ "nbf": NOW + 1 }), true),
            ("nbf in ten seconds, clocks differ", &late, json!({ "nbf": NOW + 10 }), false),
            ("nbf below zero", &expected(), json!({ "nbf": -1 }), false),
            ("nbf as text", &expected(), json!({ "nbf": "0" }), false),
            ("no sub", &expected(), json!({ "sub": null }), false),
            ("an empty sub", &expected(), json!({ "sub": "" }), false),
            ("sub as a number", &expected(), json!({ "sub": 7 }), false),
        ] {
            let identity = expected.identity(claims(&changes), Duration::from_secs(NOW));
            assert_eq!(identity.is_ok(), right, "{name}: {identity:?}");
        }
    }

    #[test]
    fn claims_may_be_missing_only_if_the_program_says_so() {
        let issuer = Expected { without_issuer: true, ..expected() };
        let audience = Expected { without_audience: true, ..expected() };
        let subject = Expected { without_subject: Some("conduit".to_owned()), ..expected() };
        let user_id = Expected { sub: pointer("user_id".to_owned()), ..expected() };
        for (name, expected, changes, sub) in [
            ("no iss", &issuer, json!({ "iss": null }), Some("ann")),
            ("another iss", &issuer, json!({ "iss": "https://other" }), None),
            ("an empty iss", &issuer, json!({ "iss": "" }), None),
            ("no iss, aud may be missing", &audience, json!({ "iss": null }), None),
            ("no aud", &audience, json!({ "aud": null }), Some("ann")),
            ("another aud", &audience, json!({ "aud": "web" }), None),
            ("an empty list of aud", &audience, json!({ "aud": [] }), None),
            ("no aud, iss may be missing", &issuer, json!({ "aud": null }), None),
            ("no sub", &subject, json!({ "sub": null }), Some("conduit")),
            ("a sub nevertheless", &subject, json!({}), Some("ann")),
            ("an empty sub", &subject, json!({ "sub": "" }), None),
            ("sub as a number", &subject, json!({ "sub": 7 }), None),
            ("no exp", &subject, json!({ "exp": null }), None),
            ("elsewhere, text", &user_id, json!({ "sub": null, "user_id": "u7" }), Some("u7")),
            ("elsewhere, an integer", &user_id, json!({ "user_id": 7 }), Some("7")),
            ("elsewhere, a large integer", &user_id, json!({ "user_id": u64::MAX }), Some("18446744073709551615")),
            ("elsewhere, a fraction", &user_id, json!({ "user_id": 7.5 }), None),
            ("elsewhere, an object", &user_id, json!({ "user_id": { "id": 7 } }), None),
            ("elsewhere, and only sub is there", &user_id, json!({}), None),
        ] {
            let identity = expected.identity(claims(&changes), Duration::from_secs(NOW));
            assert_eq!(identity.as_ref().ok().map(Identity::sub), sub, "{name}: {identity:?}");
            if let Ok(identity) = identity {
                assert_eq!(identity.issuer(), Some("https://login"), "{name}");
            }
        }
        let null = serde_json::from_value(json!({ "iss": "https://login", "aud": null, "sub": "ann", "exp": NOW + 1 }));
        assert!(audience.identity(null.unwrap(), Duration::from_secs(NOW)).is_ok(), "`null` is missing");
    }

    #[test]
    fn names_of_claims_become_pointers() {
        for (text, expected) in [
            ("user_id", "/user_id"),
            ("/user/id", "/user/id"),
            ("realm_access.roles", "realm_access.roles"),
            ("https://acme/roles", "https://acme/roles"),
            ("", ""),
        ] {
            assert_eq!(pointer(text.to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn typ_is_compared_without_case_and_prefix() {
        let access = Expected { typ: Some("at+jwt".to_owned()), ..expected() };
        for (name, expected, actual, right) in [
            ("any", &expected(), None, true),
            ("any, and one is actual", &expected(), Some("logout+jwt"), true),
            ("this", &access, Some("at+jwt"), true),
            ("this, in full", &access, Some("application/AT+jwt"), true),
            ("another", &access, Some("logout+jwt"), false),
            ("none", &access, None, false),
        ] {
            assert_eq!(expected.check_typ(actual).is_ok(), right, "{name}");
        }
    }

    #[test]
    fn grants_are_read_from_claims() {
        let keycloak = Expected {
            roles: "/realm_access/roles".to_owned(),
            permissions: "/https:~1~1acme~1permissions".to_owned(),
            ..expected()
        };
        for (name, expected, changes, scopes, roles, permissions) in [
            ("nothing", &expected(), json!({}), &[] as &[&str], &[] as &[&str], &[] as &[&str]),
            ("words", &expected(), json!({ "scope": "a  b" }), &["a", "b"], &[], &[]),
            ("a list", &expected(), json!({ "scp": ["a", 7, "b"] }), &["a", "b"], &[], &[]),
            ("both", &expected(), json!({ "scope": "a", "scp": ["b"] }), &["a"], &[], &[]),
            ("one role", &expected(), json!({ "roles": "site admin" }), &[], &["site admin"], &[]),
            ("permissions", &expected(), json!({ "permissions": ["x"] }), &[], &[], &["x"]),
            ("an object", &expected(), json!({ "roles": { "admin": true } }), &[], &[], &[]),
            (
                "elsewhere",
                &keycloak,
                json!({ "realm_access": { "roles": ["r"] }, "https://acme/permissions": ["p"] }),
                &[],
                &["r"],
                &["p"],
            ),
        ] {
            let identity = expected.identity(claims(&changes), Duration::from_secs(NOW)).unwrap();
            assert_eq!(identity.scopes(), scopes, "{name}");
            assert_eq!(identity.roles(), roles, "{name}");
            assert_eq!(identity.permissions(), permissions, "{name}");
            assert_eq!((identity.sub(), identity.issuer()), ("ann", Some("https://login")), "{name}");
            assert_eq!(identity.claims()["exp"], NOW + 60, "{name}");
        }
    }
}
