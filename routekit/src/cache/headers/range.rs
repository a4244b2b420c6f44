//! Range requests for a part of the content (RFC 9110 §14).

use std::{ops::Range, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::cache::headers::date;

/// A request for one part of the content, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct RangeRequest {
    wanted: Wanted,
    /// `If-Range`: the part is wanted only if the content has this validator.
    only_if: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// From the first position to the last, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// What a request for a part gets of some content.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cache) enum Part {
    /// The whole: the request is void.
    Whole,
    /// These bytes.
    Bytes(Range<usize>),
    /// Nothing: the part begins behind the end.
    Unsatisfiable,
}

impl RangeRequest {
    /// The request for one part. `None` for several parts, for another unit, and for a malformed `Range`.
    pub(in crate::cache) fn of(request: &HeaderMap) -> Option<Self> {
        let range = only(request, &header::RANGE)?;
        let (unit, wanted) = range.to_str().ok()?.split_once('=')?;
        let wanted = Wanted::parse(wanted.trim()).filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
        let only_if = match request.contains_key(header::IF_RANGE) {
            true => Some(only(request, &header::IF_RANGE)?.clone()),
            false => None,
        };
        Some(Self { wanted, only_if })
    }

    /// The part of a stored response with these headers and so many bytes of content.
    pub(in crate::cache) fn part(&self, stored: &HeaderMap, length: usize) -> Part {
        if length == 0 || !self.only_if.as_ref().is_none_or(|validator| is_current(validator, stored)) {
            return Part::Whole;
        }
        let at = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
        match self.wanted {
            Wanted::Last(0) => Part::Unsatisfiable,
            Wanted::Last(count) => Part::Bytes(length.saturating_sub(at(count))..length),
            Wanted::From(first, _) if at(first) >= length => Part::Unsatisfiable,
            Wanted::From(first, last) => {
                Part::Bytes(at(first)..last.map_or(length, |last| at(last).saturating_add(1).min(length)))
            }
        }
    }
}

impl Wanted {
    /// `0-499`, `500-` or `-500` (RFC 9110 §14.1.2).
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        match (number(first)?, number(last)?) {
            (None, None) => None,
            (None, Some(count)) => Some(Self::Last(count)),
            (Some(first), None) => Some(Self::From(first, None)),
            (Some(first), Some(last)) => (first <= last).then_some(Self::From(first, Some(last))),
        }
    }
}

/// A number, or nothing. A number that is too large is the largest.
#[expect(clippy::option_option, reason = "it is malformed, empty, or a number")]
fn number(text: &str) -> Option<Option<u64>> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| (!text.is_empty()).then(|| text.parse().unwrap_or(u64::MAX)))
}

/// The value of a header that must not be repeated.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())
}

/// Whether the stored response has this validator (RFC 9110 §13.1.5): the same strong entity tag, or the same
/// `Last-Modified` if that is strong, which it is a second before the response was generated (§8.8.2.2).
fn is_current(validator: &HeaderValue, stored: &HeaderMap) -> bool {
    if validator.as_bytes().starts_with(b"\"") {
        return stored.get(header::ETAG) == Some(validator);
    }
    // Without `Age`, `Date` is not when the response was generated.
    let is_dated = stored.contains_key(header::AGE);
    // Dates in the form with a year of two digits are as old as they can be: only their order matters.
    let parse = |name| stored.get(name).filter(|_| is_dated).and_then(|value| date::parse(value, Duration::ZERO));
    match (parse(header::LAST_MODIFIED), parse(header::DATE)) {
        (Some(modified), Some(generated)) => {
            stored.get(header::LAST_MODIFIED) == Some(validator) && modified < generated
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn one_range_selects_a_part() {
        for (range, expected) in [
            ("bytes=0-0", Some(Part::Bytes(0..1))),
            ("bytes=2-5", Some(Part::Bytes(2..6))),
            ("bytes=2-", Some(Part::Bytes(2..10))),
            ("bytes=2-99", Some(Part::Bytes(2..10))),
            ("bytes=-3", Some(Part::Bytes(7..10))),
            ("bytes=-99", Some(Part::Bytes(0..10))),
            ("BYTES=0-1", Some(Part::Bytes(0..2))),
            ("bytes=9-", Some(Part::Bytes(9..10))),
            ("bytes=0-99999999999999999999999", Some(Part::Bytes(0..10))),
            ("bytes=10-", Some(Part::Unsatisfiable)),
            ("bytes=99999999999999999999999-", Some(Part::Unsatisfiable)),
            ("bytes=-0", Some(Part::Unsatisfiable)),
            ("bytes=5-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("bytes", None),
            ("lines=0-1", None),
            ("", None),
        ] {
            let request = RangeRequest::of(&headers(&[(header::RANGE, range)]));
            assert_eq!(request.map(|request| request.part(&HeaderMap::new(), 10)), expected, "{range}");
        }
        let twice = headers(&[(header::RANGE, "bytes=0-1"), (header::RANGE, "bytes=0-1")]);
        assert_eq!(RangeRequest::of(&twice), None);
        let request = RangeRequest::of(&headers(&[(header::RANGE, "bytes=0-1")])).unwrap();
        assert_eq!(request.part(&HeaderMap::new(), 0), Part::Whole);
    }

    #[test]
    fn if_range_wants_a_strong_validator() {
        const MODIFIED: &str = "Thu, 01 Jan 1970 00:00:10 GMT";
        const LATER: &str = "Thu, 01 Jan 1970 00:00:11 GMT";
        for (stored, validator, expected) in [
            (&[(header::ETAG, "\"a\"")][..], "\"a\"", true),
            (&[(header::ETAG, "\"a\"")], "\"b\"", false),
            (&[(header::ETAG, "W/\"a\"")], "W/\"a\"", false),
            (&[(header::ETAG, "W/\"a\"")], "\"a\"", false),
            (&[(header::LAST_MODIFIED, MODIFIED), (header::DATE, LATER), (header::AGE, "0")], MODIFIED, true),
            (&[(header::LAST_MODIFIED, MODIFIED), (header::DATE, MODIFIED), (header::AGE, "0")], MODIFIED, false),
            (&[(header::LAST_MODIFIED, MODIFIED), (header::DATE, LATER), (header::AGE, "0")], LATER, false),
            (&[(header::LAST_MODIFIED, MODIFIED), (header::DATE, LATER)], MODIFIED, false),
            (&[], MODIFIED, false),
            (&[], "a", false),
        ] {
            let request = headers(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, validator)]);
            let part = RangeRequest::of(&request).unwrap().part(&headers(stored), 10);
            assert_eq!(part, if expected { Part::Bytes(0..2) } else { Part::Whole }, "{validator} {stored:?}");
        }
    }
}
