//! Security schemes, and what a route requires of them.

use serde_json::{Map, Value, json};

use crate::{
    auth::VerifierFacts,
    route::{Access, Grant},
};

/// The schemes of the verifiers of an app, each with a name.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecuritySchemes(Vec<(String, Value)>);

impl SecuritySchemes {
    pub(crate) fn of(verifiers: impl IntoIterator<Item = VerifierFacts>) -> Self {
        let mut schemes: Vec<(String, Value)> = Vec::new();
        for (name, scheme) in verifiers.into_iter().filter_map(|facts| scheme(&facts)) {
            // Verifiers of one scheme read the same credentials.
            if schemes.iter().any(|(_, known)| *known == scheme) {
                continue;
            }
            let taken = schemes.iter().filter(|(known, _)| known.starts_with(&name)).count();
            schemes.push((if taken == 0 { name } else { format!("{name}{}", taken + 1) }, scheme));
        }
        Self(schemes)
    }

    /// The schemes, for `components`.
    pub(super) fn components(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.0.iter().cloned().collect::<Map<_, _>>().into())
    }

    /// The alternatives that a route accepts. `None` if no verifier says where its credentials are.
    pub(super) fn of_route(&self, access: &Access) -> Option<Value> {
        if self.0.is_empty() {
            return None;
        }
        let (grants, is_optional) = match access {
            Access::Public => return Some(json!([])),
            Access::Optional => (Vec::new(), true),
            Access::Identified(requirements) => {
                // A list of several means that all are required, so alternatives are only in `x-routekit-auth`.
                let alone = requirements.iter().filter(|any| any.len() == 1).flatten();
                (alone.map(Grant::name).collect(), false)
            }
        };
        let anonymous = is_optional.then(|| json!({}));
        let known = self.0.iter().map(|(name, _)| json!({ name: grants }));
        Some(anonymous.into_iter().chain(known).collect())
    }
}

/// The scheme of a verifier, and a name for it. `None` if the verifier does not say where its credentials are.
fn scheme(facts: &VerifierFacts) -> Option<(String, Value)> {
    let usual = [http::header::AUTHORIZATION, http::header::COOKIE];
    match (facts.headers.iter().find(|header| !usual.contains(header)), facts.scheme) {
        (Some(header), _) => {
            Some(("apiKey".to_owned(), json!({ "type": "apiKey", "in": "header", "name": header.as_str() })))
        }
        (None, Some(scheme)) => {
            let scheme = scheme.to_ascii_lowercase();
            Some((scheme.clone(), json!({ "type": "http", "scheme": scheme })))
        }
        (None, None) => None,
    }
}
