//! The directives of a log filter.

use std::{cmp::Ordering, fmt};

use tracing_subscriber::{EnvFilter, filter::Directive};

/// One directive of a filter, such as `shop=debug`, with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogDirective {
    text: String,
    parsed: Directive,
}

/// A part of a filter that is no directive.
#[derive(Debug)]
pub(crate) struct InvalidDirective {
    text: String,
    reason: String,
}

impl LogDirective {
    /// Parses a list of directives as `RUST_LOG` has them. Empty parts are skipped.
    pub(super) fn list(filter: &str) -> Result<Vec<Self>, InvalidDirective> {
        filter.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Self::parse).collect()
    }

    /// Parses a list of directives as an operator writes them: a word that is neither a level nor a possible target is
    /// an error.
    ///
    /// `tracing_subscriber` takes `shop:debug` for the name of a target. It would have no effect.
    pub(crate) fn strict_list(filter: &str) -> Result<Vec<Self>, InvalidDirective> {
        let directives = Self::list(filter)?;
        match directives.iter().find(|directive| !directive.has_usual_target()) {
            Some(LogDirective { text, .. }) => {
                let reason = "expected `target=level`, such as `shop::orders=debug`, or a level".to_owned();
                Err(InvalidDirective { text: text.clone(), reason })
            }
            None => Ok(directives),
        }
    }

    fn parse(text: &str) -> Result<Self, InvalidDirective> {
        match text.parse() {
            Ok(parsed) => Ok(Self { text: text.to_owned(), parsed }),
            Err(error) => Err(InvalidDirective { text: text.to_owned(), reason: error.to_string() }),
        }
    }

    /// Whether the target is a path of names. Targets with other characters exist, but are rare.
    fn has_usual_target(&self) -> bool {
        let target = self.text.split(['=', '[']).next().unwrap_or_default();
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        };
        (target.is_empty() && self.text.starts_with('[')) || target.split("::").all(is_name)
    }

    /// Whether both are about the same target, span and fields.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.parsed.cmp(&other.parsed) == Ordering::Equal
    }
}

/// The filter of these directives. Each of them has been parsed, so this cannot fail.
pub(super) fn filter(directives: &[&LogDirective]) -> EnvFilter {
    EnvFilter::try_new(text(directives)).expect("each of its directives was parsed")
}

/// The directives as one text.
pub(super) fn text(directives: &[&LogDirective]) -> String {
    directives.iter().map(|directive| &*directive.text).collect::<Vec<_>>().join(",")
}

impl fmt::Display for LogDirective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for InvalidDirective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the directive `{}` is invalid: {}", self.text, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_directive_is_named() {
        for (filter, wrong) in [
            ("info,shop=loud", "shop=loud"),
            ("shop=debug,shop debug", "shop debug"),
            ("shop:debug", "shop:debug"),
            ("shop::=debug", "shop::=debug"),
            ("=debug", "=debug"),
            ("info,*", "*"),
            ("[request", "[request"),
        ] {
            let error = LogDirective::strict_list(filter).unwrap_err().to_string();
            assert!(error.starts_with(&format!("the directive `{wrong}` is invalid: ")), "{filter}: {error}");
        }
        for filter in ["info", "WARN , shop=debug,", "shop::orders", "[request]=trace", "shop[request{id=7}]=debug", ""]
        {
            assert!(LogDirective::strict_list(filter).is_ok(), "{filter}");
        }
    }
}
