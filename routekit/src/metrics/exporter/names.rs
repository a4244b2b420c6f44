//! Names and labels as Prometheus takes them.

use std::fmt::Write as _;

use metrics::Label;

/// The name with `_` in place of all characters that the name of a metric must not have.
pub(super) fn metric_name(name: &str) -> String {
    valid(name, |c| c == ':')
}

/// The name with `_` in place of all characters that the name of a label must not have.
pub(super) fn label_name(name: &str) -> String {
    valid(name, |_| false)
}

/// The labels as they stand between braces.
pub(super) fn labels<'a>(labels: impl Iterator<Item = &'a Label>) -> String {
    let mut out = String::new();
    for label in labels {
        let comma = if out.is_empty() { "" } else { "," };
        let name = label_name(label.key());
        let value = label.value().replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        // Writing to a string cannot fail.
        let _ = write!(out, r#"{comma}{name}="{value}""#);
    }
    out
}

fn valid(name: &str, also: fn(char) -> bool) -> String {
    let is_valid =
        |(at, c): (usize, char)| c.is_ascii_alphabetic() || c == '_' || also(c) || (at > 0 && c.is_ascii_digit());
    name.chars().enumerate().map(|(at, c)| if is_valid((at, c)) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_escaped() {
        assert_eq!(metric_name("1st.time:é"), "_st_time:_");
        let given = [Label::new("a.b:1", "x\"y"), Label::new("2", "back\\slash\nline é")];
        assert_eq!(labels(given.iter()), r#"a_b_1="x\"y",_="back\\slash\nline é""#);
    }
}
