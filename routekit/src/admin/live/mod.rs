//! `/`: the live page.
//!
//! One document with its style and its script inside. The `Content-Security-Policy` allows only these, by their hashes,
//! and requests to the admin surface itself.

mod event_body;
mod snapshot;

use std::sync::{Arc, LazyLock};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use tokio::sync::Semaphore;

use self::event_body::EventBody;
pub(crate) use self::snapshot::LiveSource;
use crate::{
    base::html_page,
    problem::{Problem, Result},
};

const PAGE: &str = include_str!("page.html");

/// How many streams are open at most.
const STREAMS: usize = 16;

/// The headers of the page.
static HEADERS: LazyLock<[(header::HeaderName, HeaderValue); 5]> = LazyLock::new(|| {
    let script = html_page::hash(inside("script"));
    let more = format!(
        "script-src 'sha256-{script}'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; "
    );
    html_page::headers(&format!("'sha256-{}'", html_page::hash(inside("style"))), &more)
});

/// What the live page shows, and the streams that are open.
#[derive(Debug, Clone)]
pub(super) struct LivePage {
    source: Arc<LiveSource>,
    streams: Arc<Semaphore>,
}

impl LivePage {
    pub(super) fn new(source: LiveSource) -> Self {
        Self { source: Arc::new(source), streams: Arc::new(Semaphore::new(STREAMS)) }
    }
}

pub(super) async fn page() -> impl IntoResponse {
    (HEADERS.clone(), PAGE)
}

/// A stream of server-sent events, one every two seconds. It ends when the app closes.
pub(super) async fn events(State(live): State<LivePage>) -> Result<Response> {
    let Ok(permit) = Arc::clone(&live.streams).try_acquire_owned() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("too many live pages are open: close one, or try again later")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("10")));
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(EventBody::new(live.source, permit))).into_response())
}

/// The text of the only element with this tag.
fn inside(tag: &str) -> &'static str {
    let (_, after) = PAGE.split_once(&format!("<{tag}>")).expect("the page has this element");
    after.split_once(&format!("</{tag}>")).expect("the element ends").0
}
