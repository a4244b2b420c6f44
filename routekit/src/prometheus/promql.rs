//! Selectors and literals of PromQL.

use std::{fmt, time::Duration};

use super::facts::MonitoredRoute;
use crate::{metrics::names::DURATION, route::Method};

/// Label matchers, as they stand between braces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Matchers(Vec<String>);

impl Matchers {
    /// Adds `name="value"`.
    pub(crate) fn equal(mut self, name: &str, value: &str) -> Self {
        self.0.push(format!("{name}={}", Quoted(value)));
        self
    }

    /// Adds a matcher as it is written: `error_type!=""`.
    pub(crate) fn and(mut self, matcher: &str) -> Self {
        self.0.push(matcher.to_owned());
        self
    }

    /// Adds a matcher for any of these values.
    pub(super) fn any_of(self, name: &str, values: &[&str]) -> Self {
        match values {
            [value] => self.equal(name, value),
            values => {
                let values: Vec<String> = values.iter().map(|value| regex_of(value)).collect();
                self.and(&format!("{name}=~{}", Quoted(&values.join("|"))))
            }
        }
    }

    /// Adds those of a request to this route. Another route may serve some methods of the same path.
    pub(crate) fn route(self, route: &MonitoredRoute<'_>) -> Self {
        let matchers = match (route.method, &*route.others) {
            (Method::Any, []) => self,
            (Method::Any, others) => self.and(&format!("http_request_method!~{}", Quoted(&others.join("|")))),
            (method, _) => self.equal("http_request_method", method.as_str()),
        };
        matchers.equal("http_route", route.path)
    }

    /// Selects the series of this metric.
    pub(crate) fn of(&self, metric: &str) -> String {
        if self.0.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", self.0.join(",")) }
    }
}

/// The requests of each series that took longer than a threshold of so many seconds: their `rate` or `increase` over a
/// window. A series counts only if its bucket has been there for the whole window. Otherwise all requests of a process
/// that did not have the bucket yet would count, at each deployment of a new threshold.
pub(crate) fn slow(function: &str, matchers: &Matchers, threshold: f64, window: &str) -> String {
    let count = matchers.of(&format!("{DURATION}_count"));
    let bucket = matchers.clone().and(&bucket_matcher(threshold)).of(&format!("{DURATION}_bucket"));
    format!(
        "{function}({count}[{window}]) - sum without (le) ({function}({bucket}[{window}]))\n  and\n  sum without (le) \
         (count_over_time({bucket}[{window}])) >= count_over_time({count}[{window}])"
    )
}

/// The matcher of the bucket that ends at the threshold. Prometheus 3 writes the bound of a whole number of seconds
/// with a decimal, and Prometheus 2 keeps the text of the scrape.
fn bucket_matcher(threshold: f64) -> String {
    let bound = threshold.to_string();
    match bound.contains('.') {
        true => format!(r#"le="{bound}""#),
        false => format!(r#"le=~"{bound}(\\.0)?""#),
    }
}

/// A string literal.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(f, "\"{text}\"")
    }
}

/// A regular expression (RE2) that matches this text only.
fn regex_of(text: &str) -> String {
    let mut regex = String::with_capacity(text.len());
    for char in text.chars() {
        if r"\.+*?()|[]{}^$".contains(char) {
            regex.push('\\');
        }
        regex.push(char);
    }
    regex
}

/// The duration in seconds, as a number of PromQL.
pub(super) fn seconds(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_quote_what_paths_can_contain() {
        let matchers = Matchers::default().equal("job", "a\"b\\").any_of("http_route", &["/a.b/{id}", "/c"]);
        assert_eq!(matchers.of("m"), r#"m{job="a\"b\\",http_route=~"/a\\.b/\\{id\\}|/c"}"#);
        assert_eq!(Matchers::default().of("m"), "m");
        assert_eq!(Matchers::default().any_of("a", &["/{x}"]).of("m"), r#"m{a="/{x}"}"#);
    }

    #[test]
    fn bucket_is_found_in_either_spelling_of_its_bound() {
        let matcher = |millis| bucket_matcher(Duration::from_millis(millis).as_secs_f64());
        assert_eq!(matcher(300), r#"le="0.3""#);
        assert_eq!(matcher(4350), r#"le="4.35""#);
        assert_eq!(matcher(2000), r#"le=~"2(\\.0)?""#);
    }
}
