//! Settings of policies that manifests keep as text.

use std::collections::{BTreeMap, BTreeSet};

use super::change::ChangeKind;

/// What a setting protects.
enum Order {
    /// `off` is loose, everything else is strict.
    Protects,
    /// `on` is loose.
    Permits,
    /// A list in which more entries are looser.
    Allows,
    /// A list in which more entries are stricter.
    Hides,
    /// Each of these words in the value is strict.
    StrictWords(&'static [&'static str]),
    /// The same, and `off` is neither.
    StrictWordsUnlessOff(&'static [&'static str]),
}

/// The settings whose values have an order. All others change.
const ORDERS: &[(&str, Order)] = &[
    ("breaker.breaker", Order::Protects),
    ("cache.cache", Order::StrictWordsUnlessOff(&["per user", "partitioned"])),
    ("client_address.trusted_proxies", Order::Allows),
    ("cors.credentials", Order::Permits),
    ("cors.origins", Order::Allows),
    ("csrf.enabled", Order::Protects),
    ("csrf.origins", Order::Allows),
    ("idempotency.idempotent", Order::StrictWords(&["required"])),
    ("layer.layer", Order::Protects),
    ("security_headers.content_security_policy", Order::Protects),
    ("security_headers.nosniff", Order::Protects),
    ("security_headers.page_content_security_policy", Order::Protects),
    ("security_headers.referrer_policy", Order::Protects),
    ("security_headers.strict_transport_security", Order::Protects),
    ("sensitive_headers.names", Order::Hides),
];

const OFF: &str = "off";

/// Compares the settings of two routes. One that only one release knows is `off` in the other.
pub(super) fn compare(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    add: &mut dyn FnMut(ChangeKind, String),
) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let value = |settings: &BTreeMap<String, String>| settings.get(name).map_or(OFF, |value| value).to_owned();
        let (before, after) = (value(old), value(new));
        if before != after {
            let order = ORDERS.iter().find(|(setting, _)| setting == name).map(|(_, order)| order);
            let kind = order.map_or(ChangeKind::Changed, |order| order.of(&before, &after));
            add(kind, format!("{}: {before} -> {after}", shown(name)));
        }
    }
}

/// `cache.cache` is `cache`, and `cors.origins` stays.
fn shown(name: &str) -> &str {
    match name.split_once('.') {
        Some((policy, setting)) if policy == setting || name == "idempotency.idempotent" => setting,
        _ => name,
    }
}

impl Order {
    fn of(&self, before: &str, after: &str) -> ChangeKind {
        let (loosened, tightened) = match self {
            Self::Protects => (after == OFF, before == OFF),
            Self::Permits => (before == OFF, after == OFF),
            Self::Allows => grows_and_shrinks(before, after),
            Self::Hides => grows_and_shrinks(after, before),
            Self::StrictWordsUnlessOff(_) if [before, after].contains(&OFF) => (false, false),
            Self::StrictWords(words) | Self::StrictWordsUnlessOff(words) => {
                let has = |value: &str, word: &str| value.split(", ").any(|part| part == word);
                let is_lost = |from: &str, to: &str| words.iter().any(|word| has(from, word) && !has(to, word));
                (is_lost(before, after), is_lost(after, before))
            }
        };
        match (loosened, tightened) {
            (true, _) => ChangeKind::Loosened,
            (false, true) => ChangeKind::Tightened,
            (false, false) => ChangeKind::Changed,
        }
    }
}

/// Whether a list has entries that it did not have, and whether it lacks some.
fn grows_and_shrinks(before: &str, after: &str) -> (bool, bool) {
    let entries = |list: &str| {
        let entries = list.split(", ").filter(|entry| ![OFF, "none"].contains(entry));
        entries.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (before, after) = (entries(before), entries(after));
    // `*` is every entry.
    if before.contains("*") || after.contains("*") {
        return (!before.contains("*"), !after.contains("*"));
    }
    (!after.is_subset(&before), !before.is_subset(&after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_with_an_order_are_loosened_and_tightened() {
        for (name, loose, strict) in [
            ("breaker.breaker", "off", "failure_rate 0.5"),
            ("cache.cache", "ttl 60s, shared", "ttl 60s, per user"),
            ("cache.cache", "ttl 60s, per user", "ttl 60s, per user, partitioned"),
            ("cors.credentials", "on", "off"),
            ("cors.origins", "*", "https://a.example"),
            ("cors.origins", "https://a.example, https://b.example", "https://a.example"),
            ("csrf.enabled", "off", "on"),
            ("csrf.origins", "https://a.example", "off"),
            ("idempotency.idempotent", "on, ttl 24h", "on, ttl 24h, required"),
            ("security_headers.nosniff", "off", "on"),
            ("sensitive_headers.names", "authorization", "authorization, cookie"),
        ] {
            let settings = |value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let kinds = |before: &str, after: &str| {
                let mut kinds = Vec::new();
                compare(&settings(before), &settings(after), &mut |kind, _| kinds.push(kind));
                kinds
            };
            assert_eq!(kinds(strict, loose), [ChangeKind::Loosened], "{name}");
            assert_eq!(kinds(loose, strict), [ChangeKind::Tightened], "{name}");
            assert_eq!(kinds(loose, loose), [], "{name}");
        }
    }

    #[test]
    fn other_settings_change() {
        let settings = |value: &str| BTreeMap::from([("cache.cache".to_owned(), value.to_owned())]);
        let mut found = Vec::new();
        compare(&settings("ttl 60s"), &BTreeMap::new(), &mut |kind, what| found.push((kind, what)));
        assert_eq!(found, [(ChangeKind::Changed, "cache: ttl 60s -> off".to_owned())]);
    }
}
