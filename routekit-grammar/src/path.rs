//! The literal parts of paths: text that clients send as it is written.

use std::fmt::Write as _;

/// A part of a path that no client sends as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongPart {
    /// The part of the path.
    pub part: String,
    /// What is wrong with it, and what to write.
    pub reason: String,
}

/// Returns the first part of a path template that keeps requests from matching. Placeholders (`{id}`) are skipped.
///
/// axum compares the path with the bytes of the request, in which clients have replaced some characters (RFC 3986
/// §2.1) and resolved dots (RFC 3986 §5.2.4).
#[must_use]
pub fn wrong_part(template: &str) -> Option<WrongPart> {
    if template.contains("//") {
        let single = template.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/");
        let slash = if template.ends_with('/') && !single.is_empty() { "/" } else { "" };
        let reason = format!("a path has no empty segments; write `/{single}{slash}`");
        return Some(WrongPart { part: "//".to_owned(), reason });
    }
    template.split('/').find_map(|segment| {
        let reason = match segment {
            "." | ".." => format!("clients resolve `{segment}` before they send a path; write the path that they send"),
            segment => {
                let sent = sent(segment);
                if sent == segment {
                    return None;
                }
                format!("clients send `{segment}` percent-encoded; write `{sent}`")
            }
        };
        Some(WrongPart { part: segment.to_owned(), reason })
    })
}

/// The segment as clients send it.
fn sent(segment: &str) -> String {
    // `{{` and `}}` are literal braces, and every other pair of braces is a placeholder.
    let masked = segment.replace("{{", "\0\0").replace("}}", "\0\0");
    let (mut sent, mut in_placeholder) = (String::new(), false);
    for (place, character) in segment.char_indices() {
        let is_brace = masked.as_bytes()[place] != 0;
        match character {
            '{' if is_brace => in_placeholder = true,
            '}' if is_brace => in_placeholder = false,
            _ => {}
        }
        if in_placeholder || !must_be_encoded(character) {
            sent.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            write!(sent, "%{byte:02X}").expect("writing to a string never fails");
        }
    }
    normalised(&sent)
}

/// Characters that browsers encode in a path, without braces, which a template escapes.
fn must_be_encoded(character: char) -> bool {
    !character.is_ascii_graphic() || matches!(character, '"' | '<' | '>' | '\\' | '^' | '`')
}

/// Percent-encoded bytes have upper-case digits (RFC 3986 §2.1), and a `%` alone is encoded.
fn normalised(text: &str) -> String {
    let mut normalised = String::new();
    let mut parts = text.split('%');
    normalised.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_at_checked(2).filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            Some((digits, rest)) => {
                normalised.push('%');
                normalised.push_str(&digits.to_ascii_uppercase());
                normalised.push_str(rest);
            }
            None => {
                normalised.push_str("%25");
                normalised.push_str(part);
            }
        }
    }
    normalised
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_no_client_sends_are_found() {
        for (path, expected) in [
            ("/", None),
            ("/users/{id}/", None),
            ("/%C3%BCber", None),
            ("/a-b_c.d~e!$&'()*+,;=:@|[x]", None),
            ("/{größe}", None),
            ("/a{{b}}", None),
            ("/..a/b..", None),
            ("/über", Some(("über", "clients send `über` percent-encoded; write `%C3%BCber`"))),
            ("/a/ü{id}", Some(("ü{id}", "clients send `ü{id}` percent-encoded; write `%C3%BC{id}`"))),
            ("/%c3%bc", Some(("%c3%bc", "clients send `%c3%bc` percent-encoded; write `%C3%BC`"))),
            ("/100%", Some(("100%", "clients send `100%` percent-encoded; write `100%25`"))),
            ("/%zz", Some(("%zz", "clients send `%zz` percent-encoded; write `%25zz`"))),
            ("/%ü", Some(("%ü", "clients send `%ü` percent-encoded; write `%25%C3%BC`"))),
            ("/a\"b", Some(("a\"b", "clients send `a\"b` percent-encoded; write `a%22b`"))),
            ("/a b", Some(("a b", "clients send `a b` percent-encoded; write `a%20b`"))),
            ("//x", Some(("//", "a path has no empty segments; write `/x`"))),
            ("/x//y/", Some(("//", "a path has no empty segments; write `/x/y/`"))),
            ("//", Some(("//", "a path has no empty segments; write `/`"))),
            ("/a/../b", Some(("..", "clients resolve `..` before they send a path; write the path that they send"))),
            ("/.", Some((".", "clients resolve `.` before they send a path; write the path that they send"))),
        ] {
            let found = wrong_part(path);
            let found = found.as_ref().map(|wrong| (wrong.part.as_str(), wrong.reason.as_str()));
            assert_eq!(found, expected, "{path}");
        }
    }
}
