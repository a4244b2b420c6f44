//! Slow and obvious implementations of the same rules, which [`properties`](super::properties) compares with.

use std::time::Duration;

use super::{RequestControl, ResponseControl};

/// The directives in lower case with their arguments, character by character, and whether the quotes are well-formed.
pub(super) fn directives(line: &[u8]) -> (Vec<(String, Option<String>)>, bool) {
    // One character per byte.
    let chars: Vec<char> = line.iter().map(|byte| char::from(*byte)).collect();
    let (mut directives, mut sound, mut at) = (Vec::new(), true, 0);
    while at < chars.len() {
        let mut element = Vec::new();
        let (mut quoted, mut closed_at, mut opened_at) = (false, Vec::new(), Vec::new());
        while at < chars.len() && (quoted || chars[at] != ',') {
            match chars[at] {
                '"' if quoted => {
                    quoted = false;
                    closed_at.push(element.len());
                }
                '"' => {
                    quoted = true;
                    opened_at.push(element.len());
                }
                '\\' if quoted && at + 1 < chars.len() => {
                    element.push('\\');
                    at += 1;
                }
                _ => {}
            }
            element.push(chars[at]);
            at += 1;
        }
        at += 1;
        let blank = |c: &char| matches!(c, ' ' | '\t');
        let equals = element.iter().position(|c| *c == '=');
        let name: String = element[..equals.unwrap_or(element.len())].iter().collect();
        let mut argument = equals.map(|equals| element[equals + 1..].iter().collect::<String>());
        if !opened_at.is_empty() {
            let before =
                equals.map(|equals| equals + 1 + element[equals + 1..].iter().take_while(|c| blank(c)).count());
            let last = element.iter().rposition(|c| !blank(c));
            if opened_at.len() == 1
                && opened_at.first() == before.as_ref()
                && closed_at.len() == 1
                && closed_at.first() == last.as_ref()
            {
                let (mut unescaped, mut inside) = (String::new(), element[opened_at[0] + 1..closed_at[0]].iter());
                while let Some(c) = inside.next() {
                    unescaped.push(if *c == '\\' { *inside.next().unwrap() } else { *c });
                }
                argument = Some(unescaped);
            } else {
                sound = false;
            }
        } else {
            argument = argument.map(|argument| argument.trim_matches([' ', '\t']).to_owned());
        }
        let name = name.trim_matches([' ', '\t']).to_ascii_lowercase();
        if !name.is_empty() {
            directives.push((name, argument));
        }
    }
    (directives, sound)
}

fn seconds(argument: Option<&String>) -> Option<Duration> {
    let digits = argument.filter(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))?;
    let digits = digits.trim_start_matches('0');
    let number = if digits.len() > 10 { u64::MAX } else { format!("0{digits}").parse().unwrap() };
    Some(Duration::from_secs(number.min(1 << 31)))
}

pub(super) fn response(lines: &[Vec<u8>]) -> ResponseControl {
    let read: Vec<_> = lines.iter().map(|line| directives(line)).collect();
    let all: Vec<_> = read.iter().flat_map(|(directives, _)| directives).collect();
    let has = |name: &str| all.iter().any(|(known, _)| known == name);
    let shortest = |name: &str| {
        let those = all.iter().filter(|(known, _)| known == name);
        those.map(|(_, argument)| seconds(argument.as_ref()).unwrap_or_default()).min()
    };
    ResponseControl {
        no_store: has("no-store"),
        no_cache: has("no-cache"),
        private: has("private"),
        public: has("public"),
        must_revalidate: has("must-revalidate"),
        proxy_revalidate: has("proxy-revalidate"),
        must_understand: has("must-understand"),
        s_maxage: shortest("s-maxage"),
        max_age: shortest("max-age"),
        stale_while_revalidate: shortest("stale-while-revalidate"),
        stale_if_error: shortest("stale-if-error"),
        broken: read.iter().any(|(_, sound)| !sound),
    }
}

pub(super) fn request(lines: &[Vec<u8>]) -> RequestControl {
    let all: Vec<_> = lines.iter().flat_map(|line| directives(line).0).collect();
    let has = |name: &str| all.iter().any(|(known, _)| known == name);
    let those = |name: &str, missing: Duration, invalid: Duration| -> Vec<Duration> {
        let those = all.iter().filter(|(known, _)| known == name);
        those.map(|(_, a)| if a.is_none() { missing } else { seconds(a.as_ref()).unwrap_or(invalid) }).collect()
    };
    let (none, most) = (Duration::ZERO, Duration::from_secs(1 << 31));
    RequestControl {
        no_store: has("no-store"),
        no_cache: has("no-cache"),
        only_if_cached: has("only-if-cached"),
        max_age: those("max-age", none, none).into_iter().min(),
        min_fresh: those("min-fresh", most, most).into_iter().max(),
        max_stale: those("max-stale", Duration::MAX, none).into_iter().min(),
        stale_if_error: those("stale-if-error", none, none).into_iter().min(),
    }
}

