use std::{fmt, net::SocketAddr, str::FromStr};

use super::parse::socket_addr;

/// Where the admin surface is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminAddr {
    /// On a listener of its own.
    Own(SocketAddr),
    /// Beside the routes, on the main listener.
    Main,
    /// Nowhere.
    Off,
}

/// Parses `main`, `off`, or an IP address or `localhost` with a port.
impl FromStr for AdminAddr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "main" => Ok(Self::Main),
            "off" => Ok(Self::Off),
            addr => socket_addr(addr)
                .map(Self::Own)
                .ok_or("not `main`, `off`, or an IP address with a port, such as 127.0.0.1:9091 or [::]:9091"),
        }
    }
}

impl fmt::Display for AdminAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(addr) => addr.fmt(f),
            Self::Main => f.pad("main"),
            Self::Off => f.pad("off"),
        }
    }
}
