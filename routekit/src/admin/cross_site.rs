//! Refuses the requests that a browser sends for a page of another site.
//!
//! Such a page cannot read the responses, but its requests could use up the streams of the live page. A browser says in
//! `Sec-Fetch-Site` where a request comes from (W3C Fetch Metadata), and a page cannot change that.

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};

use crate::problem::Problem;

/// Rejects requests to `router` that a page of another site makes, except links to it.
pub(crate) fn without_cross_site(router: Router) -> Router {
    router.layer(from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    if is_refused(request.headers()) {
        let problem = Problem::new(StatusCode::FORBIDDEN);
        return problem.with_detail("the admin surface does not answer pages of other sites").into_response();
    }
    next.run(request).await
}

/// A link navigates a tab to a document. A frame navigates, too, but a page can open many without a click.
fn is_refused(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    let is_link = is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
    is("sec-fetch-site", "cross-site") && !is_link
}
