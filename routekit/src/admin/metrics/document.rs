//! `/metrics` as JSON.

use axum::Json;

use crate::{
    performance::{Metrics, MetricsDocument},
    problem::{Problem, Result},
    statistics::RouteStatistics,
};

/// All figures, with all routes or only this one.
pub(super) async fn show(metrics: &Metrics, route: Option<&str>) -> Result<Json<MetricsDocument>> {
    let mut document = metrics.document().await;
    if let Some(key) = route {
        let is_it = |route: &RouteStatistics| {
            let name = route.path.as_ref().map(|path| format!("{} {path}", route.method));
            route.route_key == key || name.as_deref() == Some(key)
        };
        document.routes.retain(is_it);
        if document.routes.is_empty() {
            let detail =
                "the parameter `route` names no route; the keys are the `routeKey` of all routes in this document";
            return Err(Problem::not_found(detail));
        }
    }
    Ok(Json(document))
}
