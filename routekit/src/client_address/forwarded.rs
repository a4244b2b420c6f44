//! The addresses that proxies have written into the head of a request, from the last proxy to the first.
//!
//! An entry that is not an IP address ends the list, because nothing to its left can be attributed to anyone.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, HeaderName, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The longest value that is read, in bytes, from its end. A proxy adds less than a hundred.
const LONGEST: usize = 4096;

/// What the entry of one proxy says about its client.
pub(super) type Hop = Result<IpAddr, NoAddress>;

/// An entry that is not an IP address, such as `unknown`, `_hidden` (RFC 7239 §6) or garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoAddress;

/// Whether the request has `Forwarded`, and whether it has `X-Forwarded-For`.
pub(super) fn present(headers: &HeaderMap) -> (bool, bool) {
    (headers.contains_key(header::FORWARDED), headers.contains_key(X_FORWARDED_FOR))
}

/// Calls `next` with each entry of `X-Forwarded-For`, the last one first, until it returns `false`.
pub(super) fn x_forwarded_for(headers: &HeaderMap, mut next: impl FnMut(Hop) -> bool) {
    // Many lines are one list (RFC 9110 §5.3).
    for value in headers.get_all(X_FORWARDED_FOR).into_iter().rev() {
        for entry in tail(value.as_bytes()).rsplit(|byte| *byte == b',') {
            if !next(address(entry.trim_ascii())) {
                return;
            }
        }
    }
}

/// Calls `next` with the `for` of each element of `Forwarded` (RFC 7239 §4), the last one first, until it returns
/// `false`.
pub(super) fn forwarded(headers: &HeaderMap, mut next: impl FnMut(Hop) -> bool) {
    for value in headers.get_all(header::FORWARDED).into_iter().rev() {
        let value = tail(value.as_bytes());
        // A quote that is not closed could hide any number of commas.
        if !is_balanced(value) {
            next(Err(NoAddress));
            return;
        }
        for element in split_unquoted(value, b',').into_iter().rev() {
            if !next(for_parameter(element)) {
                return;
            }
        }
    }
}

/// The end of a value. A cut entry is not an address, or belongs to a chain of more than a hundred proxies.
fn tail(value: &[u8]) -> &[u8] {
    &value[value.len().saturating_sub(LONGEST)..]
}

fn is_balanced(value: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    !quoted
}

/// The parts between separators that are not in a quoted string.
fn split_unquoted(value: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return !quoted && *byte == separator,
        }
        false
    });
    parts.collect()
}

/// The address of the parameter `for` of an element. A second `for` makes the element ambiguous.
fn for_parameter(element: &[u8]) -> Hop {
    let mut found = None;
    for pair in split_unquoted(element, b';') {
        let pair = pair.trim_ascii();
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
        if pair[..equals].eq_ignore_ascii_case(b"for") && found.replace(&pair[equals + 1..]).is_some() {
            return Err(NoAddress);
        }
    }
    let value = found.ok_or(NoAddress)?;
    // An address needs no escapes, so a quoted string with one is none.
    address(value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(entry: &[u8]) -> Hop {
    let text = std::str::from_utf8(entry).map_err(|_| NoAddress)?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|addr| addr.ip());
    let parsed = text.parse::<IpAddr>().ok().or_else(bracketed).or_else(with_port);
    parsed.map(|address| address.to_canonical()).ok_or(NoAddress)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    fn all(read: impl Fn(&HeaderMap, &mut dyn FnMut(Hop) -> bool), headers: &HeaderMap) -> String {
        let mut found = Vec::new();
        read(headers, &mut |hop| {
            found.push(hop.map_or("-".to_owned(), |address| address.to_string()));
            true
        });
        found.join(" ")
    }

    #[test]
    fn x_forwarded_for_is_read_from_its_end() {
        for (values, expected) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["192.0.2.1, 192.0.2.2 ,192.0.2.3"], "192.0.2.3 192.0.2.2 192.0.2.1"),
            (&["192.0.2.1, 192.0.2.2", "192.0.2.3"], "192.0.2.3 192.0.2.2 192.0.2.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&[""], "-"),
            (&["192.0.2.1,"], "- 192.0.2.1"),
            (&["unknown"], "-"),
            (&["192.0.2.1.example"], "-"),
            (&["192.0.2.256"], "-"),
            (&["fe80::1%eth0"], "-"),
            (&["192.0.2.1:99999"], "-"),
        ] {
            assert_eq!(all(|h, next| x_forwarded_for(h, next), &headers("x-forwarded-for", values)), expected);
        }
    }

    #[test]
    fn forwarded_is_read_from_its_end() {
        for (values, expected) in [
            (&["for=192.0.2.1"][..], "192.0.2.1"),
            (&["For=\"192.0.2.1:80\";proto=http;by=203.0.113.43"], "192.0.2.1"),
            (&["proto=https;for=\"[2001:db8::1]:443\""], "2001:db8::1"),
            (&["for=192.0.2.1, for=192.0.2.2", "for=192.0.2.3"], "192.0.2.3 192.0.2.2 192.0.2.1"),
            (&["for=192.0.2.1;host=\"a,for=192.0.2.9\", for=192.0.2.2"], "192.0.2.2 192.0.2.1"),
            (&["for=unknown"], "-"),
            (&["for=_hidden, for=192.0.2.1"], "192.0.2.1 -"),
            (&["for=\"unix:\""], "-"),
            (&["proto=https"], "-"),
            (&["for=192.0.2.1;for=192.0.2.2"], "-"),
            (&["for=\"192.0.2.1"], "-"),
            (&["for=192.0.2.1, for=\"x, for=192.0.2.2"], "-"),
            (&["for=\"\\192.0.2.1\""], "-"),
            (&["for"], "-"),
            (&[""], "-"),
        ] {
            assert_eq!(all(|h, next| forwarded(h, next), &headers("forwarded", values)), expected, "{values:?}");
        }
    }

    #[test]
    fn only_the_end_of_a_long_value_is_read() {
        let long = format!("{}192.0.2.1", "198.51.100.1, ".repeat(10_000));
        let mut count = 0;
        x_forwarded_for(&headers("x-forwarded-for", &[&long]), |_| {
            count += 1;
            true
        });
        assert!(count < 400, "{count}");
    }
}
