//! The proxies whose word about their clients is taken.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

use super::{
    cidr::{Cidr, InvalidCidr},
    forwarded,
};

/// The proxies whose `Forwarded` and `X-Forwarded-For` are believed. See the [module docs](crate::client_address).
///
/// The default trusts no proxy, so that the address of a client is that of its connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    ranges: Arc<[Cidr]>,
    /// Whether a connection without an address is a proxy's.
    unix: bool,
}

impl TrustedProxies {
    /// Creates the default, which trusts no proxy.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a range of addresses.
    #[must_use]
    pub fn range(self, range: impl Into<Cidr>) -> Self {
        Self { ranges: self.ranges.iter().copied().chain([range.into()]).collect(), ..self }
    }

    /// Trusts connections without an IP address, such as those over a Unix socket: `unix` in the configuration.
    #[must_use]
    pub fn unix(self) -> Self {
        Self { unix: true, ..self }
    }

    /// Returns whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && !self.unix
    }

    /// Returns whether the proxy with this address is trusted.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(address))
    }

    /// Returns the address of the client that sent a request with these headers and extensions. `None` if the
    /// connection has no address, and no proxy that is trusted names one.
    #[must_use]
    pub fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        if self.is_empty() {
            return peer;
        }
        match peer {
            Some(peer) if !self.trusts(peer) => Some(peer),
            None if !self.unix => None,
            peer => self.forwarded_for(headers).or(peer),
        }
    }

    /// The address that proxies name. `None` if they name none, or if two headers disagree: a proxy that writes one of
    /// them may pass on the other as it came from the client.
    fn forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let x_forwarded_for = || self.rightmost_untrusted(|next| forwarded::x_forwarded_for(headers, next));
        let forwarded = || self.rightmost_untrusted(|next| forwarded::forwarded(headers, next));
        match forwarded::present(headers) {
            (false, false) => None,
            (true, false) => forwarded(),
            (false, true) => x_forwarded_for(),
            (true, true) => forwarded().filter(|named| x_forwarded_for() == Some(*named)),
        }
    }

    /// The last address that is not a trusted proxy's, or the first one if all are. `None` if an entry on the way is
    /// not an address.
    fn rightmost_untrusted(&self, read: impl FnOnce(&mut dyn FnMut(forwarded::Hop) -> bool)) -> Option<IpAddr> {
        let mut client = None;
        read(&mut |hop| {
            client = hop.ok();
            client.is_some_and(|address| self.trusts(address))
        });
        client
    }
}

impl FromIterator<Cidr> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = Cidr>>(ranges: I) -> Self {
        Self { ranges: ranges.into_iter().collect(), unix: false }
    }
}

/// Ranges of addresses and `unix`, separated by commas.
impl FromStr for TrustedProxies {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let (mut ranges, mut unix) = (Vec::new(), false);
        for part in text.split(',').map(str::trim) {
            match part {
                "unix" => unix = true,
                range => ranges.push(range.parse()?),
            }
        }
        Ok(Self { ranges: ranges.into(), unix })
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let unix = self.unix.then(|| "unix".to_owned());
        let parts: Vec<String> = self.ranges.iter().map(ToString::to_string).chain(unix).collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::base::property;

