//! A response as text that is equal from run to run.

use std::{collections::HashMap, fmt};

use serde_json::Value;

use super::response::TestResponse;
use crate::base::clock::parse_rfc3339;

/// A response as text: its status, its headers and its body, without what differs from run to run. Compare it with an
/// expected text, or pass it to a library for snapshots.
///
/// ```
/// use routekit::{Problem, config::Config, prelude::*, test::TestApp};
///
/// #[get("/parcels/{id}")]
/// async fn parcel(id: u64) -> Result<Json<u64>> {
///     Err(Problem::not_found("no parcel has this id"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = TestApp::new(App::with_routes(routes![parcel]).config(Config::default()));
/// let snapshot = app.get("/parcels/7").send().await.snapshot().without("instance");
/// assert!(snapshot.to_string().starts_with("404 Not Found\ncontent-length: "));
/// assert!(snapshot.to_string().contains(r#""correlationId": "[uuid 1]""#));
/// # }
/// ```
///
/// 1. A UUID is `[uuid 1]`, and the same UUID has the same number everywhere in the response. A time (RFC 3339, or a
///    `Date` and its like) is `[time]`.
/// 2. JSON is pretty-printed, with its members in alphabetical order.
/// 3. `ETag` and `Content-Length` depend on what is redacted, so they are `[etag]` and `[length]` if something is.
#[derive(Debug, Clone)]
#[must_use]
pub struct Snapshot<'a> {
    response: &'a TestResponse,
    hidden: Vec<String>,
}

impl TestResponse {
    /// Returns the response as text that is equal from run to run.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot { response: self, hidden: Vec::new() }
    }
}

impl Snapshot<'_> {
    /// Hides the values of all members with this name in a JSON body: `"price": "[price]"`.
    pub fn without(mut self, member: impl Into<String>) -> Self {
        self.hidden.push(member.into());
        self
    }

    /// The body with everything that changes replaced.
    fn body(&self, redaction: &mut Redaction) -> String {
        let bytes = self.response.bytes();
        let Ok(text) = str::from_utf8(bytes) else { return format!("[{} bytes]", bytes.len()) };
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                self.redact(&mut value, redaction);
                format!("{value:#}")
            }
            Err(_) => redaction.words(text),
        }
    }

    fn redact(&self, value: &mut Value, redaction: &mut Redaction) {
        match value {
            Value::String(text) => {
                let redacted = redaction.words(text);
                *text = redacted;
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact(value, redaction)),
            Value::Object(members) => {
                for (name, value) in members {
                    if self.hidden.contains(name) {
                        *value = format!("[{name}]").into();
                        redaction.count += 1;
                    } else {
                        self.redact(value, redaction);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl fmt::Display for Snapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut redaction = Redaction::default();
        // The body first, so that its ids have the first numbers.
        let body = self.body(&mut redaction);
        let is_redacted = redaction.count > 0;
        writeln!(f, "{}", self.response.status())?;
        let mut headers: Vec<(&str, String)> = Vec::new();
        for (name, value) in self.response.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = match name.as_str() {
                "date" | "last-modified" | "expires" => "[time]".to_owned(),
                "etag" if is_redacted => "[etag]".to_owned(),
                "content-length" if is_redacted => "[length]".to_owned(),
                "traceparent" => "[trace]".to_owned(),
                _ => redaction.words(&value),
            };
            headers.push((name.as_str(), shown));
        }
        headers.sort();
        for (name, value) in headers {
            writeln!(f, "{name}: {value}")?;
        }
        if body.is_empty() { Ok(()) } else { write!(f, "\n{body}\n") }
    }
}

/// The ids that were seen.
#[derive(Debug, Default)]
struct Redaction {
    uuids: HashMap<String, usize>,
    /// How many values were replaced in the body.
    count: usize,
}

impl Redaction {
    /// A text whose words are separated by what neither a UUID nor a time has.
    fn words(&mut self, text: &str) -> String {
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "-:.+".contains(c);
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_inside) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c| !is_inside(c)).unwrap_or(from.len()));
            redacted.push_str(before);
            redacted.push_str(&self.word(word));
            rest = after;
        }
        redacted.push_str(rest);
        redacted
    }

    fn word(&mut self, word: &str) -> String {
        // A sentence may end with one.
        let bare = word.trim_end_matches(['.', ':', '-', '+']);
        let end = &word[bare.len()..];
        if is_uuid(bare) {
            self.count += 1;
            let next = self.uuids.len() + 1;
            let number = *self.uuids.entry(bare.to_ascii_lowercase()).or_insert(next);
            format!("[uuid {number}]{end}")
        } else if parse_rfc3339(bare).is_some() {
            self.count += 1;
            format!("[time]{end}")
        } else {
            word.to_owned()
        }
    }
}

/// Whether a word has the form of a UUID (RFC 9562 §4).
fn is_uuid(word: &str) -> bool {
    let lengths = word.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_are_redacted_wherever_they_stand() {
        let (one, other) = ("0193f4a5-7d1c-7b6a-8d3e-2f1a9c4b5e60", "0193F4A5-7D1C-7B6A-8D3E-2F1A9C4B5E61");
        let mut redaction = Redaction::default();
        for (text, expected) in [
            (format!("/users/{one}/orders/{other}?x=1"), "/users/[uuid 1]/orders/[uuid 2]?x=1".to_owned()),
            (format!("no user {one}."), "no user [uuid 1].".to_owned()),
            ("at 2026-11-30T21:19:52.158Z".to_owned(), "at [time]".to_owned()),
            ("a 2026-11 b-c 12:30 0193f4a5".to_owned(), "a 2026-11 b-c 12:30 0193f4a5".to_owned()),
            ("ü\u{1f600}-é".to_owned(), "ü\u{1f600}-é".to_owned()),
        ] {
            assert_eq!(redaction.words(&text), expected);
        }
    }
}
