//! Escapes input of clients for logs, so that it cannot control a terminal, end a line or reorder the text around it.
//!
//! Log formatters escape only some of them, and JSON only those that would end a string.

use std::{
    borrow::Cow,
    error::Error,
    fmt::{self, Display, Write},
};

/// Displays a text with control characters escaped, including line breaks, and so with invisible characters that end a
/// line or change the direction of text.
pub(crate) struct Printable<T>(pub(crate) T);

impl<T: Display> Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match is_escaped(c) {
            true => write!(self.0, "{}", c.escape_default()),
            false => self.0.write_char(c),
        })
    }
}

/// Control characters (Unicode category Cc), line and paragraph separators, and format characters that are invisible or
/// change the direction of text (UAX #9).
fn is_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Displays an error and its sources.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn Error);

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Percent-encodes a path (RFC 3986 §2.1). The HTTP parser accepts characters that are not visible ASCII. An encoded
/// path of more than `longest` bytes is cut before a character, and ends with `…`.
pub(crate) fn path(path: &str, longest: usize) -> Cow<'_, str> {
    if path.len() <= longest && path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(path);
    }
    let mut encoded = String::with_capacity(path.len().saturating_mul(2).min(longest));
    for char in path.chars() {
        let start = encoded.len();
        if char.is_ascii_graphic() {
            encoded.push(char);
        } else {
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a `String` cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        if encoded.len() > longest {
            encoded.truncate(start);
            encoded.push('…');
            break;
        }
    }
    Cow::Owned(encoded)
}

/// The text, or its beginning of at most `longest` bytes and `…`.
pub(crate) fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (text, expected) in [
            ("a b \u{e4}", "a b \u{e4}"),
            ("a\nb\r\t", "a\\nb\\r\\t"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{202e}gpj.exe\u{2066}\u{200f}", "\\u{202e}gpj.exe\\u{2066}\\u{200f}"),
            ("\u{feff}\u{200b}\u{e0041}", "\\u{feff}\\u{200b}\\u{e0041}"),
            ("größe 7 \u{5d0}", "größe 7 \u{5d0}"),
        ] {
            assert_eq!(Printable(text).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn paths_are_percent_encoded_to_visible_ascii() {
        for (text, expected) in
            [("/users/7%20a", "/users/7%20a"), ("/\u{7f}", "/%7F"), ("/\u{9b}2J", "/%C2%9B2J"), ("/\u{e4}", "/%C3%A4")]
        {
            assert_eq!(path(text, 100), expected, "{text:?}");
        }
    }

    #[test]
    fn long_paths_and_texts_are_cut_before_a_character() {
        for (text, longest, expected) in [
            ("/abc", 4, "/abc"),
            ("/abcd", 4, "/abc…"),
            ("/\u{e4}", 7, "/%C3%A4"),
            ("/\u{e4}", 6, "/…"),
            ("/\u{e4}\u{e4}", 12, "/%C3%A4…"),
        ] {
            assert_eq!(path(text, longest), expected, "{text:?} in {longest} bytes");
        }
        let encoded = path(&"\u{e4}".repeat(30_000), 1024).into_owned();
        assert!(encoded.len() <= 1024 + '…'.len_utf8(), "{}", encoded.len());
        for (text, longest, expected) in [("abc", 3, "abc"), ("abcd", 3, "abc…"), ("a\u{e4}b", 2, "a…")] {
            assert_eq!(cut(text, longest), expected, "{text:?} in {longest} bytes");
        }
    }
}
