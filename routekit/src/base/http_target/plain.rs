//! Connections without TLS.

use std::error::Error;

use http::Uri;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

#[derive(Clone)]
pub(super) struct PlainConnector;

impl PlainConnector {
    pub(super) fn new(uri: &Uri) -> Result<Self, String> {
        match uri.scheme_str() {
            Some("https") => Err("`https` needs routekit's feature `jwks`, which brings rustls".to_owned()),
            _ => Ok(Self),
        }
    }

    pub(super) async fn connect(
        self,
        uri: &Uri,
    ) -> Result<impl Read + Write + Unpin + Send + 'static, Box<dyn Error + Send + Sync>> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        Ok(TokioIo::new(TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?))
    }
}
