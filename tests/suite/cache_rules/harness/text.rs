//! Headers as rows write them.

use http::{HeaderMap, HeaderName, HeaderValue};

/// `Name: value`, where `'` stands for `"`, `{60}` for the date of that Unix time, and `{etag}` for the value that
/// `told` has under that name.
pub(super) fn header(line: &str, told: &HeaderMap) -> (HeaderName, HeaderValue) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{line:?} is no header"));
    let mut value = value.trim().replace('\'', "\"");
    while let Some((before, rest)) = value.split_once('{') {
        let (inside, after) = rest.split_once('}').unwrap_or_else(|| panic!("{line:?} has an open brace"));
        let inside = match inside.parse() {
            Ok(seconds) => date(seconds),
            Err(_) => told.get(inside).map_or("nothing", |value| value.to_str().unwrap()).to_owned(),
        };
        value = format!("{before}{inside}{after}");
    }
    (name.parse().unwrap(), value.parse().unwrap())
}

pub(super) fn headers(lines: &[&str], told: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = header(line, told);
        headers.append(name, value);
    }
    headers
}

/// All values of a header, joined.
pub(super) fn value(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// An HTTP date on the first day of the Unix epoch.
fn date(seconds: u32) -> String {
    assert!(seconds < 86_400, "rows take a day at most");
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("Thu, 01 Jan 1970 {hours:02}:{minutes:02}:{seconds:02} GMT")
}
