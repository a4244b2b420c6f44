//! The content codings that a client accepts, and the one that it prefers (RFC 9110 §12.5.3).
//!
//! tower-http negotiates too, but turns a finished response into a 406 if its client accepts no coding.

#[cfg(feature = "compression")]
use http::HeaderValue;
use http::{HeaderMap, header};

/// A content coding of responses. Among those of equal weight, the last is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    #[cfg(feature = "compression-br")]
    Brotli,
}

/// The weights of one request in thousandths, for each coding in the order of [`Coding::ALL`].
#[derive(Default)]
struct Weights {
    codings: [Option<u16>; Coding::ALL.len()],
    identity: Option<u16>,
    others: Option<u16>,
}

impl Coding {
    #[cfg(feature = "compression-br")]
    const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];
    #[cfg(not(feature = "compression-br"))]
    const ALL: [Self; 1] = [Self::Gzip];

    /// Returns the coding that a client with these headers prefers. `None` if it prefers an uncompressed response, or
    /// accepts no coding.
    #[cfg(feature = "compression")]
    pub(crate) fn preferred(headers: &HeaderMap) -> Option<Self> {
        Weights::read(headers).acceptable().max_by_key(|(weight, _)| *weight).map(|(_, coding)| coding)
    }

    /// The value of `Content-Encoding`.
    #[cfg(feature = "compression")]
    pub(crate) fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            #[cfg(feature = "compression-br")]
            Self::Brotli => "br",
        })
    }

    fn is_named(self, name: &[u8]) -> bool {
        match self {
            Self::Gzip => name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip"),
            #[cfg(feature = "compression-br")]
            Self::Brotli => name.eq_ignore_ascii_case(b"br"),
        }
    }
}

/// Whether a client with these headers accepts gzip at least as gladly as an uncompressed response.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    Weights::read(headers).acceptable().any(|(_, coding)| coding == Coding::Gzip)
}

impl Weights {
    /// The codings that are no worse than an uncompressed response, with their weights.
    fn acceptable(&self) -> impl Iterator<Item = (u16, Coding)> {
        let identity = self.identity.or(self.others).unwrap_or(0);
        let weighted = Coding::ALL.into_iter().zip(self.codings);
        let weighted = weighted.map(|(coding, weight)| (weight.or(self.others).unwrap_or(0), coding));
        weighted.filter(move |(weight, _)| *weight > 0 && *weight >= identity)
    }

    /// Omits malformed elements and unknown codings.
    fn read(headers: &HeaderMap) -> Self {
        let mut weights = Self::default();
        let values = headers.get_all(header::ACCEPT_ENCODING).into_iter();
        for element in values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')) {
            let mut parts = element.splitn(2, |byte| *byte == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            let Some(weight) = parts.next().map_or(Some(1000), thousandths) else { continue };
            let known = Coding::ALL.into_iter().zip(&mut weights.codings).find(|(coding, _)| coding.is_named(name));
            if let Some((_, place)) = known {
                *place = Some(weight);
            } else if name.eq_ignore_ascii_case(b"identity") {
                weights.identity = Some(weight);
            } else if name == b"*" {
                weights.others = Some(weight);
            }
        }
        weights
    }
}

/// The weight in a parameter such as `q=0.5` (RFC 9110 §12.4.2).
fn thousandths(parameter: &[u8]) -> Option<u16> {
    let [b'q' | b'Q', b'=', whole @ (b'0' | b'1'), rest @ ..] = parameter else { return None };
    let digits = match rest {
        [] => rest,
        [b'.', digits @ ..] if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return None,
    };
    let fraction = digits.iter().chain(b"000").take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let weight = u16::from(whole - b'0') * 1000 + fraction;
    (weight <= 1000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn weight_is_read_in_thousandths() {
        for (parameter, expected) in [
            ("q=1", Some(1000)),
            ("Q=0", Some(0)),
            ("q=0.5", Some(500)),
            ("q=0.125", Some(125)),
            ("q=0.", Some(0)),
            ("q=1.000", Some(1000)),
            ("q=1.001", None),
            ("q=0.1234", None),
            ("q=2", None),
            ("q=-1", None),
            ("q= 1", None),
            ("q", None),
            ("level=1", None),
            ("", None),
        ] {
            assert_eq!(thousandths(parameter.as_bytes()), expected, "{parameter}");
        }
    }

    #[cfg(feature = "compression")]
    #[test]
    fn coding_with_the_largest_weight_is_preferred() {
        for (accept, expected) in [
            ("gzip", Some("gzip")),
            ("X-GZIP", Some("gzip")),
            ("deflate, gzip;q=0.1", Some("gzip")),
            ("gzip ; q=0.5", Some("gzip")),
            ("gzip;q=0.5, identity;q=0.4", Some("gzip")),
            ("gzip;q=0.5, identity", None),
            ("gzip, identity", Some("gzip")),
            ("gzip;q=0", None),
            ("gzip;q=0, *;q=0", None),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("gzip;q=0.5, *;q=0", Some("gzip")),
            ("gzip;q=x", None),
            (",;,", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            let preferred = Coding::preferred(&headers).map(Coding::name);
            assert_eq!(preferred, expected.map(HeaderValue::from_static), "{accept}");
        }
    }

    #[test]
    fn gzip_is_accepted_unless_an_uncompressed_response_is_preferred() {
        for (accept, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.1", true),
            ("*;q=0.1", true),
            ("gzip;q=0.5, identity;q=0.5", true),
            ("gzip;q=0.5, identity", false),
            ("gzip;q=0, *", false),
            ("br", false),
            ("identity;q=0", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            assert_eq!(accepts_gzip(&headers), expected, "{accept}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[cfg(all(feature = "compression", feature = "compression-br"))]
    #[test]
    fn brotli_is_preferred_at_equal_weight() {
        for (accept, expected) in [
            ("br, gzip", "br"),
            ("gzip, br", "br"),
            ("*", "br"),
            ("gzip, *;q=0.5", "gzip"),
            ("br;q=0.5, gzip;q=0.6", "gzip"),
            ("br;q=0, *", "gzip"),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            assert_eq!(Coding::preferred(&headers).map(Coding::name).unwrap(), expected, "{accept}");
        }
    }
}
