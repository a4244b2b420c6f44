//! `/metrics` as text for Prometheus.

use std::io::{self, Write as _};

use axum::response::{IntoResponse, Response};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};

use crate::{
    admin::accept::quality,
    metrics::Exporter,
    problem::{Problem, Result},
};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A text format of Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextFormat {
    Prometheus,
    OpenMetrics,
}

impl TextFormat {
    /// The format that the client prefers. `None` if it prefers JSON.
    pub(super) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let open_metrics = quality(headers, header::ACCEPT, |range, parameters| {
            let version = parameters.iter().find(|(name, _)| *name == "version");
            range == "application/openmetrics-text" && version.is_none_or(|(_, version)| *version == "1.0.0")
        });
        let text = quality(headers, header::ACCEPT, |range, _| matches!(range, "text/plain" | "text/*" | "*/*"));
        let json = quality(headers, header::ACCEPT, |range, _| range == "application/json");
        let (open_metrics, text, json) = (open_metrics.unwrap_or(0), text.unwrap_or(0), json.unwrap_or(0));
        match () {
            () if json > 0 && json >= text.max(open_metrics) => None,
            () if open_metrics > 0 && open_metrics >= text => Some(Self::OpenMetrics),
            () => Some(Self::Prometheus),
        }
    }
}

/// Renders and compresses on a blocking thread, because that would hold up a worker.
pub(super) async fn render(exporter: Exporter, format: TextFormat, headers: &HeaderMap) -> Result<Response> {
    exporter.fetch().await;
    let gzip = quality(headers, header::ACCEPT_ENCODING, |coding, _| coding == "gzip").is_some_and(|q| q > 0);
    let render = move || {
        let text = match format {
            TextFormat::Prometheus => exporter.render(),
            TextFormat::OpenMetrics => exporter.render_open_metrics(),
        };
        if gzip { compressed(&text) } else { Ok(text.into_bytes()) }
    };
    let body = tokio::task::spawn_blocking(render).await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let content_type = match format {
        TextFormat::Prometheus => TEXT,
        TextFormat::OpenMetrics => OPEN_METRICS,
    };
    let mut response = ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn compressed(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_is_the_one_that_the_client_prefers() {
        use TextFormat::{OpenMetrics, Prometheus};
        for (accept, format) in [
            ("", Some(Prometheus)),
            ("*/*", Some(Prometheus)),
            ("text/html, */*;q=0.8", Some(Prometheus)),
            ("application/openmetrics-text", Some(OpenMetrics)),
            // Prometheus 2.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Some(OpenMetrics),
            ),
            ("text/plain;version=0.0.4;q=0.6, application/openmetrics-text; version=1.0.0 ;q=0.5", Some(Prometheus)),
            ("application/openmetrics-text;version=0.0.1", Some(Prometheus)),
            ("application/openmetrics-text;q=0", Some(Prometheus)),
            ("application/json", None),
            ("application/json, */*", None),
            ("application/json;q=0.5, text/plain", Some(Prometheus)),
            ("application/json;q=0, */*", Some(Prometheus)),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(TextFormat::preferred(&headers), format, "{accept}");
        }
    }
}
