//! Access and limits, which have an order.

use super::change::ChangeKind;
use crate::manifest::route::{ManifestLimit, ManifestRoute};

/// Compares what the policies of two routes admit.
pub(super) fn compare(old: &ManifestRoute, new: &ManifestRoute, add: &mut dyn FnMut(ChangeKind, String)) {
    let (loosened, tightened) = (!old.access.admits_all_of(&new.access), !new.access.admits_all_of(&old.access));
    if loosened || tightened {
        // A client that was refused is admitted, even if others are not any more.
        add(direction(loosened), format!("auth: {} -> {}", old.access, new.access));
    }
    rate_limits(&old.rate_limits, &new.rate_limits, add);
    let mut at_most = |name: &str, unit: &str, old: Option<u64>, new: Option<u64>| {
        if old != new {
            let shown = |value: Option<u64>| value.map_or_else(|| "off".to_owned(), |value| format!("{value}{unit}"));
            let text = format!("{name}: {} -> {}", shown(old), shown(new));
            add(direction(new.unwrap_or(u64::MAX) > old.unwrap_or(u64::MAX)), text);
        }
    };
    at_most("timeout", " ms", old.timeout_ms, new.timeout_ms);
    at_most("body_limit", " bytes", Some(old.body_limit_bytes), Some(new.body_limit_bytes));
    at_most("concurrency", "", old.concurrency.map(u64::from), new.concurrency.map(u64::from));
}

fn rate_limits(old: &[ManifestLimit], new: &[ManifestLimit], add: &mut dyn FnMut(ChangeKind, String)) {
    let named = |limits: &[ManifestLimit], name: &str| limits.iter().find(|limit| limit.name == name).cloned();
    for before in old {
        match named(new, &before.name) {
            None => {
                let kind = if before.observes { ChangeKind::Changed } else { ChangeKind::Loosened };
                add(kind, format!("rate_limit: {} -> off", before.text));
            }
            Some(after) if after.text != before.text => {
                let kind = match (after.admits_all_of(before), before.admits_all_of(&after)) {
                    // What it counts by is another, such as the user for the address.
                    (true, true) => ChangeKind::Changed,
                    (false, true) => ChangeKind::Tightened,
                    (true | false, false) => ChangeKind::Loosened,
                };
                add(kind, format!("rate_limit: {} -> {}", before.text, after.text));
            }
            Some(_) => {}
        }
    }
    for after in new.iter().filter(|limit| named(old, &limit.name).is_none()) {
        let kind = if after.observes { ChangeKind::Changed } else { ChangeKind::Tightened };
        add(kind, format!("rate_limit: off -> {}", after.text));
    }
}

fn direction(loosened: bool) -> ChangeKind {
    if loosened { ChangeKind::Loosened } else { ChangeKind::Tightened }
}
