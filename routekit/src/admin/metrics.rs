//! `/metrics`

use std::io::{self, Write as _};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};

use super::accept::quality;
use crate::{
    metrics::Exporter,
    problem::{Problem, Result},
};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Renders and compresses on a blocking thread, because that would hold up a worker.
pub(super) async fn render(State(exporter): State<Exporter>, headers: HeaderMap) -> Result<Response> {
    exporter.fetch().await;
    let open_metrics = prefers_open_metrics(&headers);
    let gzip = quality(&headers, header::ACCEPT_ENCODING, |coding, _| coding == "gzip").is_some_and(|q| q > 0);
    let render = move || {
        let text = if open_metrics { exporter.render_open_metrics() } else { exporter.render() };
        if gzip { compressed(&text) } else { Ok(text.into_bytes()) }
    };
    let body = tokio::task::spawn_blocking(render).await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let content_type = HeaderValue::from_static(if open_metrics { OPEN_METRICS } else { TEXT });
    let mut response = ([(header::CONTENT_TYPE, content_type)], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether the client prefers OpenMetrics 1.0 to the text format.
fn prefers_open_metrics(headers: &HeaderMap) -> bool {
    let open_metrics = quality(headers, header::ACCEPT, |range, parameters| {
        let version = parameters.iter().find(|(name, _)| *name == "version");
        range == "application/openmetrics-text" && version.is_none_or(|(_, version)| *version == "1.0.0")
    });
    let text = quality(headers, header::ACCEPT, |range, _| matches!(range, "text/plain" | "text/*" | "*/*"));
    open_metrics.is_some_and(|open_metrics| open_metrics > 0 && open_metrics >= text.unwrap_or(0))
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
        for (accept, open_metrics) in [
            ("", false),
            ("*/*", false),
            ("text/html, */*;q=0.8", false),
            ("application/openmetrics-text", true),
            // Prometheus 2.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                true,
            ),
            ("text/plain;version=0.0.4;q=0.6, application/openmetrics-text; version=1.0.0 ;q=0.5", false),
            ("application/openmetrics-text;version=0.0.1", false),
            ("application/openmetrics-text;q=0", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(prefers_open_metrics(&headers), open_metrics, "{accept}");
        }
    }
}
