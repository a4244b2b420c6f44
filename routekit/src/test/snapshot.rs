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
/// let response = app.get("/parcels/7").send().await;
/// let snapshot = response.snapshot().without("instance").to_string();
/// assert!(snapshot.starts_with("404 Not Found\n"));
/// assert!(snapshot.contains(r#""correlationId": "[uuid 1]""#));
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
        let media_type = self.response.header("content-type").unwrap_or_default();
        match serde_json::from_str::<Value>(text) {
            Ok(value) if media_type.contains("json") => format!("{:#}", self.redacted(value, redaction)),
            _ => redaction.words(text),
        }
    }

    fn redacted(&self, value: Value, redaction: &mut Redaction) -> Value {
        match value {
            Value::String(text) => redaction.words(&text).into(),
            Value::Array(values) => values.into_iter().map(|value| self.redacted(value, redaction)).collect(),
            Value::Object(members) => {
                // A feature of serde_json, which any crate can enable, keeps the order in which they were read.
                let mut members: Vec<(String, Value)> = members.into_iter().collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                let redacted = members.into_iter().map(|(name, value)| {
                    if self.hidden.contains(&name) {
                        redaction.count += 1;
                        let hidden = format!("[{name}]").into();
                        return (name, hidden);
                    }
                    (redaction.words(&name), self.redacted(value, redaction))
                });
                redacted.collect()
            }
            other => other,
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
    /// A text with its UUIDs and times replaced, wherever they stand.
    fn words(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            let is_start = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            let found = if is_start { self.id_or_time(&text[at..]) } else { None };
            match found {
                Some((length, shown)) => {
                    redacted.push_str(&shown);
                    at += length;
                    self.count += 1;
                }
                None => {
                    redacted.push(next);
                    at += next.len_utf8();
                }
            }
        }
        redacted
    }

    /// The length of the UUID or the time with which a text begins, and what replaces it.
    fn id_or_time(&mut self, text: &str) -> Option<(usize, String)> {
        let ends = |length: usize| !text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(id) = text.get(..36).filter(|id| is_uuid(id) && ends(36)) {
            let next = self.uuids.len() + 1;
            let number = *self.uuids.entry(id.to_ascii_lowercase()).or_insert(next);
            return Some((36, format!("[uuid {number}]")));
        }
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "-:.+".contains(c);
        let time = &text[..text.find(|c| !is_inside(c)).unwrap_or(text.len())];
        // A sentence may end with one.
        let time = time.trim_end_matches(['.', ':', '-', '+']);
        parse_rfc3339(time).map(|_| (time.len(), "[time]".to_owned()))
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
            (format!("urn:uuid:{one}"), "urn:uuid:[uuid 1]".to_owned()),
            (format!("order-{one}.png x{one}"), format!("order-[uuid 1].png x{one}")),
            ("ü\u{1f600}-é".to_owned(), "ü\u{1f600}-é".to_owned()),
        ] {
            assert_eq!(redaction.words(&text), expected);
        }
    }
}
