//! The trace of a request (W3C Trace Context).

use std::fmt;

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The `trace-id` of a `traceparent` header (W3C Trace Context §3.2.2.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId([u8; 32]);

impl TraceId {
    /// Returns the trace of a request whose `traceparent` is valid.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        let (Some(value), None) = (all.next(), all.next()) else { return None };
        Self::parse(value.as_bytes())
    }

    /// Parses `00-<32 hex>-<16 hex>-<2 hex>`. A later version may append more (§3.2.4); `ff` is not a version.
    fn parse(value: &[u8]) -> Option<Self> {
        let (head, rest) = value.split_at_checked(55)?;
        let version = &head[..2];
        let well_formed = head[2] == b'-' && head[35] == b'-' && head[52] == b'-';
        let known = match version {
            b"ff" => false,
            b"00" => rest.is_empty(),
            _ => rest.first().is_none_or(|next| *next == b'-'),
        };
        let (trace, parent) = (&head[3..35], &head[36..52]);
        let hex = [version, trace, parent, &head[53..55]].iter().all(|part| part.iter().all(is_lower_hex));
        let zero = |id: &[u8]| id.iter().all(|digit| *digit == b'0');
        (well_formed && known && hex && !zero(trace) && !zero(parent)).then(|| trace.try_into().ok().map(Self))?
    }

    /// Returns the trace id as text: 32 hexadecimal digits in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }
}

fn is_lower_hex(digit: &u8) -> bool {
    matches!(digit, b'0'..=b'9' | b'a'..=b'f')
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_traceparent_is_read() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let rows = [
            ("the example of the standard", format!("00-{trace}-00f067aa0ba902b7-01"), true),
            ("a later version", format!("cc-{trace}-00f067aa0ba902b7-01-what-the-future-brings"), true),
            ("a later version that runs on", format!("cc-{trace}-00f067aa0ba902b7-01.x"), false),
            ("more in version 00", format!("00-{trace}-00f067aa0ba902b7-01-x"), false),
            ("no version", format!("ff-{trace}-00f067aa0ba902b7-01"), false),
            ("upper case", format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()), false),
            ("no trace", format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            ("no parent", format!("00-{trace}-0000000000000000-01"), false),
            ("too short", format!("00-{trace}-00f067aa0ba902b7-0"), false),
            ("empty", String::new(), false),
        ];
        for (name, value, taken) in rows {
            let headers = HeaderMap::from_iter([(TRACEPARENT, value.parse().unwrap())]);
            assert_eq!(TraceId::of(&headers).is_some_and(|id| id.as_str() == trace), taken, "{name}");
        }
        let header = || (TRACEPARENT, format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
        let mut twice = HeaderMap::new();
        twice.extend([header(), header()]);
        twice.append(TRACEPARENT, header().1);
        assert_eq!(TraceId::of(&twice), None, "two headers");
    }
}
