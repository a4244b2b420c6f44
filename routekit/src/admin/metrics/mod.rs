//! `/metrics`

mod document;
mod performance;
#[cfg(feature = "prometheus")]
mod prometheus;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

pub(super) use self::performance::report;
#[cfg(feature = "prometheus")]
use self::prometheus::TextFormat;
#[cfg(feature = "prometheus")]
use crate::metrics::Exporter;
use crate::{
    performance::Metrics,
    problem::{Problem, Result},
};

/// The metrics that `/metrics` shows.
#[derive(Clone)]
pub(super) struct ShownMetrics {
    /// `None` if the program's own recorder keeps the metrics.
    #[cfg(feature = "prometheus")]
    pub(super) exporter: Option<Exporter>,
    pub(super) metrics: Metrics,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricsQuery {
    route: Option<String>,
}

/// Shows the format that the client prefers. The JSON document is the only one without an exporter.
pub(super) async fn show(
    State(shown): State<ShownMetrics>,
    query: std::result::Result<Query<MetricsQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response> {
    let Query(MetricsQuery { route }) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    #[cfg(feature = "prometheus")]
    if let Some(exporter) = shown.exporter
        && let Some(format) = TextFormat::preferred(&headers)
    {
        if route.is_some() {
            return Err(Problem::bad_request("the parameter `route` needs `Accept: application/json`"));
        }
        return prometheus::render(exporter, format, &headers).await;
    }
    #[cfg(not(feature = "prometheus"))]
    let _ = headers;
    let mut response = document::show(&shown.metrics, route.as_deref()).await?.into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}
