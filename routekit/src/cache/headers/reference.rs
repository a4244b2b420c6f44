//! URI references in `Location` and `Content-Location` (RFC 9110 §10.2.2, §8.7) to paths of the same host.

use http::{HeaderValue, Uri};

/// Resolves `reference` against the URL of the request (RFC 3986 §5.2). Returns its path, without dot segments, query
/// and fragment, otherwise as it is spelt in the reference.
///
/// `None` for another host, for an absolute reference if the host of the request is not known, and for a malformed
/// reference. The host of the request is that of its URL, else that of `Host`. Ports are compared, except for the
/// default ports of `http` and `https`. The scheme is not: behind a proxy that terminates TLS it is not known.
pub(in crate::cache) fn same_host_path(
    request: &Uri,
    host: Option<&HeaderValue>,
    reference: &HeaderValue,
) -> Option<String> {
    let reference = str::from_utf8(reference.as_bytes()).ok()?.trim_ascii();
    if !reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let reference = &reference[..reference.find(['?', '#']).unwrap_or(reference.len())];
    let (scheme, rest) = split_scheme(reference)?;
    let path = match (scheme, rest.strip_prefix("//")) {
        (None, None) => return from(request.path(), rest),
        // `http:path` is not allowed; RFC 3986 §5.2.2 permits it for backward compatibility.
        (Some(_), None) => return None,
        (scheme, Some(rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let own = match request.authority() {
                Some(own) => own.as_str(),
                None => host?.to_str().ok()?,
            };
            // A side without a scheme has the scheme of the other.
            let (own_scheme, scheme) = (request.scheme_str().or(scheme), scheme.or(request.scheme_str()));
            if Host::of(own, own_scheme)? != Host::of(authority, scheme)? {
                return None;
            }
            path
        }
    };
    Some(if path.is_empty() { "/".to_owned() } else { without_dots(path) })
}

/// The host that a request is for, in small letters and without its port; empty if that is not known.
pub(in crate::cache) fn host_name(request: &Uri, host: Option<&HeaderValue>) -> String {
    let authority = match request.authority() {
        Some(own) => Some(own.as_str()),
        None => host.and_then(|host| host.to_str().ok()),
    };
    let host = authority.and_then(|authority| Host::of(authority, None));
    host.map_or_else(String::new, |host| host.name.to_ascii_lowercase())
}

/// The scheme, if there is one, and the rest. `None` if the scheme is not `http` or `https`.
fn split_scheme(reference: &str) -> Option<(Option<&str>, &str)> {
    match reference.split_once([':', '/']) {
        Some((scheme, rest)) if reference.as_bytes()[scheme.len()] == b':' => {
            let of_the_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            of_the_web.then_some((Some(scheme), rest))
        }
        _ => Some((None, reference)),
    }
}

/// The path of a reference without an authority (RFC 3986 §5.2.2, §5.2.3).
fn from(base: &str, path: &str) -> Option<String> {
    let base = if base.is_empty() { "/" } else { base };
    if path.is_empty() {
        // The `*` of OPTIONS has no path.
        base.starts_with('/').then(|| base.to_owned())
    } else if path.starts_with('/') {
        Some(without_dots(path))
    } else {
        let last = base.rfind('/')?;
        Some(without_dots(&format!("{}{path}", &base[..=last])))
    }
}

/// Removes the segments `.` and `..` from an absolute path (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            _ => {
                kept.push(segment);
                continue;
            }
        }
        // A path that ends with a dot segment ends with a slash.
        if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

/// A host, and its port unless it is the default port.
struct Host<'a> {
    name: &'a str,
    port: Option<u16>,
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(other.name) && self.port == other.port
    }
}

