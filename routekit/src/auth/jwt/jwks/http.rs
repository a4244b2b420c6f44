//! Fetches a key set from a URL.

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::source::{FetchError, KeySource};
use crate::base::tls;

/// Larger key sets are refused.
const MAX_SET_BYTES: usize = 512 * 1024;

/// Requests a URL each time. It follows no redirects, so keys come only from the configured server.
pub(super) struct HttpSource {
    uri: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl HttpSource {
    pub(super) fn new(url: &str, roots: Option<&[u8]>) -> Result<Self, String> {
        let uri = check(url)?;
        let roots = match roots {
            Some(pem) => parse_roots(pem)?,
            None if uri.scheme_str() == Some("https") => {
                tls::system_roots().map_err(|reason| format!("{reason}, so keys cannot be fetched"))?
            }
            None => RootCertStore::empty(),
        };
        // Plain HTTP is only used for loopback addresses, which `check` ensures.
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls::client(roots)?).https_or_http().enable_http1().build();
        // Keeping a connection that is used every ten minutes has no benefit.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { uri, client })
    }
}

fn parse_roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "the trusted certificates are not in PEM format".to_owned())?;
        roots.add(certificate).map_err(|error| format!("a certificate cannot be trusted: {error}"))?;
    }
    if roots.is_empty() { Err("the PEM file has no certificates".to_owned()) } else { Ok(roots) }
}

/// Checks that the URL is safe: a party that can change the key set in transit can sign tokens.
fn check(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| "the URL of the keys is not valid".to_owned())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("the URL of the keys is not absolute; write `https://…`".to_owned());
    };
    if authority.as_str().contains('@') {
        return Err("the URL of the keys must not contain a user or a password".to_owned());
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(uri),
        "http" if here => Ok(uri),
        "http" => Err(format!(
            "plain HTTP is allowed for this machine only, because keys from `{host}` could be changed on their way; \
             write `https://…`, or implement `KeySource`"
        )),
        _ => Err("the URL of the keys must begin with `https://`".to_owned()),
    }
}

impl KeySource for HttpSource {
    async fn fetch(&self) -> Result<Bytes, FetchError> {
        let request = Request::get(self.uri.clone())
            .header(header::ACCEPT, "application/jwk-set+json, application/json")
            .header(header::USER_AGENT, "routekit")
            .body(Empty::new())?;
        let response = self.client.request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("the server answered {}", response.status()).into());
        }
        Ok(Limited::new(response.into_body(), MAX_SET_BYTES).collect().await?.to_bytes())
    }

    /// Omits the query, which may hold a secret.
    fn name(&self) -> String {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}{}", self.uri.scheme_str().unwrap_or_default(), self.uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_urls_are_accepted() {
        for (name, url, right) in [
            ("HTTPS", "https://login.example.com/keys?tenant=7", true),
            ("HTTP here", "http://127.0.0.1:8080/keys", true),
            ("HTTP here, by another address", "http://[::1]/keys", true),
            ("HTTP here, by name", "http://localhost/keys", true),
            ("HTTP elsewhere", "http://login.example.com/keys", false),
            ("HTTP almost here", "http://127.0.0.1.example.com/keys", false),
            ("a password", "https://user:hunter2@login.example.com/keys", false),
            ("a path", "/keys", false),
            ("a host", "login.example.com", false),
            ("a file", "file:///etc/passwd", false),
            ("nothing", "", false),
        ] {
            let checked = check(url);
            assert_eq!(checked.is_ok(), right, "{name}: {checked:?}");
            assert!(!format!("{checked:?}").contains("hunter2"), "{name}");
        }
    }
}
