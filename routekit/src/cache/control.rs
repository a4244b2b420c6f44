//! What an answer says in `Cache-Control` (RFC 9111 §5.2.2), as far as storing goes.

use std::time::Duration;

use http::{HeaderMap, header};

/// The directives of an answer that a shared cache acts on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Control {
    /// Not to be stored here: `no-store`, `private`, or `no-cache`, whose entries would have to be asked after each time.
    pub(super) forbids: bool,
    s_maxage: Option<Duration>,
    max_age: Option<Duration>,
}

impl Control {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for value in headers.get_all(header::CACHE_CONTROL) {
            // Quotes that are never closed may hide anything.
            control.forbids |= has_open_quotes(value.as_bytes());
            for directive in split(value.as_bytes()) {
                control.add(directive);
            }
        }
        control
    }

    /// For how long the answer says it is fresh (RFC 9111 §4.2.1).
    pub(super) fn fresh_for(&self) -> Option<Duration> {
        self.s_maxage.or(self.max_age)
    }

    fn add(&mut self, directive: &[u8]) {
        let (name, value) = match directive.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&directive[..equals], &directive[equals + 1..]),
            None => (directive, &b""[..]),
        };
        let (name, value) = (name.trim_ascii().to_ascii_lowercase(), value.trim_ascii());
        match name.as_slice() {
            b"no-store" | b"private" | b"no-cache" => self.forbids = true,
            b"s-maxage" => shorten(&mut self.s_maxage, seconds(value)),
            b"max-age" => shorten(&mut self.max_age, seconds(value)),
            _ => {}
        }
    }
}

/// Of two that contradict each other, the shorter one holds (RFC 9111 §4.2.1).
fn shorten(duration: &mut Option<Duration>, other: Duration) {
    *duration = Some(duration.map_or(other, |duration| duration.min(other)));
}

/// Delta seconds (RFC 9111 §1.2.2), also in quotes. What is no number is nothing: such an answer is taken for stale.
fn seconds(value: &[u8]) -> Duration {
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Duration::ZERO;
    }
    let parsed = str::from_utf8(value).ok().and_then(|digits| digits.parse::<u64>().ok());
    // The largest that the standard asks for.
    Duration::from_secs(parsed.unwrap_or(u64::MAX).min(1 << 31))
}

/// Cuts at commas that do not stand in quotes.
fn split(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quotes = Quotes::default();
    value.split(move |byte| !quotes.pass(*byte) && *byte == b',')
}

fn has_open_quotes(value: &[u8]) -> bool {
    let mut quotes = Quotes::default();
    for byte in value {
        quotes.pass(*byte);
    }
    quotes.open
}

/// A quoted string (RFC 9110 §5.6.4), byte by byte.
#[derive(Default)]
struct Quotes {
    open: bool,
    escaped: bool,
}

impl Quotes {
    /// Whether this byte stands in quotes.
    fn pass(&mut self, byte: u8) -> bool {
        let inside = self.open;
        if byte == b'"' && !self.escaped {
            self.open = !self.open;
        }
        self.escaped = self.open && byte == b'\\' && !self.escaped;
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let s = Duration::from_secs;
        let rows: [(&[&str], bool, Option<Duration>); 17] = [
            (&[], false, None),
            (&["public"], false, None),
            (&["no-store"], true, None),
            (&["public , PRIVATE"], true, None),
            (&["private=\"set-cookie, x\""], true, None),
            (&["no-cache=\"x\""], true, None),
            (&["x=\"no-store\""], false, None),
            (&["x=\"a\\\", no-store\""], false, None),
            (&["x=\"a\\\", max-age=60"], true, None),
            (&["max-age=60"], false, Some(s(60))),
            (&["max-age=60, s-maxage=5"], false, Some(s(5))),
            (&["s-maxage=5", "max-age=2"], false, Some(s(5))),
            (&["max-age=60", "max-age=7"], false, Some(s(7))),
            (&["max-age=\"60\""], false, Some(s(60))),
            (&["max-age=-1"], false, Some(s(0))),
            (&["max-age"], false, Some(s(0))),
            (&["max-age=99999999999999999999999"], false, Some(s(1 << 31))),
        ];
        for (values, forbids, fresh_for) in rows {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CACHE_CONTROL, value.parse().unwrap());
            }
            let control = Control::of(&headers);
            assert_eq!((control.forbids, control.fresh_for()), (forbids, fresh_for), "{values:?}");
        }
    }
}
