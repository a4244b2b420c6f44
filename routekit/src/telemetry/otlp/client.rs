//! Sends requests to the collector.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{HttpClient, HttpError};
use parking_lot::Mutex;
use tokio::{runtime::Runtime, time::timeout};
use tracing::{Dispatch, dispatcher::with_default};

use super::settings::ExportSettings;
use crate::base::printable::Chain;

/// Larger responses are refused.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

#[cfg(feature = "jwks")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "jwks"))]
type Connector = HttpConnector;

/// Why the last request failed.
#[derive(Debug, Clone, Default)]
pub(super) struct LastFailure(Arc<Mutex<Option<String>>>);

/// A client that blocks its thread, which is that of the exporter.
///
/// It has a runtime of its own: the exporter works before, beside and after the runtime of the program.
pub(super) struct CollectorClient {
    client: Client<Connector, Full<Bytes>>,
    runtime: Runtime,
    timeout: Duration,
    failure: LastFailure,
}

impl CollectorClient {
    pub(super) fn new(settings: &ExportSettings, failure: LastFailure) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("the exporter of spans cannot start: {error}"))?;
        // A connection that is idle between two exports would not notice that the collector closes it.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector(settings)?);
        Ok(Self { client, runtime, timeout: Duration::from_millis(settings.timeout_ms), failure })
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

#[cfg(feature = "jwks")]
fn connector(settings: &ExportSettings) -> Result<Connector, String> {
    use crate::base::tls;

    let roots = if settings.is_https { tls::system_roots()? } else { rustls::RootCertStore::empty() };
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls::client(roots)?);
    Ok(builder.https_or_http().enable_http1().build())
}

#[cfg(not(feature = "jwks"))]
fn connector(settings: &ExportSettings) -> Result<Connector, String> {
    if settings.is_https {
        return Err(
            "the endpoint of OTLP is `https`, which needs routekit's feature `jwks`: it brings rustls".to_owned()
        );
    }
    Ok(HttpConnector::new())
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = async {
            match timeout(self.timeout, self.send(request.map(Full::new))).await {
                Ok(sent) => sent,
                Err(_) => Err(format!("no answer within {} ms", self.timeout.as_millis()).into()),
            }
        };
        // Spans and events of the client itself would be exported again.
        let sent = with_default(&Dispatch::none(), || self.runtime.block_on(sent));
        self.failure.set(match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("the collector answered {}", response.status())),
            Err(error) => Some(Chain(&**error).to_string()),
        });
        sent
    }
}

impl LastFailure {
    fn set(&self, failure: Option<String>) {
        *self.0.lock() = failure;
    }

    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().take()
    }
}

impl fmt::Debug for CollectorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorClient").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
