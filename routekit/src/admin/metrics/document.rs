//! `/metrics` as JSON.

use axum::Json;

use crate::{
    performance::{Metrics, MetricsDocument},
    problem::{Problem, Result},
};

/// All figures, or those of one route and of all else.
pub(super) async fn show(metrics: &Metrics, route: Option<&str>) -> Result<Json<MetricsDocument>> {
    let mut document = metrics.document().await;
    if let Some(key) = route {
        document.routes.retain(|route| route.route_key == key);
        if document.routes.is_empty() {
            let detail =
                "the parameter `route` names no route; the keys are the `routeKey` of all routes in this document";
            return Err(Problem::not_found(detail));
        }
    }
    Ok(Json(document))
}
