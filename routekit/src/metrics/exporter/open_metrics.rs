//! OpenMetrics 1.0, from the Prometheus text format 0.0.4 as this exporter renders it.
//!
//! The formats differ in few places, and one renderer keeps them equal everywhere else:
//!
//! 1. The family of a counter has no `_total`; its series have. A counter without that ending is of the type `unknown`,
//!    so that its series have the same name in both formats.
//! 2. There is no empty line, descriptions escape quotes, and infinity is `+Inf`.
//! 3. The last line is `# EOF`, by which a client recognises a complete response.

use std::collections::HashSet;

/// Translates the text format.
pub(super) fn of(text: &str) -> String {
    let families: HashSet<&str> = text.lines().filter_map(|line| typed(line).map(|(name, _)| name)).collect();
    let mut out = String::with_capacity(text.len() + 64);
    // The name of a counter may also have series that end with `_created`.
    let is_free = |family: &str| {
        !family.is_empty() && !families.contains(family) && !families.contains(format!("{family}_created").as_str())
    };
    // A description comes before the type of its family.
    let mut description = None;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            description = rest.split_once(' ').map(|(_, description)| description);
        } else if let Some((name, kind)) = typed(line) {
            let (name, kind) = match (kind, name.strip_suffix("_total")) {
                ("counter", Some(family)) if is_free(family) => (family, kind),
                ("counter", _) => (name, "unknown"),
                _ => (name, kind),
            };
            if let Some(description) = description.take() {
                line_of(&mut out, &["# HELP ", name, " ", &description.replace('"', r#"\""#)]);
            }
            line_of(&mut out, &["# TYPE ", name, " ", kind]);
        } else {
            // A value has no space, unlike a label.
            match line.rsplit_once(' ') {
                Some((series, "inf")) => line_of(&mut out, &[series, " +Inf"]),
                Some((series, "-inf")) => line_of(&mut out, &[series, " -Inf"]),
                _ => line_of(&mut out, &[line]),
            }
        }
    }
    out.push_str("# EOF\n");
    out
}

/// The name and the type of a family.
fn typed(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("# TYPE ")?.split_once(' ')
}

fn line_of(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_format_is_translated() {
        let text = r#"# HELP jobs_total Jobs of "all" kinds.
# TYPE jobs_total counter
jobs_total{queue="a b"} 1

# TYPE odd counter
odd 2

# TYPE size_total counter
size_total 2

# TYPE c_total counter
c_total 3

# TYPE c_created gauge
c_created 4

# TYPE size gauge
size inf

"#;
        let expected = r#"# HELP jobs Jobs of \"all\" kinds.
# TYPE jobs counter
jobs_total{queue="a b"} 1
# TYPE odd unknown
odd 2
# TYPE size_total unknown
size_total 2
# TYPE c_total unknown
c_total 3
# TYPE c_created gauge
c_created 4
# TYPE size gauge
size +Inf
# EOF
"#;
        assert_eq!(of(text), expected);
    }
}
