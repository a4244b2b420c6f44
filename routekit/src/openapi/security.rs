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
        for facts in verifiers {
            let (name, scheme) = scheme(&facts);
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

    /// The alternatives that a route accepts. `None` if the app identifies nobody.
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

/// The scheme of a verifier, and a name for it.
fn scheme(facts: &VerifierFacts) -> (String, Value) {
    let header = facts.headers.first().map(http::HeaderName::as_str);
    match (facts.scheme, header) {
        (Some(scheme), None) if !facts.uses_cookies || scheme.eq_ignore_ascii_case("bearer") => {
            let scheme = scheme.to_ascii_lowercase();
            (scheme.clone(), json!({ "type": "http", "scheme": scheme }))
        }
        (_, Some(header)) if header != "authorization" && header != "cookie" => {
            ("apiKey".to_owned(), json!({ "type": "apiKey", "in": "header", "name": header }))
        }
        (Some(scheme), _) => {
            let scheme = scheme.to_ascii_lowercase();
            (scheme.clone(), json!({ "type": "http", "scheme": scheme }))
        }
        (None, _) => {
            let description = format!("Credentials that `{}` reads.", facts.name);
            let scheme = json!({
                "type": "apiKey", "in": "header", "name": "Authorization", "description": description,
            });
            ("credentials".to_owned(), scheme)
        }
    }
}
