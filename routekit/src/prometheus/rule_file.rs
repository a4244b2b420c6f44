//! A file of rules, and its YAML.

use std::fmt;

/// The rules of a file, by group.
#[derive(Debug, Default)]
pub(super) struct RuleFile {
    /// Comments at the top.
    pub(super) comments: Vec<String>,
    pub(super) groups: Vec<RuleGroup>,
}

#[derive(Debug)]
pub(super) struct RuleGroup {
    pub(super) name: String,
    pub(super) rules: Vec<PrometheusRule>,
}

/// A recording rule or an alert.
#[derive(Debug)]
pub(super) struct PrometheusRule {
    kind: &'static str,
    name: String,
    expr: String,
    /// How long the condition must hold.
    hold: Option<&'static str>,
    labels: Vec<(&'static str, String)>,
    annotations: Vec<(&'static str, String)>,
}

impl PrometheusRule {
    pub(super) fn record(name: impl Into<String>, expr: impl Into<String>) -> Self {
        Self {
            kind: "record",
            name: name.into(),
            expr: expr.into(),
            hold: None,
            labels: Vec::new(),
            annotations: Vec::new(),
        }
    }

    pub(super) fn alert(name: &str, hold: &'static str, expr: impl Into<String>) -> Self {
        Self { kind: "alert", hold: Some(hold), ..Self::record(name, expr) }
    }

    pub(super) fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }

    /// Adds a label of an alert, whose value would otherwise be a template.
    pub(super) fn literal_label(self, name: &'static str, value: &str) -> Self {
        self.label(name, value.replace("{{", "{{ \"{{\" }}"))
    }

    pub(super) fn annotation(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.annotations.push((name, value.into()));
        self
    }
}

impl fmt::Display for RuleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            // A title may have line ends.
            writeln!(f, "# {}", comment.replace(char::is_control, " "))?;
        }
        writeln!(f, "groups:")?;
        for group in self.groups.iter().filter(|group| !group.rules.is_empty()) {
            writeln!(f, "  - name: {}", Text(&group.name))?;
            writeln!(f, "    rules:")?;
            for rule in &group.rules {
                rule.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for PrometheusRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "      - {}: {}", self.kind, self.name)?;
        if is_plain(&self.expr) {
            writeln!(f, "        expr: |-")?;
            self.expr.lines().try_for_each(|line| writeln!(f, "          {line}"))?;
        } else {
            writeln!(f, "        expr: {}", Text(&self.expr))?;
        }
        if let Some(hold) = self.hold {
            writeln!(f, "        for: {hold}")?;
        }
        for (key, entries) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !entries.is_empty() {
                writeln!(f, "        {key}:")?;
            }
            entries.iter().try_for_each(|(name, value)| writeln!(f, "          {name}: {}", Text(value)))?;
        }
        Ok(())
    }
}

/// Whether a block of YAML shows this text as it is: without control characters, and without line ends but `\n`.
fn is_plain(text: &str) -> bool {
    let is_shown =
        |char: char| char == '\n' || (!char.is_control() && !matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    !text.starts_with(' ') && text.chars().all(is_shown)
}

/// A double-quoted scalar.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for char in self.0.chars() {
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                '\n' => f.write_str("\\n")?,
                _ if is_plain(char.encode_utf8(&mut [0; 4])) || char == ' ' => write!(f, "{char}")?,
                _ => write!(f, "\\U{:08x}", u32::from(char))?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_quotes_texts_and_keeps_expressions_readable() {
        let alert = PrometheusRule::alert("A", "2m", "a > 1\nand\nb{c=\"\\\\d: #\"}")
            .label("severity", "page: \"now\"")
            .annotation("summary", "{{ $value }}\u{85}");
        let rules = vec![PrometheusRule::record("a:b:c", "x\u{2028}"), alert];
        let empty = RuleGroup { name: "empty".to_owned(), rules: Vec::new() };
        let groups = vec![RuleGroup { name: "g".to_owned(), rules }, empty];
        let file = RuleFile { comments: vec!["Made.".to_owned()], groups };
        let expected = r#"# Made.
groups:
  - name: "g"
    rules:
      - record: a:b:c
        expr: "x\U00002028"
      - alert: A
        expr: |-
          a > 1
          and
          b{c="\\d: #"}
        for: 2m
        labels:
          severity: "page: \"now\""
        annotations:
          summary: "{{ $value }}\U00000085"
"#;
        assert_eq!(file.to_string(), expected);
    }
}
