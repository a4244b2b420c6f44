//! The origins of the servers that a document names.

use std::collections::BTreeSet;

use serde_json::Value;

/// The origins of all servers of a document with an absolute URL, as a `Content-Security-Policy` names them.
///
/// A policy cannot name IPv6 addresses, and a URL with variables is many. Requests to these are refused by the browser.
pub(super) fn origins(document: &Value) -> BTreeSet<&str> {
    let items = || document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let operations = items().filter_map(Value::as_object).flat_map(|item| item.values());
    let all = [document].into_iter().chain(items()).chain(operations);
    let servers = all.filter_map(|value| value["servers"].as_array()).flatten();
    servers.filter_map(|server| server["url"].as_str()).filter_map(origin).collect()
}

/// The origin of an absolute URL whose host is a name or an IPv4 address.
fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..length];
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    let is_known = matches!(scheme, "http" | "https") && !authority.is_empty() && authority.bytes().all(is_plain);
    is_known.then(|| &url[..scheme.len() + "://".len() + length])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn origins_are_those_of_all_servers_and_nothing_else() {
        let document = json!({
            "servers": [
                { "url": "https://api.example.com/v1" },
                { "url": "/relative" },
                { "url": "https://{region}.example.com" },
                { "url": "http://[::1]:3000" },
                { "url": "https://a.example;script-src" },
                { "url": "https://a.example 'unsafe-inline'" },
                { "url": "javascript://a.example" },
                { "url": "https://" },
            ],
            "paths": {
                "/a": { "servers": [{ "url": "http://127.0.0.1:3000" }], "summary": "A" },
                "/b": { "get": { "servers": [{ "url": "https://b.example?x=1" }] } },
            },
        });
        let expected = ["http://127.0.0.1:3000", "https://api.example.com", "https://b.example"];
        assert_eq!(origins(&document), BTreeSet::from(expected));
    }
}
