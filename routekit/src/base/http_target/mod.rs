//! Single requests to an HTTP server, each on a connection of its own.

#[cfg(not(feature = "jwks"))]
mod plain;
#[cfg(feature = "jwks")]
mod tls;

use std::{error::Error, fmt, pin::pin};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header, uri::InvalidUri};
use http_body_util::Full;
use hyper::client::conn::http1;

#[cfg(not(feature = "jwks"))]
use self::plain::PlainConnector as Connector;
#[cfg(feature = "jwks")]
use self::tls::TlsConnector as Connector;

/// An absolute URL, and the means to connect to its server.
#[derive(Clone)]
pub(crate) struct HttpTarget {
    uri: Uri,
    connector: Connector,
}

/// Why a text is not the URL of a target. It does not repeat the URL, which may be secret.
#[derive(Debug)]
pub(crate) enum UrlMistake {
    Syntax(InvalidUri),
    NotAbsolute,
    /// It has a user or a password.
    UserInfo,
    NoHost,
    /// Neither `http` nor `https`.
    Scheme,
}

/// Parses an absolute URL.
pub(crate) fn parse_url(url: &str) -> Result<Uri, UrlMistake> {
    let uri: Uri = url.parse().map_err(UrlMistake::Syntax)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(UrlMistake::NotAbsolute);
    };
    if authority.as_str().contains('@') {
        return Err(UrlMistake::UserInfo);
    }
    if authority.host().is_empty() {
        return Err(UrlMistake::NoHost);
    }
    if matches!(scheme, "http" | "https") { Ok(uri) } else { Err(UrlMistake::Scheme) }
}

impl HttpTarget {
    /// Fails if the URL needs TLS, and TLS cannot be used.
    pub(crate) fn new(uri: Uri) -> Result<Self, String> {
        Ok(Self { connector: Connector::new(&uri)?, uri })
    }

    pub(crate) async fn get(&self) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        self.send(Request::new(Full::default())).await
    }

    pub(crate) async fn post_json(&self, content: Bytes) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        let mut request = Request::new(Full::new(content));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send(request).await
    }

    /// Returns the status of the response.
    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        *request.uri_mut() = self.uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let host = HeaderValue::from_str(self.uri.authority().map_or("", |authority| authority.as_str()))?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, host);
        headers.insert(header::USER_AGENT, HeaderValue::from_static("routekit"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let (mut sender, connection) = http1::handshake(self.connector.clone().connect(&self.uri).await?).await?;
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
}

impl fmt::Debug for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTarget")
    }
}
