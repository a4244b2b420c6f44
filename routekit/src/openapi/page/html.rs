//! Text as HTML.

/// Escapes a text, also for attributes in double quotes.
pub(in crate::openapi) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The paragraphs of a Markdown text, with code spans. Other markup is shown as it is written.
pub(super) fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>", with_code(paragraph))).collect()
}

/// A text with code spans: `` `page` ``.
pub(super) fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without a partner is a backtick.
    let pairs = (parts.len() - 1) / 2;
    let mut html = String::new();
    for (index, part) in parts.iter().enumerate() {
        let is_code = index % 2 == 1 && index < 2 * pairs;
        match (is_code, index) {
            (true, _) => html.push_str(&format!("<code>{}</code>", escape(part))),
            (false, index) => {
                if index > 2 * pairs {
                    html.push('`');
                }
                html.push_str(&escape(part));
            }
        }
    }
    html
}

/// A method and a path.
pub(super) fn name(method: &str, path: &str) -> String {
    format!("<b class=\"{method}\">{}</b> <code>{}</code>", method.to_ascii_uppercase(), escape(path))
}

/// A table, unless it has no rows. Cells are HTML.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    let row = |cells: &[String; N]| {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<div class=\"table\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_a_text_is_shown_and_not_run() {
        assert_eq!(
            paragraphs("<b>\"it's\" & so</b>\n\nB"),
            "<p>&lt;b&gt;&quot;it&#39;s&quot; &amp; so&lt;/b&gt;</p><p>B</p>"
        );
        assert_eq!(with_code("a `b<` c"), "a <code>b&lt;</code> c");
        assert_eq!(with_code("`a` and `b"), "<code>a</code> and `b");
        assert_eq!(with_code(""), "");
    }
}
