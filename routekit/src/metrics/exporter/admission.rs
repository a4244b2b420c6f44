//! Which metrics may be registered.
//!
//! Anything may be recorded through the facade, and a scrape fails as a whole if one of its lines is wrong. So each key
//! is checked when it is first used. One that would break or falsify the output is refused: its samples are dropped and
//! counted, and the reason is logged once.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use metrics::{Key, Label};
use parking_lot::Mutex;

use super::names::{label_name, labels, metric_name};
use crate::base::printable::Printable;

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

/// Why a metric is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Refusal {
    /// The name is empty.
    NoName,
    /// The name belongs to metrics of this kind, or to a series of a histogram.
    OtherKind(MetricKind),
    /// The name is the one of another metric, which differs only in characters that Prometheus does not take.
    SameName(String),
    /// A label has no name.
    NoLabelName,
    /// A label has a name that Prometheus uses itself.
    ReservedLabel(String),
    /// Two labels have the same name, perhaps only after characters were replaced that Prometheus does not take.
    SameLabel(String),
}

/// All names that were registered, as they are rendered.
#[derive(Default)]
pub(super) struct Admissions {
    families: Mutex<HashMap<String, AdmittedFamily>>,
    logged: Mutex<HashSet<(String, Refusal)>>,
}

/// The metrics of one name.
struct AdmittedFamily {
    kind: MetricKind,
    /// The name before characters were replaced.
    given: String,
}

/// The most refusals that are logged. A program may make up any number of names.
const MOST_LOGGED: usize = 100;

impl Admissions {
    /// The key as the exporter may have it, or the reason why it may not.
    pub(super) fn admit(&self, kind: MetricKind, key: &Key) -> Result<Key, Refusal> {
        let admitted = self.check(kind, key);
        if let Err(refusal) = &admitted {
            self.log(key, refusal);
        }
        admitted
    }

    fn check(&self, kind: MetricKind, key: &Key) -> Result<Key, Refusal> {
        let name = metric_name(key.name());
        if name.is_empty() {
            return Err(Refusal::NoName);
        }
        let labels = checked_labels(kind, key)?;
        let mut families = self.families.lock();
        match families.get(&name) {
            Some(family) if family.kind != kind => return Err(Refusal::OtherKind(family.kind)),
            Some(family) if family.given != key.name() => return Err(Refusal::SameName(family.given.clone())),
            Some(_) => {}
            None => {
                if let Some(owner) = clashing(&families, kind, &name) {
                    return Err(Refusal::OtherKind(owner));
                }
                families.insert(name.clone(), AdmittedFamily { kind, given: key.name().to_owned() });
            }
        }
        Ok(Key::from_parts(name, labels))
    }

    fn log(&self, key: &Key, refusal: &Refusal) {
        let mut logged = self.logged.lock();
        if logged.len() < MOST_LOGGED && logged.insert((key.name().to_owned(), refusal.clone())) {
            let labels = labels(key.labels());
            drop(logged);
            let metric = Printable(key.name());
            tracing::warn!(target: "routekit", %metric, labels, "a metric is refused: {refusal}");
        }
    }
}

/// The kind of another metric whose series would have the same names: those of a histogram end with `_bucket`, `_sum`,
/// `_count` and, in OpenMetrics, `_created`.
fn clashing(families: &HashMap<String, AdmittedFamily>, kind: MetricKind, name: &str) -> Option<MetricKind> {
    const PARTS: [&str; 4] = ["_bucket", "_sum", "_count", "_created"];
    let of_histogram = || {
        let base = PARTS.iter().find_map(|part| name.strip_suffix(part))?;
        families.get(base).map(|family| family.kind).filter(|kind| *kind == MetricKind::Histogram)
    };
    let of_parts = || PARTS.iter().find_map(|part| families.get(&format!("{name}{part}")).map(|family| family.kind));
    of_histogram().or_else(|| if kind == MetricKind::Histogram { of_parts() } else { None })
}

/// The labels with valid names.
fn checked_labels(kind: MetricKind, key: &Key) -> Result<Vec<Label>, Refusal> {
    let mut checked: Vec<Label> = Vec::new();
    for label in key.labels() {
        let name = label_name(label.key());
        if name.is_empty() {
            return Err(Refusal::NoLabelName);
        }
        if name.starts_with("__") || (name == "le" && kind == MetricKind::Histogram) {
            return Err(Refusal::ReservedLabel(name));
        }
        if checked.iter().any(|other| other.key() == name) {
            return Err(Refusal::SameLabel(name));
        }
        checked.push(Label::new(name, label.value().to_owned()));
    }
    Ok(checked)
}

impl MetricKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str("its name is empty"),
            Self::OtherKind(kind) => write!(f, "its name belongs to a {}; choose another name", kind.as_str()),
            Self::SameName(other) => {
                let other = Printable(other);
                write!(f, "Prometheus cannot tell its name from `{other}`; use letters, digits, `_` and `:` only")
            }
            Self::NoLabelName => f.write_str("a label has no name"),
            Self::ReservedLabel(label) => write!(f, "the label `{label}` is one of Prometheus' own; rename it"),
            Self::SameLabel(label) => {
                write!(f, "two labels are named `{label}` once invalid characters are replaced by `_`; rename one")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MetricKind::*, *};

    fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
        let labels: Vec<Label> = labels.iter().map(|(name, value)| Label::new(*name, *value)).collect();
        Key::from_parts(name, labels)
    }

    #[test]
    fn keys_that_would_break_the_output_are_refused() {
        let other = |name: &str| Err(Refusal::SameName(name.to_owned()));
        let reserved = |name: &str| Err(Refusal::ReservedLabel(name.to_owned()));
        let admissions = Admissions::default();
        for (kind, key, expected) in [
            (Counter, key("jobs", &[("queue", "mail")]), Ok(())),
            (Counter, key("jobs", &[("queue", "a"), ("b", "c")]), Ok(())),
            (Gauge, key("jobs", &[]), Err(Refusal::OtherKind(Counter))),
            (Gauge, key("a.b", &[]), Ok(())),
            (Gauge, key("a_b", &[]), other("a.b")),
            (Histogram, key("time", &[]), Ok(())),
            (Counter, key("time_count", &[]), Err(Refusal::OtherKind(Histogram))),
            (Gauge, key("size_sum", &[]), Ok(())),
            (Histogram, key("size", &[]), Err(Refusal::OtherKind(Gauge))),
            (Histogram, key("time", &[("le", "5")]), reserved("le")),
            (Gauge, key("limit", &[("le", "5")]), Ok(())),
            (Gauge, key("limit", &[("__name__", "x")]), reserved("__name__")),
            (Gauge, key("limit", &[("", "x")]), Err(Refusal::NoLabelName)),
            (Gauge, key("limit", &[("a.b", "x"), ("a_b", "y")]), Err(Refusal::SameLabel("a_b".to_owned()))),
            (Gauge, key("", &[]), Err(Refusal::NoName)),
        ] {
            assert_eq!(admissions.admit(kind, &key).map(drop), expected, "{kind:?} {key}");
        }
    }
}
