//! The listener that redirects plain HTTP to HTTPS.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    io,
    net::Ipv6Addr,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, Method, Request, StatusCode, Version,
    header::{CONNECTION, HOST, LOCATION},
    uri::Authority,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tower::service_fn;

use super::{
    accept::accept,
    connection::{ClosingStage, Connections, ServerLimits},
    file_limit::REDIRECT_CONNECTIONS,
};
use crate::{
    app::announce,
    observe::{ActiveRequest, KnowsRequest},
    shutdown::Shutdown,
};

/// How long a client may take to send a head: there are few connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// A future that redirects every request of a listener to this port. It closes the listener when the app closes its
/// own, and then waits for the responses under way.
pub(super) fn serve(
    listener: TcpListener,
    https_port: u16,
    limits: ServerLimits,
    shutdown: Shutdown,
) -> io::Result<impl Future<Output = ()> + Send> {
    announce::redirects(listener.local_addr()?);
    let connections = Arc::new(Connections::new(limits.with_heads_within(HEAD_TIMEOUT)));
    connections.start_clock()?;
    Ok(async move {
        let service =
            || service_fn(move |request: Request<Body>| ready(Ok::<_, Infallible>(redirect(&request, https_port))));
        let (slots, mut tasks) = (Arc::new(Semaphore::new(REDIRECT_CONNECTIONS as usize)), JoinSet::new());
        accept((&listener, &slots), &connections, &mut tasks, None, shutdown.closing(), service).await;
        drop(listener);
        connections.advance(ClosingStage::Closing);
        while tasks.join_next().await.is_some() {}
    })
}

/// A redirect is not the app's traffic.
impl KnowsRequest for Ready<Result<Response, Infallible>> {
    fn take_request(self: Pin<&mut Self>) -> Option<ActiveRequest> {
        None
    }
}

/// The response to a request: 308 to the same path and query of its host, or 400 without a valid host.
fn redirect<B>(request: &Request<B>, port: u16) -> Response {
    let mut response = match location(request, port) {
        Some(location) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    };
    // The next request goes to another port.
    if request.version() < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn location<B>(request: &Request<B>, port: u16) -> Option<HeaderValue> {
    // A host in the request line takes precedence (RFC 9112 §3.2.2). HTTP/2 has no other.
    let named = request.headers().get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let in_target = request.uri().authority().filter(|_| request.uri().scheme().is_some());
    let host = in_target.or(named.as_ref())?.host();
    if !is_host(host) || request.method() == Method::CONNECT {
        return None;
    }
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    // `*` of OPTIONS is no path, and a URL may omit the path before its query.
    let target = request.uri().path_and_query().map_or("", |target| target.as_str()).trim_start_matches('*');
    let slash = if target.starts_with('/') { "" } else { "/" };
    HeaderValue::try_from(format!("https://{host}{port}{slash}{target}")).ok()
}

/// Whether this is a name or an address (RFC 3986 §3.2.2) without characters that no host has.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            host.bytes().all(is_of_host) && host.starts_with(|first: char| first.is_ascii_alphanumeric())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_is_the_same_page_of_the_same_host_by_https() {
        for (uri, host, port, expected) in [
            ("/users?page=1&q=%20", Some("shop.example"), 443, Some("https://shop.example/users?page=1&q=%20")),
            ("/", Some("shop.example:80"), 443, Some("https://shop.example/")),
            ("/", Some("Shop.example:8080"), 8443, Some("https://Shop.example:8443/")),
            ("/", Some("[::1]:80"), 8443, Some("https://[::1]:8443/")),
            ("//other.example/x", Some("shop.example"), 443, Some("https://shop.example//other.example/x")),
            ("*", Some("shop.example"), 443, Some("https://shop.example/")),
            ("http://a.example/x?y", Some("b.example"), 443, Some("https://a.example/x?y")),
            ("http://user@a.example?y", Some("b.example"), 443, Some("https://a.example/?y")),
            ("/", None, 443, None),
            ("/", Some(""), 443, None),
            ("/", Some(":80"), 443, None),
            ("/", Some("shop.example/x"), 443, None),
            ("/", Some("a b"), 443, None),
            ("/", Some("[evil]good.example"), 443, None),
            ("/", Some(".evil.example"), 443, None),
            ("evil.example:443", Some("shop.example"), 443, Some("https://shop.example/")),
        ] {
            let mut request = Request::new(());
            *request.uri_mut() = uri.parse().unwrap();
            request.headers_mut().extend(host.map(|host| (HOST, HeaderValue::try_from(host).unwrap())));
            let location = location(&request, port);
            assert_eq!(location.as_ref().map(|value| value.to_str().unwrap()), expected, "{uri} of {host:?}");
        }
    }
}
