//! Restricts a listener on loopback to requests for this machine.
//!
//! A web page can point its own host name at 127.0.0.1 (DNS rebinding). The browser of a developer or operator then
//! sends the page's requests to a listener on loopback and lets the page read the responses. These requests carry the
//! page's host name. A page cannot choose `localhost` or an IP address as its own name.

use std::net::IpAddr;

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, uri::Authority};

use crate::problem::Problem;

/// Rejects requests to `router` whose host is a name other than `localhost`.
pub(crate) fn local_hosts_only(router: Router) -> Router {
    router.layer(from_fn(check))
}

/// A request without a host passes, because browsers always send one.
async fn check(request: Request, next: Next) -> Response {
    let in_uri = request.uri().authority().map(Authority::as_str);
    let mut in_headers = request.headers().get_all(header::HOST).iter();
    // RFC 9110 §15.5.20: the server is not configured to answer for this authority.
    if in_uri.is_some_and(|host| !is_local(host)) || in_headers.any(|host| !host.to_str().is_ok_and(is_local)) {
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST);
        return problem
            .with_detail("this listener answers requests for `localhost` or an IP address only")
            .into_response();
    }
    next.run(request).await
}

fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let host = authority.host();
    // The absolute form of a name ends with a dot (RFC 3986 §3.2.2).
    let host = host.strip_suffix('.').unwrap_or(host);
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address.parse::<IpAddr>().is_ok() || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_addresses_are_local() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:9091", true),
            ("localhost.", true),
            ("localhost.:9091", true),
            ("127.0.0.1:9091", true),
            ("[::1]:9091", true),
            ("10.0.0.7", true),
            ("evil.example", false),
            ("evil.example.", false),
            ("evil.example:9091", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1@evil.example", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }
}
