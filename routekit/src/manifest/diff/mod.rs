//! What changes from one manifest to another.
//!
//! `endpoints` pairs the operations of both documents. `limits` and `settings` compare the policies of a pair,
//! `operation` its parameters, bodies and responses, and `schema` their values.

mod change;
mod endpoints;
mod limits;
mod operation;
mod schema;
mod settings;

pub use self::change::{ChangeKind, ManifestChange};
use self::endpoints::{ApiEndpoint, endpoints};
use super::file::Manifest;

impl Manifest {
    /// Returns what changes from this manifest to `new`: routes that are gone first, and new ones last. Equal manifests
    /// have no changes.
    #[must_use]
    pub fn difference(&self, new: &Self) -> Vec<ManifestChange> {
        difference(self, new)
    }
}

fn difference(old: &Manifest, new: &Manifest) -> Vec<ManifestChange> {
    let (before, after) = (endpoints(old), endpoints(new));
    let (mut removed, mut changes) = (Vec::new(), Vec::new());
    for (key, endpoint) in &before {
        match after.get(key) {
            None => removed.push(endpoint.change(ChangeKind::Removed, "the route is removed")),
            Some(other) => compare((old, endpoint), (new, other), &mut changes),
        }
    }
    let kept = before.keys().filter(|key| after.contains_key(*key)).count();
    let added = after.iter().filter(|(key, _)| !before.contains_key(*key));
    let added = added.map(|(_, endpoint)| endpoint.change(ChangeKind::Added, "the route is new"));
    removed.into_iter().chain(change::summarize(&changes, kept)).chain(added).collect()
}

fn compare(
    (old, before): (&Manifest, &ApiEndpoint<'_>),
    (new, after): (&Manifest, &ApiEndpoint<'_>),
    to: &mut Vec<ManifestChange>,
) {
    let mut add = |kind: ChangeKind, what: String| to.push(after.change(kind, what));
    if let (Some(before), Some(after)) = (before.route, after.route) {
        // `{*rest}` takes several segments of a path, `{rest}` one.
        match (before.path.contains("{*"), after.path.contains("{*")) {
            (true, false) => add(ChangeKind::Breaking, format!("path: {} -> {}", before.path, after.path)),
            (false, true) => add(ChangeKind::Compatible, format!("path: {} -> {}", before.path, after.path)),
            _ => {}
        }
        limits::compare(before, after, &mut add);
        settings::compare(&before.policies, &after.policies, &mut add);
        if before.api_version != after.api_version {
            let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
            let text = format!("version: {} -> {}", shown(&before.api_version), shown(&after.api_version));
            add(ChangeKind::Changed, text);
        }
    }
    operation::compare((&old.openapi, before), (&new.openapi, after), &mut add);
}
