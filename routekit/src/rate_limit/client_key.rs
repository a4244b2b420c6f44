//! Whose requests a limit counts together.

use std::net::IpAddr;

use http::{Extensions, HeaderMap, Request, request::Parts};

use super::limit::LimitBy;
use crate::identity::Identity;

/// The key of requests whose client has no address. It is the prefix of no address that is in use: `0000::/8` is
/// reserved (RFC 4291 §2.4), apart from `::/64`.
const NO_ADDRESS: u64 = 0x0000_fffe_0000_0000;
/// Likewise, the prefix of keys that are IPv4 addresses.
const IPV4: u64 = 0x0000_ffff_0000_0000;

/// Whose requests a limit counts together.
pub(super) enum ClientKey<'a> {
    /// The prefix of an address, or that there is none.
    Address(u64),
    /// The issuer and the name of a user.
    User(Option<&'a str>, &'a str),
    /// The value of a header.
    Header(&'a [u8]),
    /// The text of a function.
    Text(String),
}

/// The parts of a request from which keys are made.
#[derive(Clone, Copy)]
pub(crate) struct LimitedHead<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) extensions: &'a Extensions,
    /// For functions. `None` if no limit has one.
    parts: Option<&'a Parts>,
}

impl<'a> LimitedHead<'a> {
    /// The head of a request without the parts for functions.
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self { headers: request.headers(), extensions: request.extensions(), parts: None }
    }

    /// The head of a request with everything that functions read.
    pub(crate) fn of_parts(parts: &'a Parts) -> Self {
        Self { headers: &parts.headers, extensions: &parts.extensions, parts: Some(parts) }
    }
}

impl LimitBy {
    /// Whose request it is. `address` is asked for the client's if it is needed.
    #[inline]
    pub(super) fn client<'a>(&self, head: LimitedHead<'a>, address: impl FnOnce() -> Option<IpAddr>) -> ClientKey<'a> {
        let known = match self {
            Self::Ip => None,
            Self::User => {
                head.extensions.get::<Identity>().map(|identity| ClientKey::User(identity.issuer(), identity.sub()))
            }
            Self::Header(name) => head.headers.get(name).map(|value| ClientKey::Header(value.as_bytes())),
            Self::Function(text) => head.parts.map(|parts| ClientKey::Text(text.of(parts))),
        };
        known.unwrap_or_else(|| ClientKey::Address(key_of_address(address())))
    }
}

/// The IPv4 address, or the first 64 bits of an IPv6 address: a client has at least that many (RFC 6177 §2).
#[inline]
fn key_of_address(address: Option<IpAddr>) -> u64 {
    let Some(address) = address else { return NO_ADDRESS };
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_of_64_bits_are_one_key() {
        let key = |text: &str| key_of_address(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("0.0.0.0"), key("::1"));
        assert_ne!(key("0.0.0.0"), key_of_address(None));
    }
}
