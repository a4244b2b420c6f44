//! Responses to refused clients.

use http::{HeaderValue, StatusCode, header};

use super::{
    verifier::{BEARER, VerifyError},
    verifiers::Verifiers,
};
use crate::{
    identity::{Identity, REALM},
    problem::Problem,
    route::{Grant, GrantKind, Requirements},
};

/// Builds the 401 for missing or refused credentials, or the 503 if they could not be verified.
///
/// The response does not say why credentials were refused, so that guessing them reveals nothing.
pub(crate) fn unauthorized(verifiers: &Verifiers, error: Option<&VerifyError>) -> Problem {
    let detail = match error {
        // The cause has been logged already.
        Some(error) if error.is_unavailable() => {
            let detail = "credentials cannot be verified at the moment";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(detail);
        }
        Some(_) => "the credentials are not valid",
        None => "credentials are required",
    };
    verifiers.schemes().into_iter().fold(Problem::unauthorized(detail), |problem, scheme| {
        // RFC 6750 §3.1: `invalid_token` only if the refused credentials were a token.
        let refused = scheme == BEARER && error.is_some_and(|error| error.scheme() == BEARER);
        let code = if refused { r#", error="invalid_token""# } else { "" };
        problem.with_header(header::WWW_AUTHENTICATE, challenge(&format!(r#"{scheme} realm="{REALM}"{code}"#)))
    })
}

/// Builds the 403 that names the grants of `all` that the identity lacks. `None` if it meets every requirement.
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
        // The attribute accepts no scopes with these characters.
        .filter(|grant| grant.kind() == GrantKind::Scope && !grant.name().contains(['"', '\\']))
        .map(Grant::name)
        .collect();
    if scopes.is_empty() || !verifiers.schemes().contains(&BEARER) {
        return Some(problem);
    }
    let scopes = scopes.join(" ");
    let value = format!(r#"{BEARER} realm="{REALM}", error="insufficient_scope", scope="{scopes}""#);
    Some(problem.with_header(header::WWW_AUTHENTICATE, challenge(&value)))
}

/// ``the role `admin` or the permission `users:write` ``
fn name(any: &[Grant]) -> String {
    let names = any.iter().map(|grant| format!("the {} `{}`", grant.kind(), grant.name()));
    names.collect::<Vec<_>>().join(" or ")
}

/// Falls back to the bare scheme for names that are not allowed in a header. The attribute rejects such names.
fn challenge(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(BEARER))
}
