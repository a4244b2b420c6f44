//! Parsers and printers that keys of the app and keys of a route share.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use http::HeaderValue;
use routekit_grammar::ratio::{Decimal, Ratio};

use crate::{
    base::{setup_problem::all_mistakes, units},
    client_address::TrustedProxies,
    rate_limit::{self, Limit},
    route::{LatencyObjective, is_objective},
};

/// Parts that are separated by commas. The error has the mistakes of all parts.
pub(super) fn list<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let mut mistakes = Vec::new();
    let mut parts = Vec::new();
    for part in text.split(',') {
        match read(part.trim()) {
            Ok(part) => parts.push(part),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    all_mistakes(&mistakes).map_or(Ok(parts), Err)
}

/// An IP address with a port. `localhost` is 127.0.0.1, so that no name is looked up.
pub(super) fn socket_addr(text: &str) -> Option<SocketAddr> {
    match text.rsplit_once(':') {
        Some((host, port)) if host.eq_ignore_ascii_case("localhost") => {
            format!("{}:{port}", Ipv4Addr::LOCALHOST).parse().ok()
        }
        _ => text.parse().ok(),
    }
}

pub(super) fn duration_or_off(text: &str) -> Result<Option<Duration>, String> {
    match text {
        "off" => Ok(None),
        text => match units::duration(text) {
            Some(Duration::ZERO) => Err("zero; a duration must be positive, and `off` disables it".to_owned()),
            Some(duration) => Ok(Some(duration)),
            None => Err("not a duration such as `2` (seconds), `250ms`, `5m`, `1h30m`, and not `off`".to_owned()),
        },
    }
}

pub(super) fn bytes(text: &str) -> Result<u64, String> {
    units::bytes(text).ok_or_else(|| "not a size such as `65536` (bytes), `64KiB`, `1MiB`".to_owned())
}

pub(super) fn show_bytes(bytes: &u64) -> String {
    units::Bytes(*bytes).to_string()
}

pub(super) fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("must be `on` or `off`".to_owned()),
    }
}

pub(super) fn show_on_or_off(on: &bool) -> String {
    if *on { "on" } else { "off" }.to_owned()
}

/// `100/s burst=200, 1000/day per=user name=daily`, or `off`.
pub(super) fn limits_or_off(text: &str) -> Result<Vec<Limit>, String> {
    if text == "off" {
        return Ok(Vec::new());
    }
    let limits = list(text, |limit| limit.parse::<Limit>().map_err(|error| error.to_string()))?;
    rate_limit::mistake(&limits).map_or(Ok(limits), Err)
}

#[expect(clippy::ptr_arg, reason = "the macro passes the field")]
pub(super) fn show_limits(limits: &Vec<Limit>) -> String {
    let limits: Vec<String> = limits.iter().map(Limit::to_string).collect();
    if limits.is_empty() { "off".to_owned() } else { limits.join(", ") }
}

/// Ranges of addresses and `unix`.
pub(crate) fn proxies(text: &str) -> Result<TrustedProxies, String> {
    list(text, |part| part.parse::<TrustedProxies>().map_err(|error| error.to_string()))?;
    text.parse().map_err(|error| format!("{error}"))
}

/// A share that can be exceeded and that is not always exceeded: above 0 and below 1.
pub(super) fn share_or_off(text: &str) -> Result<Option<f64>, String> {
    match text.parse::<f64>() {
        _ if text == "off" => Ok(None),
        Ok(share) if is_share(share) => Ok(Some(share)),
        _ => Err("not a share above 0 and below 1, such as `0.05` for 5 percent, and not `off`".to_owned()),
    }
}

pub(super) fn is_share(share: f64) -> bool {
    share > 0.0 && share < 1.0
}

pub(super) fn show_share(share: &Option<f64>) -> String {
    share.map_or_else(|| "off".to_owned(), |share| share.to_string())
}

