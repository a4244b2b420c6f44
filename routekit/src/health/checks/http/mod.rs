//! A check that sends an HTTP request.

#[cfg(not(feature = "jwks"))]
mod plain;
#[cfg(feature = "jwks")]
mod tls;

use std::{error::Error, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Empty;
use hyper::client::conn::http1;

#[cfg(not(feature = "jwks"))]
use self::plain::PlainConnector as Connector;
#[cfg(feature = "jwks")]
use self::tls::TlsConnector as Connector;
use crate::{
    base::printable::Chain,
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
        let (uri, connector) = match parse(url.as_ref()).and_then(|uri| Ok((Connector::new(&uri)?, uri))) {
            Ok((connector, uri)) => (uri, connector),
            Err(reason) => return Self::invalid(name, reason),
        };
        let check = async move || match request(&uri, connector).await {
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

/// The status of the response.
async fn request(uri: &Uri, connector: Connector) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::USER_AGENT, "routekit")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let (mut sender, connection) = http1::handshake(connector.connect(uri).await?).await?;
    let (mut response, mut connection) = (pin!(sender.send_request(request)), pin!(connection));
    let response = tokio::select! {
        biased;
        response = &mut response => response,
        ended = &mut connection => {
            ended?;
            // It may have passed on the response before it ended.
            response.await
        }
    };
    // The content does not matter: the connection ends here.
    Ok(response?.status())
}

/// Parses an absolute URL. A reason repeats no password.
fn parse(url: &str) -> Result<Uri, String> {
    const EXAMPLE: &str = "write one such as `http://payments:8080/health`";
    let uri: Uri = url.parse().map_err(|error| format!("its URL is not valid ({error}); {EXAMPLE}"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(format!("its URL `{url}` is not absolute; {EXAMPLE}"));
    };
    if authority.as_str().contains('@') {
        return Err("its URL must not contain a user or a password".to_owned());
    }
    if authority.host().is_empty() {
        return Err(format!("its URL `{url}` has no host; {EXAMPLE}"));
    }
    match scheme {
        "http" | "https" => Ok(uri),
        _ => Err(format!("its URL must begin with `http://` or `https://`; {EXAMPLE}")),
    }
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
