//! `Vary`: the request headers that a response depends on (RFC 9110 §12.5.5), and their values.

use http::{HeaderMap, HeaderName, header};

use super::directives::elements;

/// The names in `Vary`, sorted and without repeats.
///
/// `None` if one of them is `*` or is not a header name: then it is not known which headers the response varies by.
pub(in crate::cache) fn names(response: &HeaderMap) -> Option<Vec<HeaderName>> {
    let lines = response.get_all(header::VARY).iter();
    let names = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let names = names.filter(|name| !name.is_empty());
    // `*` may be part of a name (RFC 9110 §5.1), but is not a name.
    let mut names = names
        .map(|name| if name == b"*" { None } else { HeaderName::from_bytes(name).ok() })
        .collect::<Option<Vec<_>>>()?;
    names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    Some(names)
}

/// The normalised value of a request header, so that equivalent values are equal (RFC 9111 §4.1): lines are joined, and
/// each comma outside of quotes is followed by one space. Empty elements stay. `None` without the header.
pub(in crate::cache) fn value(request: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let mut lines = request.get_all(name).iter();
    let mut joined = lines.next()?.as_bytes().to_vec();
    for line in lines {
        joined.push(b',');
        joined.extend_from_slice(line.as_bytes());
    }
    let mut value = Vec::with_capacity(joined.len());
    for (index, element) in elements(&joined).enumerate() {
        if index > 0 {
            value.extend_from_slice(b", ");
        }
        value.extend_from_slice(element.trim_ascii());
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn names_are_sorted_and_known() {
        let rows: [(&[&str], Option<&[&str]>); 11] = [
            (&[], Some(&[])),
            (&["", " , "], Some(&[])),
            (&["Accept"], Some(&["accept"])),
            (&["Origin,ACCEPT ,\taccept"], Some(&["accept", "origin"])),
            (&["Origin", "Accept-Language"], Some(&["accept-language", "origin"])),
            (&["*"], None),
            (&["Accept", " * "], None),
            (&["Accept, *"], None),
            (&["X-*"], Some(&["x-*"])),
            (&["Accept Origin"], None),
            (&["\"Accept\""], None),
        ];
        for (lines, expected) in rows {
            let names = names(&headers(&header::VARY, lines));
            let names = names.as_ref().map(|names| names.iter().map(HeaderName::as_str).collect::<Vec<_>>());
            assert_eq!(names.as_deref(), expected, "{lines:?}");
        }
    }

    #[test]
    fn values_are_normalised() {
        let rows: [(&[&str], Option<&str>); 12] = [
            (&[], None),
            (&[""], Some("")),
            (&["de,en"], Some("de, en")),
            (&["de", "en"], Some("de, en")),
            (&[" de \t,  en "], Some("de, en")),
            (&["de;q=1,en; q=1"], Some("de;q=1, en; q=1")),
            (&["DE"], Some("DE")),
            (&["a,,b"], Some("a, , b")),
            (&["", "a"], Some(", a")),
            (&["x=\"a,b\" ,y"], Some("x=\"a,b\", y")),
            (&["x=\"a\\\",b\" ,y"], Some("x=\"a\\\",b\", y")),
            (&["x=\"a,b  ,c"], Some("x=\"a,b  ,c")),
        ];
        for (lines, expected) in rows {
            let value = value(&headers(&header::ACCEPT_LANGUAGE, lines), &header::ACCEPT_LANGUAGE);
            assert_eq!(value.as_deref(), expected.map(str::as_bytes), "{lines:?}");
        }
    }
}
