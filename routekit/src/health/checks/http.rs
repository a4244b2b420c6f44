//! A check that sends an HTTP request.

use std::time::Duration;

use http::Uri;

use crate::{
    base::{
        http_target::{HttpTarget, UrlMistake, parse_url},
        printable::Chain,
    },
    health::{check::HealthCheck, result::HealthCheckResult},
};

const TIMEOUT: Duration = Duration::from_secs(5);

impl HealthCheck {
    /// Creates a check that sends a GET request to `url`, with a timeout of 5 seconds. It is healthy after a 2xx,
    /// degraded after any other status, and unhealthy if the server cannot be reached. It follows no redirects.
    ///
    /// `details.statusCode` is the status, and `details.error` the reason of a failed request.
    ///
    /// `https` needs the feature `jwks`, which brings rustls; the system's certificates are trusted. A URL that is not
    /// absolute is a start-up error.
    pub fn http(name: impl Into<String>, url: impl AsRef<str>) -> Self {
        let target = match parse(url.as_ref()).and_then(HttpTarget::new) {
            Ok(target) => target,
            Err(reason) => return Self::invalid(name, reason),
        };
        let check = async move || match target.get().await {
            Ok(status) => {
                let result = if status.is_success() {
                    HealthCheckResult::healthy()
                } else {
                    HealthCheckResult::degraded(format!("HTTP {}", status.as_u16()))
                };
                result.with_detail("statusCode", status.as_u16())
            }
            Err(error) => {
                let text = Chain(&*error).to_string();
                HealthCheckResult::unhealthy(&*text).with_detail("error", text)
            }
        };
        Self::new(name, check).timeout(TIMEOUT)
    }
}

/// Parses an absolute URL. A reason repeats no password.
fn parse(url: &str) -> Result<Uri, String> {
    const EXAMPLE: &str = "write one such as `http://payments:8080/health`";
    parse_url(url).map_err(|mistake| match mistake {
        UrlMistake::Syntax(error) => format!("its URL is not valid ({error}); {EXAMPLE}"),
        UrlMistake::NotAbsolute => format!("its URL `{url}` is not absolute; {EXAMPLE}"),
        UrlMistake::UserInfo => "its URL must not contain a user or a password".to_owned(),
        UrlMistake::NoHost => format!("its URL `{url}` has no host; {EXAMPLE}"),
        UrlMistake::Scheme => format!("its URL must begin with `http://` or `https://`; {EXAMPLE}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_urls_are_accepted() {
        for (url, right) in [
            ("http://payments:8080/health", true),
            ("http://payments", true),
            ("http://[::1]:80/?deep=1", true),
            ("https://pay.example/health", true),
            ("http://ann:hunter2@payments/health", false),
            ("/health", false),
            ("payments:8080", false),
            ("ftp://payments/", false),
            ("http://the payments/", false),
            ("", false),
        ] {
            let parsed = parse(url);
            assert_eq!(parsed.is_ok(), right, "{url}: {parsed:?}");
            assert!(!format!("{parsed:?}").contains("hunter2"), "{url}");
        }
    }
}
