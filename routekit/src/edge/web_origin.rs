//! Origins of web pages: scheme, host and port (RFC 6454 §6.2).

use http::{HeaderValue, Uri};

/// The value of `Origin` that a browser sends for pages of the origin `text`, such as `https://app.example.com`.
///
/// `Err` is the reason why no page has this origin.
pub(crate) fn web_origin(text: &str) -> Result<HeaderValue, String> {
    const EXAMPLE: &str = "write an origin such as `https://app.example.com`";
    if text == "null" {
        return Err(format!("`null` is the origin of every sandboxed page and of every local file; {EXAMPLE}"));
    }
    if text == "*" {
        return Err("`*` is not one of several origins; name each origin".to_owned());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("`{text}` has no scheme; {EXAMPLE}"));
    };
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match &*scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return Err(format!("`{text}` must begin with `https://` or `http://`")),
    };
    if rest.contains(['/', '?', '#']) {
        return Err(format!("`{text}` has more than an origin; write it without a path, also without the last `/`"));
    }
    if rest.contains('@') {
        return Err(format!("`{text}` must not have a user; {EXAMPLE}"));
    }
    if rest.contains('*') {
        return Err(format!("`{text}` has a wildcard; name each origin"));
    }
    if !rest.is_ascii() {
        return Err(format!("`{text}` is not ASCII; write its host in Punycode, as browsers send it"));
    }
    let host = rest.to_ascii_lowercase();
    let host = host.strip_suffix(default_port).unwrap_or(&host);
    let origin = format!("{scheme}://{host}");
    let is_valid = origin.parse::<Uri>().is_ok_and(|uri| {
        uri.authority().is_some_and(|authority| {
            let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
            !authority.host().is_empty() && (port.is_empty() || authority.port_u16().is_some())
        })
    });
    HeaderValue::try_from(origin)
        .ok()
        .filter(|_| is_valid)
        .ok_or_else(|| format!("`{text}` has no valid host; {EXAMPLE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_is_written_as_browsers_send_it() {
        for (text, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.com", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:80", "http://app.example.com"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:5173", "http://[::1]:5173"),
        ] {
            assert_eq!(web_origin(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn origin_of_no_page_is_refused_with_a_reason() {
        for (text, expected) in [
            ("", "no scheme"),
            ("null", "sandboxed"),
            ("*", "name each origin"),
            ("app.example.com", "no scheme"),
            ("//app.example.com", "no scheme"),
            ("ftp://app.example.com", "must begin with"),
            ("https://app.example.com/", "without a path"),
            ("https://app.example.com/login", "without a path"),
            ("https://app.example.com?x", "without a path"),
            ("https://ann@app.example.com", "user"),
            ("https://*.example.com", "wildcard"),
            ("https://b\u{fc}cher.example", "Punycode"),
            ("https://", "no valid host"),
            ("https://a b", "no valid host"),
            ("https://app.example.com:99999", "no valid host"),
        ] {
            let reason = web_origin(text).unwrap_err();
            assert!(reason.contains(expected), "{text}: {reason}");
        }
    }
}
