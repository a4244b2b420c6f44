//! Queries that several panels have.

use crate::{
    metrics::names::DURATION,
    prometheus::{Matchers, failed},
};

/// The time over which Grafana computes rates.
const INTERVAL: &str = "$__rate_interval";

/// The series of the chosen jobs.
pub(super) fn of_jobs() -> Matchers {
    Matchers::default().and(r#"job=~"$job""#)
}

/// `sum(rate(metric{…}[…]))`, by these labels.
pub(super) fn rate(metric: &str, matchers: &Matchers, by: &str) -> String {
    let rate = format!("rate({}[{INTERVAL}])", matchers.of(metric));
    sum(&rate, by)
}

pub(super) fn sum(vector: &str, by: &str) -> String {
    if by.is_empty() { format!("sum({vector})") } else { format!("sum by ({by}) ({vector})") }
}

/// Requests per second.
pub(super) fn requests(matchers: &Matchers, by: &str) -> String {
    rate(&format!("{DURATION}_count"), matchers, by)
}

/// The share of requests that failed. Without failures there is no series of them.
pub(super) fn error_ratio(matchers: &Matchers, by: &str) -> String {
    let (failures, all) = (requests(&failed(matchers.clone()), by), requests(matchers, by));
    let none = if by.is_empty() { "vector(0)".to_owned() } else { format!("0 * {all}") };
    format!("({failures} or {none}) / {all}")
}

/// A quantile of response times.
pub(super) fn quantile(quantile: &str, matchers: &Matchers, by: &str) -> String {
    let by = if by.is_empty() { "le".to_owned() } else { format!("le, {by}") };
    format!("histogram_quantile({quantile}, {})", rate(&format!("{DURATION}_bucket"), matchers, &by))
}
