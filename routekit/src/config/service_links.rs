//! Variables that Kubernetes sets in every pod for each Service of its namespace (service links).
//!
//! For a Service named `routekit` they begin with `ROUTEKIT_`, as settings do: `ROUTEKIT_PORT=tcp://10.0.0.1:80`.

use std::net::IpAddr;

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Whether a variable describes a Service whose name begins with `routekit`. `name` is in lower case and without the
/// prefix.
///
/// The value must be one that Kubernetes sets, so that `ROUTEKIT_PORT=3000` is still reported as unknown.
pub(super) fn is_link(name: &str, value: &str) -> bool {
    let (words, is_number) = (name.split('_').collect::<Vec<_>>(), value.parse::<u16>().is_ok());
    let after = |word: &str| words.iter().rposition(|other| *other == word).map(|place| &words[place + 1..]);
    match (after("service"), after("port")) {
        (Some(["host"]), _) => value.parse::<IpAddr>().is_ok(),
        // `service_port`, and `service_port_http` for a port with a name.
        (Some(["port", ..]), _) => is_number,
        (_, Some([])) if words.len() > 2 && is_number => is_port_of_link(&words[..words.len() - 1]),
        (_, Some([])) => is_url(value),
        (_, Some([port, protocol, rest @ ..])) if is_port(port, protocol) => match rest {
            [] => is_url(value),
            ["proto"] => PROTOCOLS.contains(&value),
            ["addr"] => value.parse::<IpAddr>().is_ok(),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the words end in `port_80_tcp`, before the last word `port`.
fn is_port_of_link(words: &[&str]) -> bool {
    matches!(words, [.., "port", port, protocol] if is_port(port, protocol))
}

fn is_port(port: &str, protocol: &str) -> bool {
    port.parse::<u16>().is_ok() && PROTOCOLS.contains(&protocol)
}

/// Whether this is a text such as `tcp://10.0.0.1:80`.
fn is_url(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, _)| PROTOCOLS.contains(&protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_links_are_told_from_settings() {
        for (name, value, expected) in [
            ("service_host", "10.0.0.1", true),
            ("service_host", "fd00::1", true),
            ("service_host", "example.com", false),
            ("service_port", "80", true),
            ("service_port_http", "80", true),
            ("service_port_http_admin", "80", true),
            ("service_port", "http", false),
            ("port", "tcp://10.0.0.1:80", true),
            ("port", "udp://[fd00::1]:53", true),
            ("port", "3000", false),
            ("port_80_tcp", "tcp://10.0.0.1:80", true),
            ("port_80_tcp_proto", "tcp", true),
            ("port_80_tcp_port", "80", true),
            ("port_80_tcp_addr", "10.0.0.1", true),
            ("port_80_tcp_name", "a", false),
            ("port_http_tcp", "tcp://10.0.0.1:80", false),
            ("cache_port", "tcp://10.0.0.1:80", true),
            ("cache_service_host", "10.0.0.1", true),
            ("cache_port_6379_tcp_addr", "10.0.0.1", true),
            ("cache_port_6379_tcp_port", "6379", true),
            ("report", "tcp://10.0.0.1:80", false),
            ("timeout", "5", false),
            ("host", "10.0.0.1", false),
            ("", "", false),
        ] {
            assert_eq!(is_link(name, value), expected, "{name}={value}");
        }
    }
}