/// The directives of a dictionary without strings and parameters, if all its values are integers. The last of each name
/// counts.
pub(super) fn targeted(lines: &[Vec<u8>]) -> Option<ResponseControl> {
    if lines.concat().iter().any(|byte| b"\";".contains(byte)) {
        return None;
    }
    let all: Vec<_> = lines.iter().flat_map(|line| directives(line).0).collect();
    let is_integer = |argument: &String| argument.chars().all(|c| c.is_ascii_digit());
    if !all.iter().all(|(_, argument)| argument.as_ref().is_none_or(is_integer)) {
        return None;
    }
    let last = |name: &str| all.iter().rfind(|(known, _)| known == name).map(|(_, argument)| argument);
    let flag = |name| last(name).is_some_and(Option::is_none);
    let duration = |name| last(name).and_then(|argument| seconds(argument.as_ref()));
    Some(ResponseControl {
        no_store: flag("no-store"),
        no_cache: flag("no-cache"),
        private: flag("private"),
        public: flag("public"),
        must_revalidate: flag("must-revalidate"),
        proxy_revalidate: flag("proxy-revalidate"),
        must_understand: flag("must-understand"),
        s_maxage: duration("s-maxage"),
        max_age: duration("max-age"),
        stale_while_revalidate: duration("stale-while-revalidate"),
        stale_if_error: duration("stale-if-error"),
        broken: false,
    })
}

/// Names as text; `None` if they cannot be known.
pub(super) fn vary(lines: &[Vec<u8>]) -> Option<Vec<String>> {
    let mut names = std::collections::BTreeSet::new();
    for line in lines {
        let line: String = line.iter().map(|byte| char::from(*byte)).collect();
        for name in line.split(',').map(|name| name.trim_matches([' ', '\t'])).filter(|name| !name.is_empty()) {
            let is_token = name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
            if name == "*" || !is_token {
                return None;
            }
            names.insert(name.to_ascii_lowercase());
        }
    }
    Some(names.into_iter().collect())
}

/// A value with lines joined, and blanks around commas outside of quotes made one space after each.
pub(super) fn value(lines: &[Vec<u8>]) -> Vec<u8> {
    let (mut out, mut quoted, mut escaped): (Vec<u8>, _, _) = (Vec::new(), false, false);
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    // The position up to which blanks must stay, because they are in quotes.
    let mut fixed = 0;
    let mut after_comma = true;
    for byte in lines.join(&b","[..]) {
        if escaped {
            escaped = false;
        } else if byte == b'"' {
            quoted = !quoted;
        } else if byte == b'\\' && quoted {
            escaped = true;
        } else if byte == b',' && !quoted {
            while out.len() > fixed && out.last().is_some_and(blank) {
                out.pop();
            }
            out.extend(b", ");
            (after_comma, fixed) = (true, out.len());
            continue;
        }
        if after_comma && blank(&byte) {
            continue;
        }
        after_comma = false;
        out.push(byte);
    }
    while out.len() > fixed && out.last().is_some_and(blank) {
        out.pop();
    }
    out
}

/// Whether a list of entity tags contains this one.
pub(super) fn none_match(lines: &[Vec<u8>], etag: Option<&[u8]>) -> Option<bool> {
    let text = |line: &[u8]| line.iter().map(|byte| char::from(*byte)).collect::<String>();
    let lines: Vec<String> = lines.iter().map(|line| text(line).trim_matches([' ', '\t']).to_owned()).collect();
    match lines.as_slice() {
        [] => return None,
        [star] if star == "*" => return Some(true),
        [star, ..] if star == "*" => return Some(false),
        _ => {}
    }
    let Some(tag) = etag.map(text).filter(|etag| is_tag(etag)) else { return Some(false) };
    let tag = tag.strip_prefix("W/").unwrap_or(&tag).to_owned();
    Some(lines.iter().any(|line| tags(line).contains(&tag)))
}

fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let inside = |c: char| c != '"' && c > ' ' && c != '\u{7f}';
    opaque.len() >= 2
        && opaque.starts_with('"')
        && opaque.ends_with('"')
        && opaque[1..opaque.len() - 1].chars().all(inside)
}

/// The tags of a list up to the first mistake, without `W/`, but with their quotes.
fn tags(line: &str) -> Vec<String> {
    let (mut elements, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        quoted ^= c == '"';
        if c == ',' && !quoted {
            elements.push(String::new());
        } else if let Some(element) = elements.last_mut() {
            element.push(c);
        }
    }
    let elements =
        elements.iter().map(|element| element.trim_matches([' ', '\t'])).filter(|element| !element.is_empty());
    elements.take_while(|e| is_tag(e)).map(|e| e.strip_prefix("W/").unwrap_or(e).to_owned()).collect()
}
