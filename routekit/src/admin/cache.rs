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

use super::authorize::Change;
use crate::{
    cache::{Cache, CacheStats, StoreError},
    problem::{Problem, Result},
};

/// 200 also where the store cannot be reached, which is part of what it says.
pub(super) async fn stats(State(cache): State<Cache>) -> Json<CacheStats> {
    Json(cache.stats().await)
}

/// Where something is to be invalid. A name that is spelt wrong must not mean everywhere else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Where {
    partition: Option<String>,
}

type Within = std::result::Result<Query<Where>, QueryRejection>;
type Named = std::result::Result<Path<String>, PathRejection>;

pub(super) async fn tag(State(cache): State<Cache>, tag: Named, within: Within) -> Result<Response> {
    let (tag, partition) = (name(tag)?, partition(within)?);
    let done = of(&cache, partition.as_deref()).invalidate_tag(&tag).await;
    answer(done, format!("Cache invalidated for tag: {tag}"), partition)
}

/// One that no path could fit is a mistake, and not to be taken for one that fitted nothing.
pub(super) async fn pattern(State(cache): State<Cache>, pattern: Named, within: Within) -> Result<Response> {
    let (pattern, partition) = (name(pattern)?, partition(within)?);
    if !pattern.starts_with(['/', '*']) {
        let detail = "a pattern begins with `/` or `*`: `/cache/%2Fusers%2F*`, or `/cache//users/*`";
        return Err(Problem::unprocessable(detail));
    }
    let done = of(&cache, partition.as_deref()).invalidate_pattern(&pattern).await;
    answer(done, format!("Cache invalidated for pattern: {pattern}"), partition)
}

/// Everything, or all of a partition.
pub(super) async fn clear(State(cache): State<Cache>, within: Within) -> Result<Response> {
    let partition = partition(within)?;
    let done = match &partition {
        Some(partition) => cache.partition(partition).invalidate_pattern("*").await,
        None => cache.clear().await,
    };
    answer(done, "Cache cleared".to_owned(), partition)
}

fn of(cache: &Cache, partition: Option<&str>) -> Cache {
    partition.map_or_else(|| cache.clone(), |partition| cache.partition(partition))
}

fn name(named: Named) -> Result<String> {
    named.map(|Path(name)| name).map_err(|rejection| Problem::bad_request(rejection.body_text()))
}

fn partition(within: Within) -> Result<Option<String>> {
    let Query(within) = within.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(within.partition)
}

fn answer(done: std::result::Result<(), StoreError>, what: String, partition: Option<String>) -> Result<Response> {
    done.map_err(|error| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("the cache's store cannot be reached: what was to be invalid may still be given out")
            .with_source(error)
    })?;
    let message = match partition {
        Some(partition) => format!("{what} (partition {partition})"),
        None => what,
    };
    // The log has the path already, but not the partition.
    let change = Change { before: None, after: message.clone() };
    Ok((Extension(change), Json(json!({ "message": message }))).into_response())
}