    fn client(proxies: &str, peer: Option<&str>, lines: &[(&'static str, &str)]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        let (mut headers, mut extensions) = (HeaderMap::new(), Extensions::new());
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        if let Some(peer) = peer {
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        }
        proxies.client(&headers, &extensions).map_or("none".to_owned(), |address| address.to_string())
    }

    #[test]
    fn client_is_the_rightmost_address_that_is_no_trusted_proxy() {
        const XFF: &str = "x-forwarded-for";
        const FORWARDED: &str = "forwarded";
        for (name, peer, lines, expected) in [
            ("no header", "10.0.0.1", &[][..], "10.0.0.1"),
            ("untrusted peer", "203.0.113.9", &[(XFF, "192.0.2.1")], "203.0.113.9"),
            ("one proxy", "10.0.0.1", &[(XFF, "192.0.2.1")], "192.0.2.1"),
            ("forged entries to the left", "10.0.0.1", &[(XFF, "1.1.1.1, 10.9.9.9, 192.0.2.1")], "192.0.2.1"),
            ("two proxies", "10.0.0.1", &[(XFF, "1.1.1.1, 192.0.2.1, 10.0.0.2")], "192.0.2.1"),
            ("two proxies, two lines", "10.0.0.1", &[(XFF, "1.1.1.1, 192.0.2.1"), (XFF, "10.0.0.2")], "192.0.2.1"),
            ("all trusted", "10.0.0.1", &[(XFF, "10.0.0.9, 10.0.0.2")], "10.0.0.9"),
            ("malformed entry of the proxy", "10.0.0.1", &[(XFF, "192.0.2.1, garbage")], "10.0.0.1"),
            ("malformed entry behind a proxy", "10.0.0.1", &[(XFF, "garbage, 10.0.0.2")], "10.0.0.1"),
            ("malformed entry of a client", "10.0.0.1", &[(XFF, "garbage, 192.0.2.1")], "192.0.2.1"),
            ("empty", "10.0.0.1", &[(XFF, "")], "10.0.0.1"),
            ("mapped peer", "::ffff:10.0.0.1", &[(XFF, "::ffff:192.0.2.1")], "192.0.2.1"),
            ("mapped peer without a header", "::ffff:192.0.2.7", &[], "192.0.2.7"),
            ("v6 proxy", "fd00::1", &[(XFF, "2001:db8::1")], "2001:db8::1"),
            ("Forwarded", "10.0.0.1", &[(FORWARDED, "for=1.1.1.1, for=\"[2001:db8::1]:80\"")], "2001:db8::1"),
            ("obfuscated", "10.0.0.1", &[(FORWARDED, "for=_hidden")], "10.0.0.1"),
            ("both agree", "10.0.0.1", &[(FORWARDED, "for=192.0.2.1"), (XFF, "192.0.2.1")], "192.0.2.1"),
            ("forged Forwarded", "10.0.0.1", &[(FORWARDED, "for=1.1.1.1"), (XFF, "192.0.2.1")], "10.0.0.1"),
            ("forged X-Forwarded-For", "10.0.0.1", &[(FORWARDED, "for=192.0.2.1"), (XFF, "1.1.1.1")], "10.0.0.1"),
            ("malformed beside a good one", "10.0.0.1", &[(FORWARDED, "for=\""), (XFF, "192.0.2.1")], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.0/8, fd00::/8", Some(peer), lines), expected, "{name}");
        }
    }

    #[test]
    fn connection_without_an_address_is_a_proxy_only_if_unix_sockets_are_trusted() {
        let named = [("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("unix", None, &named), "192.0.2.1");
        assert_eq!(client("unix", None, &[]), "none");
        assert_eq!(client("10.0.0.0/8", None, &named), "none");
        assert_eq!(client("unix", Some("10.0.0.1"), &named), "10.0.0.1");
    }

    #[test]
    fn what_a_client_sends_changes_nothing_but_to_the_address_of_the_proxy() {
        let sent =
            prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"\",;=for:[]\\ 1.".to_vec())], 0..60);
        property::check(1000, &(sent, any::<bool>()), |(mut value, is_forwarded)| {
            let (name, last) =
                if is_forwarded { ("forwarded", "for=192.0.2.1") } else { ("x-forwarded-for", "192.0.2.1") };
            value.extend_from_slice(b", ");
            value.extend_from_slice(last.as_bytes());
            let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
            let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
            let (mut headers, mut extensions) = (HeaderMap::new(), Extensions::new());
            headers.insert(name, value);
            extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 80))));
            let client = proxies.client(&headers, &extensions).unwrap().to_string();
            // A quote that is not closed makes `Forwarded` malformed.
            prop_assert!(client == "192.0.2.1" || is_forwarded && client == "10.0.0.1", "{}", client);
            Ok(())
        });
    }
}
