//! Heads that hyper accepts, but that a server must reject with 400.

use http::{
    HeaderValue, Request, Version,
    header::{HOST, TRANSFER_ENCODING},
    uri::Scheme,
};
use hyper::body::{Body, Incoming};

/// Whether a request must be rejected, because an intermediary may interpret it differently.
///
/// 1. HTTP/1.1 without `Host`; more than one `Host` or an invalid one (RFC 9112 §3.2).
/// 2. A body that is `chunked` twice (RFC 9112 §6.1).
/// 3. In HTTP/2, a `Host` that differs from `:authority` (RFC 9113 §8.3.1).
pub(in crate::app::server::connection) fn is_malformed(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let Some(host) = headers.get(HOST) else {
        return request.version() == Version::HTTP_11 || is_chunked_twice(request);
    };
    // The second comparison is only for heads that repeat a name.
    let doubled = headers.keys_len() < headers.len() && headers.get_all(HOST).iter().count() > 1;
    if doubled || !is_host(host) {
        return true;
    }
    match request.uri().authority() {
        Some(authority) if request.version() == Version::HTTP_2 => {
            let scheme = request.uri().scheme();
            let (host, authority) = (host.as_bytes(), authority.as_str().as_bytes());
            !without_default_port(host, scheme).eq_ignore_ascii_case(without_default_port(authority, scheme))
        }
        _ => is_chunked_twice(request),
    }
}

/// `example.org:443` and `example.org` are the same authority of `https` (RFC 9110 §4.2.3).
fn without_default_port<'a>(host: &'a [u8], scheme: Option<&Scheme>) -> &'a [u8] {
    let port: &[u8] = if scheme == Some(&Scheme::HTTPS) { b":443" } else { b":80" };
    host.strip_suffix(port).unwrap_or(host)
}

/// Whether the value contains only characters of a host and a port (RFC 3986 §3.2.2). An empty value is valid.
fn is_host(value: &HeaderValue) -> bool {
    value.as_bytes().iter().all(|&byte| OF_HOST[usize::from(byte)])
}

/// By byte.
static OF_HOST: [bool; 256] = {
    let mut table = [false; 256];
    let allowed = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~:[]%!$&'()*+,;=";
    let mut at = 0;
    while at < allowed.len() {
        table[allowed[at] as usize] = true;
        at += 1;
    }
    table
};

fn is_chunked_twice(request: &Request<Incoming>) -> bool {
    let body = request.body();
    // Most requests have no body, or one of known length.
    if body.is_end_stream() || body.size_hint().exact().is_some() {
        return false;
    }
    let values = request.headers().get_all(TRANSFER_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings = values.flat_map(|value| value.split(','));
    codings.filter(|coding| coding.trim().eq_ignore_ascii_case("chunked")).count() > 1
}
