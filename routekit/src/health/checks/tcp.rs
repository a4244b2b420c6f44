//! A check that opens a TCP connection.

use tokio::net::TcpStream;

use crate::health::{check::HealthCheck, result::HealthCheckResult};

impl HealthCheck {
    /// Creates a check that connects to `address`, such as `redis:6379`, and closes the connection at once. It is
    /// unhealthy if that fails. `details.connected` is `true` or `false`.
    ///
    /// An address that is not a host and a port is a start-up error.
    pub fn tcp(name: impl Into<String>, address: impl Into<String>) -> Self {
        let address = address.into();
        if !is_address(&address) {
            return Self::invalid(name, format!("`{address}` is not a host and a port, such as `redis:6379`"));
        }
        Self::new(name, async move || match TcpStream::connect(&*address).await {
            Ok(_) => HealthCheckResult::healthy().with_detail("connected", true),
            Err(error) => HealthCheckResult::unhealthy(format!("cannot connect to {address}: {error}"))
                .with_detail("connected", false)
                .with_detail("error", error.to_string()),
        })
    }
}

fn is_address(text: &str) -> bool {
    let Ok(authority) = text.parse::<http::uri::Authority>() else { return false };
    !authority.host().is_empty()
        && !text.contains('@')
        && authority.port().is_some_and(|port| port.as_str().parse::<u16>().is_ok_and(|port| port != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for (text, expected) in [
            ("redis:6379", true),
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("redis", false),
            (":80", false),
            ("redis:0", false),
            ("redis:70000", false),
            ("redis:", false),
            ("ann@redis:80", false),
            ("http://redis:80", false),
            ("::1:80", false),
            ("", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
