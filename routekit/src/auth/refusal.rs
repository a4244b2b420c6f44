//! How a client that may not pass is answered.

use http::{HeaderValue, StatusCode, header};

use super::{Grant, GrantKind, Requirements, Verifiers, VerifyError, verifier::BEARER};
use crate::{
    identity::{Identity, REALM},
    problem::Problem,
};

/// 401 where there are no credentials, or `error` of those that there are; 503 where nobody can say.
///
/// Of refused credentials nothing is said but that they are: whoever guesses must not learn how near they came.
pub(crate) fn unauthorized(verifiers: &Verifiers, error: Option<&VerifyError>) -> Problem {
    let detail = match error {
        // The cause has been logged.
        Some(error) if error.is_unavailable() => {
            let detail = "credentials cannot be verified at the moment";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail);
        }
        Some(_) => "the credentials are not valid",
        None => "credentials are needed",
    };
    verifiers.schemes().into_iter().fold(Problem::unauthorized(detail), |problem, scheme| {
        // RFC 6750 §3.1: the code where it is a token that was refused, and not a key beside it.
        let refused = scheme == BEARER && error.is_some_and(|error| error.scheme() == BEARER);
        let code = if refused { r#", error="invalid_token""# } else { "" };
        problem.header(header::WWW_AUTHENTICATE, challenge(&format!(r#"{scheme} realm="{REALM}"{code}"#)))
    })
}

/// 403 that names what the identity lacks of `all`, each of which must be met by one of its grants. `None` if it has all.
pub(crate) fn forbidden(verifiers: &Verifiers, identity: &Identity, all: &Requirements) -> Option<Problem> {
    let lacking: Vec<&[Grant]> = all.iter().filter(|any| !any.iter().any(|grant| identity.has(grant))).collect();
    if lacking.is_empty() {
        return None;
    }
    let named: Vec<String> = lacking.iter().map(|any| name(any)).collect();
    let problem = Problem::forbidden(format!("missing: {}", named.join("; ")));
    let scopes: Vec<&str> = lacking
        .iter()
        .flat_map(|any| any.iter())
        // The attribute takes no scopes with these characters.
        .filter(|grant| grant.kind() == GrantKind::Scope && !grant.name().contains(['"', '\\']))
        .map(Grant::name)
        .collect();
    if scopes.is_empty() || !verifiers.schemes().contains(&BEARER) {
        return Some(problem);
    }
    let scopes = scopes.join(" ");
    let value = format!(r#"{BEARER} realm="{REALM}", error="insufficient_scope", scope="{scopes}""#);
    Some(problem.header(header::WWW_AUTHENTICATE, challenge(&value)))
}

/// ``the role `admin` or the permission `users:write` ``
fn name(any: &[Grant]) -> String {
    let names = any.iter().map(|grant| format!("the {} `{}`", grant.kind(), grant.name()));
    names.collect::<Vec<_>>().join(" or ")
}

/// Names that cannot stand in a header were not written with the attribute, which checks them; they go unsaid.
fn challenge(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(BEARER))
}
