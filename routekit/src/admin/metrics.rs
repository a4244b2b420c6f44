//! `/metrics`

use axum::{extract::State, response::IntoResponse};
use http::{HeaderValue, header};

use crate::{
    metrics::Exporter,
    problem::{Problem, Result},
};

/// Renders on a blocking thread, because rendering would hold up a worker.
pub(super) async fn render(State(exporter): State<Exporter>) -> Result<impl IntoResponse> {
    exporter.fetch().await;
    let text = tokio::task::spawn_blocking(move || exporter.render()).await.map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))], text))
}
