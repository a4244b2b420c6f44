//! Ranges of IP addresses.

use std::{fmt, net::IpAddr, str::FromStr};

/// A range of addresses, such as `10.0.0.0/8`, `2001:db8::/32` or the single address `192.0.2.1` (RFC 4632 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// The first address of the range. Never an IPv4-mapped IPv6 address.
    network: IpAddr,
    prefix: u8,
}

/// The text is not a [`Cidr`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CidrError {
    text: String,
    reason: CidrMistake,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum CidrMistake {
    Syntax,
    Length {
        longest: u8,
    },
    /// The range that was probably meant.
    HostBits(Cidr),
}

impl Cidr {
    /// Returns whether the range includes `address`. An IPv4-mapped IPv6 address counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.checked_shr(32 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.checked_shr(128 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// The range of this length that includes `address`.
    fn around(address: IpAddr, prefix: u8) -> Self {
        let network = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        };
        Self { network, prefix }
    }
}

/// The range of one address.
impl From<IpAddr> for Cidr {
    fn from(address: IpAddr) -> Self {
        let network = address.to_canonical();
        Self { network, prefix: longest(network) }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let invalid = |reason| CidrError { text: text.to_owned(), reason };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid(CidrMistake::Syntax))?;
        let Some(prefix) = prefix else { return Ok(address.into()) };
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse::<u8>().ok().filter(|prefix| is_number && *prefix <= longest(address));
        let prefix = prefix.ok_or_else(|| invalid(CidrMistake::Length { longest: longest(address) }))?;
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let (address, prefix) = match (address.to_canonical(), address) {
            (canonical @ IpAddr::V4(_), IpAddr::V6(_)) if prefix >= 96 => (canonical, prefix - 96),
            _ => (address, prefix),
        };
        let range = Self::around(address, prefix);
        if range.network == address { Ok(range) } else { Err(invalid(CidrMistake::HostBits(range))) }
    }
}

/// The length of the prefix that leaves one address.
fn longest(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == longest(self.network) {
            return self.network.fmt(f);
        }
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, reason } = self;
        match reason {
            CidrMistake::Syntax => {
                write!(
                    f,
                    "`{text}` is not a range of IP addresses; write one such as `10.0.0.0/8`, `fd00::/8` or `::1`"
                )
            }
            CidrMistake::Length { longest } => {
                write!(f, "`{text}` has no prefix length from 0 to {longest} after the `/`")
            }
            CidrMistake::HostBits(range) => {
                write!(f, "`{text}` has bits beyond its prefix length; the range is `{range}`")
            }
        }
    }
}

impl std::error::Error for CidrError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_contains_its_addresses_and_no_others() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ] {
            let range: Cidr = range.parse().unwrap();
            assert!(range.contains(inside.parse().unwrap()), "{range} has {inside}");
            assert!(!range.contains(outside.parse().unwrap()), "{range} has not {outside}");
        }
    }

    #[test]
    fn text_that_is_no_range_has_a_reason() {
        for (text, reason) in [
            ("", "not a range"),
            ("10.0.0", "not a range"),
            ("example.com", "not a range"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/+8", "from 0 to 32"),
            ("::/129", "from 0 to 128"),
            ("10.0.0.1/8", "the range is `10.0.0.0/8`"),
            ("2001:db8::1/32", "the range is `2001:db8::/32`"),
        ] {
            let message = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn range_is_shown_as_it_is_parsed() {
        for text in ["10.0.0.0/8", "192.0.2.1", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
        }
    }
}