pub(super) fn percent_or_off(text: &str) -> Result<Option<u8>, String> {
    match text.parse() {
        _ if text == "off" => Ok(None),
        Ok(percent) if is_percent(percent) => Ok(Some(percent)),
        _ => Err("not a whole number of percent from 1 to 99, and not `off`".to_owned()),
    }
}

/// From 1 to 99: 0 is always exceeded, and 100 never.
pub(super) fn is_percent(percent: u8) -> bool {
    (1..100).contains(&percent)
}

pub(super) fn show_percent(percent: &Option<u8>) -> String {
    percent.map_or_else(|| "off".to_owned(), |percent| percent.to_string())
}

/// The value of a response header.
pub(super) fn header_value_or_off(text: &str) -> Result<Option<HeaderValue>, String> {
    match text {
        "off" => Ok(None),
        _ if text.trim().is_empty() => Err("empty; `off` removes the header".to_owned()),
        text => HeaderValue::from_str(text.trim())
            .ok()
            .filter(|value| value.to_str().is_ok())
            .map(Some)
            .ok_or_else(|| "has characters that no header can contain".to_owned()),
    }
}

pub(super) fn show_header_value(value: &Option<HeaderValue>) -> String {
    value.as_ref().map_or_else(|| "off".to_owned(), |value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whether `policy` is one of HSTS with its only mandatory directive (RFC 6797 §6.1.1).
pub(super) fn has_max_age(policy: &HeaderValue) -> bool {
    let text = policy.to_str().unwrap_or_default().to_ascii_lowercase();
    text.split(';').any(|directive| {
        let value = directive.trim().strip_prefix("max-age=").map(|value| value.trim_matches('"'));
        value.is_some_and(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Reads `0.999` or `off`.
pub(super) fn availability_or_off(text: &str) -> Result<Option<Ratio>, String> {
    if text == "off" {
        return Ok(None);
    }
    let wrong = "not a share above 0 and below 1 with at most six decimals, such as `0.999`, and not `off`";
    share(text).map(Some).ok_or_else(|| wrong.to_owned())
}

/// Reads `0.99 within 300ms` or `off`.
pub(super) fn latency_or_off(text: &str) -> Result<Option<LatencyObjective>, String> {
    if text == "off" {
        return Ok(None);
    }
    let objective = || {
        let (given, threshold) = text.split_once(" within ")?;
        let threshold = units::duration(threshold.trim())?;
        let objective = LatencyObjective::new(threshold, share(given.trim())?);
        objective.is_possible().then_some(objective)
    };
    let wrong = "not an objective such as `0.99 within 300ms` (a share above 0 and below 1, a time of at most `1h`), \
                 and not `off`";
    objective().map(Some).ok_or_else(|| wrong.to_owned())
}

/// The objective, or `off`.
pub(super) fn show_objective<T: fmt::Display>(objective: &Option<T>) -> String {
    objective.as_ref().map_or_else(|| "off".to_owned(), T::to_string)
}

fn share(text: &str) -> Option<Ratio> {
    let share = Decimal::parse(text).filter(|share| !share.cut)?.kept;
    is_objective(share).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_are_shares_and_times_within_bounds() {
        let read = |text| latency_or_off(text).map(|objective| show_objective(&objective)).ok();
        for (text, shown) in [
            ("0.99 within 300ms", Some("0.99 within 300ms")),
            ("0.5 within 1", Some("0.5 within 1s")),
            ("off", Some("off")),
            ("0.99 within 1h", Some("0.99 within 3600s")),
            ("0.99 within 2h", None),
            ("0.99 within 0ms", None),
            ("1.0 within 300ms", None),
            ("0 within 300ms", None),
            ("99% within 300ms", None),
            ("0.99 300ms", None),
            ("", None),
        ] {
            assert_eq!(read(text).as_deref(), shown, "{text:?}");
        }
        assert_eq!(availability_or_off("0.999"), Ok(Some(Ratio::from_millionths(999_000))));
        for wrong in ["1", "0", "-0.1", "99.9", "0.9999999", "high", ""] {
            assert!(availability_or_off(wrong).is_err(), "{wrong:?}");
        }
    }
}
