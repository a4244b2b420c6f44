//! Parsing of the pages and hosts that a program names.

use std::net::SocketAddr;

use http::{
    HeaderValue, Uri,
    uri::{Authority, PathAndQuery},
};

/// Parses a page: a path with its query, or a URL with its host.
pub(super) fn page(text: &str) -> Result<(Option<HeaderValue>, PathAndQuery), String> {
    let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let host = match (uri.scheme_str(), uri.authority()) {
        (None, _) if text.starts_with('/') => None,
        // Clients omit the default port of the scheme.
        (Some("http"), Some(authority)) => Some(host(authority.as_str(), Some(80))?),
        (Some("https"), Some(authority)) => Some(host(authority.as_str(), Some(443))?),
        _ => {
            return Err("must be a path such as `/v2/users?page=1`, or a URL such as `https://shop.example/v2/users`"
                .to_owned());
        }
    };
    if text.contains('#') {
        return Err("clients do not send what follows a `#`; remove it".to_owned());
    }
    let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
    // A URL may omit the path before its query; a client sends one (RFC 9112 §3.2.1).
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((host, target.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?))
}

/// Parses a host as clients send it in `Host`, without `usual_port`.
pub(super) fn host(text: &str, usual_port: Option<u16>) -> Result<HeaderValue, &'static str> {
    const WRONG: &str = "must be a host as clients send it, such as `shop.example` or `localhost:3000`";
    let authority: Authority = text.parse().map_err(|_| WRONG)?;
    let host = authority.host();
    // No client sends user information, which would come before the host.
    let rest = text.strip_prefix(host).filter(|_| !host.is_empty()).ok_or(WRONG)?;
    let port = match rest.strip_prefix(':') {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().map_err(|_| WRONG)?),
        None if rest.is_empty() => None,
        _ => return Err(WRONG),
    };
    let sent = if port.is_some() && port == usual_port { host } else { text };
    HeaderValue::from_str(&sent.to_ascii_lowercase()).map_err(|_| WRONG)
}

/// The hosts that clients on this machine use for an address: 127.0.0.1:3000 and localhost:3000. An unspecified address
/// such as 0.0.0.0 is not a host. Clients omit the usual port.
pub(super) fn hosts_of(addr: SocketAddr, usual_port: u16) -> Vec<HeaderValue> {
    let (ip, port) = (addr.ip().to_canonical(), addr.port());
    let mut names = Vec::new();
    if !ip.is_unspecified() {
        names.push(if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
    }
    if ip.is_unspecified() || ip.is_loopback() {
        names.push("localhost".to_owned());
    }
    let with_port = |name: String| if port == usual_port { name } else { format!("{name}:{port}") };
    names.into_iter().filter_map(|name| HeaderValue::try_from(with_port(name)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_parsed_as_clients_send_it() {
        for (text, usual_port, expected) in [
            ("shop.example", None, Some("shop.example")),
            ("Shop.EXAMPLE:8080", None, Some("shop.example:8080")),
            ("shop.example:443", Some(443), Some("shop.example")),
            ("shop.example:80", Some(443), Some("shop.example:80")),
            ("[::1]:3000", None, Some("[::1]:3000")),
            ("https://shop.example", None, None),
            ("shop.example/", None, None),
            ("ann@shop.example", None, None),
            ("shop.example:", None, None),
            ("shop.example:http", None, None),
            ("shop.example:70000", None, None),
            (":80", None, None),
            ("shop example", None, None),
            ("", None, None),
        ] {
            let host = host(text, usual_port).ok();
            assert_eq!(host.as_ref().and_then(|host| host.to_str().ok()), expected, "{text}");
        }
    }

    #[test]
    fn a_page_is_a_path_or_a_url() {
        for (text, expected) in [
            ("/v2/users?page=1", Some((None, "/v2/users?page=1"))),
            ("https://shop.example/v2/users", Some((Some("shop.example"), "/v2/users"))),
            ("http://shop.example:8080?a", Some((Some("shop.example:8080"), "/?a"))),
            ("v2/users", None),
            ("users", None),
            ("*", None),
            ("", None),
            ("ftp://shop.example/", None),
            ("/v2/users#top", None),
            ("/v2/the users", None),
        ] {
            let page = page(text).ok();
            let page =
                page.as_ref().map(|(host, target)| (host.as_ref().map(|h| h.to_str().unwrap()), target.as_str()));
            assert_eq!(page, expected, "{text}");
        }
    }

    #[test]
    fn an_address_has_the_hosts_of_local_clients() {
        for (addr, usual_port, expected) in [
            ("127.0.0.1:3000", 80, &["127.0.0.1:3000", "localhost:3000"][..]),
            ("[::1]:3000", 80, &["[::1]:3000", "localhost:3000"]),
            ("0.0.0.0:8080", 80, &["localhost:8080"]),
            ("[::]:80", 80, &["localhost"]),
            ("192.0.2.7:80", 80, &["192.0.2.7"]),
            ("192.0.2.7:443", 80, &["192.0.2.7:443"]),
            ("192.0.2.7:443", 443, &["192.0.2.7"]),
            ("192.0.2.7:80", 443, &["192.0.2.7:80"]),
        ] {
            assert_eq!(hosts_of(addr.parse().unwrap(), usual_port), expected, "{addr}, usually {usual_port}");
        }
    }
}
