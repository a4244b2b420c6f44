//! Connections with and without TLS.

use std::error::Error;

use http::Uri;
use hyper::rt::{Read, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::RootCertStore;
use tower_service::Service as _;

use crate::base::tls;

#[derive(Clone)]
pub(super) struct TlsConnector(HttpsConnector<HttpConnector>);

impl TlsConnector {
    pub(super) fn new(uri: &Uri) -> Result<Self, String> {
        let is_https = uri.scheme_str() == Some("https");
        let roots = if is_https { tls::system_roots()? } else { RootCertStore::empty() };
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls::client(roots)?);
        Ok(Self(builder.https_or_http().enable_http1().build()))
    }

    pub(super) async fn connect(
        mut self,
        uri: &Uri,
    ) -> Result<impl Read + Write + Unpin + Send + 'static, Box<dyn Error + Send + Sync>> {
        self.0.call(uri.clone()).await
    }
}
