//! `/cache`

use axum::{
    Extension, Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::authorize::AdminChange;
use crate::{
    cache::{Cache, CacheStats, StoreError},
    problem::{Problem, Result},
};

/// Answers 200 even if the store cannot be reached: the statistics report it.
pub(super) async fn stats(State(cache): State<Cache>) -> Json<CacheStats> {
    Json(cache.stats().await)
}

/// The partition to invalidate in. Unknown parameters are rejected, so that a misspelt one does not invalidate another
/// partition.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartitionQuery {
    partition: Option<String>,
}

type PartitionResult = std::result::Result<Query<PartitionQuery>, QueryRejection>;
type PathName = std::result::Result<Path<String>, PathRejection>;

pub(super) async fn tag(State(cache): State<Cache>, tag: PathName, query: PartitionResult) -> Result<Response> {
    let (tag, partition) = (name(tag)?, partition(query)?);
    let done = of(&cache, partition.as_deref()).invalidate_tag(&tag).await;
    answer(done, format!("Cache invalidated for tag: {tag}"), partition)
}

/// Rejects a pattern that cannot match any path. Otherwise an operator would take it for one that matched nothing.
pub(super) async fn pattern(State(cache): State<Cache>, pattern: PathName, query: PartitionResult) -> Result<Response> {
    let (pattern, partition) = (name(pattern)?, partition(query)?);
    if !pattern.starts_with(['/', '*']) {
        let detail = "a pattern begins with `/` or `*`: `/cache/%2Fusers%2F*`, or `/cache//users/*`";
        return Err(Problem::unprocessable(detail));
    }
    let done = of(&cache, partition.as_deref()).invalidate_pattern(&pattern).await;
    answer(done, format!("Cache invalidated for pattern: {pattern}"), partition)
}

/// Clears the whole cache, or one partition.
pub(super) async fn clear(State(cache): State<Cache>, query: PartitionResult) -> Result<Response> {
    let partition = partition(query)?;
    let done = match &partition {
        Some(partition) => cache.partition(partition).invalidate_pattern("*").await,
        None => cache.clear().await,
    };
    answer(done, "Cache cleared".to_owned(), partition)
}

fn of(cache: &Cache, partition: Option<&str>) -> Cache {
    partition.map_or_else(|| cache.clone(), |partition| cache.partition(partition))
}

fn name(path: PathName) -> Result<String> {
    path.map(|Path(name)| name).map_err(|rejection| Problem::bad_request(rejection.body_text()))
}

fn partition(query: PartitionResult) -> Result<Option<String>> {
    let Query(query) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(query.partition)
}

fn answer(done: std::result::Result<(), StoreError>, what: String, partition: Option<String>) -> Result<Response> {
    done.map_err(|error| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("the cache's store cannot be reached: stored responses may still be served")
            .with_source(error)
    })?;
    let message = match partition {
        Some(partition) => format!("{what} (partition {partition})"),
        None => what,
    };
    // The path in the audit log does not contain the partition.
    let change = AdminChange { before: None, after: message.clone() };
    Ok((Extension(change), Json(json!({ "message": message }))).into_response())
}