impl<'a> Host<'a> {
    /// `None` for a malformed authority (RFC 3986 §3.2).
    fn of(authority: &'a str, scheme: Option<&str>) -> Option<Self> {
        let after_user = authority.rfind('@').map_or(0, |at| at + 1);
        let host = &authority[after_user..];
        let end = host.rfind(']').map_or(0, |bracket| bracket + 1);
        let (name, port) = match host[end..].find(':') {
            Some(colon) => (&host[..end + colon], &host[end + colon + 1..]),
            None => (host, ""),
        };
        let port = match port {
            "" => None,
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse::<u16>().ok()?),
            _ => return None,
        };
        let is = |known: &str| scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case(known));
        let port = port.filter(|port| !(*port == 80 && is("http") || *port == 443 && is("https")));
        (!name.is_empty()).then_some(Self { name, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_requests() {
        for (request, host, expected) in [
            ("/", Some("Shop.Example:8080"), "shop.example"),
            ("http://a:80/", Some("b"), "a"),
            ("/", Some("[::1]:80"), "[::1]"),
            ("/", None, ""),
            ("/", Some(""), ""),
        ] {
            let host = host.map(|host| host.parse().unwrap());
            assert_eq!(host_name(&request.parse().unwrap(), host.as_ref()), expected, "{request} {host:?}");
        }
    }

    #[test]
    fn references_resolve_to_paths_of_the_same_host() {
        let rows = [
            ("/a/b?x=1", "h", "/c", Some("/c")),
            ("/a/b", "h", "/c?y=2#z", Some("/c")),
            ("/a/b", "h", "c", Some("/a/c")),
            ("/a/b", "h", "c/", Some("/a/c/")),
            ("/a/b", "h", "c/d:e", Some("/a/c/d:e")),
            ("/a/", "h", "c", Some("/a/c")),
            ("/", "h", "c", Some("/c")),
            ("/a/b/c", "h", "../d", Some("/a/d")),
            ("/a/b/c", "h", "..", Some("/a/")),
            ("/a/b/c", "h", ".", Some("/a/b/")),
            ("/a/b/c", "h", "./../../../../d", Some("/d")),
            ("/a", "h", "/x/../y/./z/..", Some("/y/")),
            ("/a", "h", "/x//y/../", Some("/x//")),
            ("/a", "h", "/...", Some("/...")),
            ("/a/b", "h", "", Some("/a/b")),
            ("/a/b?x", "h", "?y", Some("/a/b")),
            ("/a/b?x", "h", "#y", Some("/a/b")),
            ("/a/b", "h", "?y=/c:d//e", Some("/a/b")),
            ("/a", "h", "//h/b", Some("/b")),
            ("/a", "h", "//other/b", None),
            ("/a", "h", "http://h/b", Some("/b")),
            ("/a", "h", "HTTPS://H/b", Some("/b")),
            ("/a", "h", "http://h", Some("/")),
            ("/a", "h", "http://h?x", Some("/")),
            ("/a", "h", "http://h/../b", Some("/b")),
            ("/a", "h", "http://h:80/b", Some("/b")),
            ("/a", "h", "https://h:443/b", Some("/b")),
            ("/a", "h", "http://h:443/b", None),
            ("/a", "h", "http://h:/b", Some("/b")),
            ("/a", "h:80", "http://h/b", Some("/b")),
            ("/a", "h:443", "https://h/b", Some("/b")),
            ("/a", "h:80", "//h/b", Some("/b")),
            ("/a", "h:8080", "http://h/b", None),
            ("/a", "h:8080", "http://h:8080/b", Some("/b")),
            ("/a", "[::1]:80", "http://[::1]/b", Some("/b")),
            ("/a", "[::1]", "http://[::2]/b", None),
            ("/a", "h", "http://user:pass@h/b", Some("/b")),
            ("/a", "h", "http://h@other/b", None),
            ("/a", "h", "http://other/b", None),
            ("/a", "h", "http:///b", None),
            ("/a", "h", "http://h:x/b", None),
            ("/a", "h", "http://h:99999/b", None),
            ("/a", "h", "http:b", None),
            ("/a", "h", "http:/b", None),
            ("/a", "h", "ftp://h/b", None),
            ("/a", "h", "mailto:x@h", None),
            ("/a", "h", "1:2", None),
            ("/a", "h", "a b", None),
            ("/a", "", "/b", Some("/b")),
            ("/a", "", "http://h/b", None),
            ("http://h/a/b", "", "c", Some("/a/c")),
            ("http://h", "", "c", Some("/c")),
            ("http://h/a", "other", "http://h/b", Some("/b")),
            ("http://h/a", "other", "http://other/b", None),
            ("https://h:443/a", "", "//h/b", Some("/b")),
            ("https://h/a", "", "//h:80/b", None),
            ("http://h/a", "", "https://h/b", Some("/b")),
            ("*", "h", "c", None),
            ("*", "h", "?c", None),
            ("*", "h", "/c", Some("/c")),
        ];
        for (request, host, reference, expected) in rows {
            let host = (!host.is_empty()).then(|| host.parse().unwrap());
            let path = same_host_path(&request.parse().unwrap(), host.as_ref(), &reference.parse().unwrap());
            assert_eq!(path.as_deref(), expected, "{reference} from {request} at {host:?}");
        }
    }
}
