//! Requests the pages.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use http::header;
use tokio::task::JoinSet;
use tower_service::Service as _;
use tracing::Instrument as _;

use super::{
    hot_pages::HotPages,
    plan::{Page, WarmUpPlan},
    report::{PageOutcome, WarmUpReport},
};
use crate::{base::clock::Clock, observe::WantsCacheOutcome, policy::AroundRouter};

/// How many pages are requested at a time. A start must not overload the dependencies of the handlers.
const AT_A_TIME: usize = 4;
/// How long the warm-up may take. After that the app is ready without the remaining pages.
const DEADLINE: Duration = Duration::from_secs(30);

/// A warm-up that is about to run.
pub(crate) struct WarmUp {
    pages: Vec<Page>,
    guesses_hosts: bool,
    /// The app with the layers around it, except for the one that counts and logs traffic.
    service: WarmUpService,
    clock: Clock,
}

type WarmUpService = AroundRouter<Router>;

impl WarmUp {
    /// The warm-up of an app that listens on `addr`, an address with the usual port of its scheme.
    pub(in crate::app) fn new(
        (plan, hot): (&WarmUpPlan, Option<&HotPages>),
        addr: Option<(SocketAddr, u16)>,
        service: WarmUpService,
        clock: Clock,
    ) -> Self {
        let hot = hot.map(HotPages::read).unwrap_or_default();
        Self { pages: plan.pages(addr, hot), guesses_hosts: plan.guesses_hosts(addr), service, clock }
    }

    /// Whether there is no page to request.
    pub(in crate::app) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Requests all pages. Dropping the future ends the warm-up; handlers that fill the cache run to their end, as they
    /// do if a client disconnects.
    pub(crate) async fn run(self) -> WarmUpReport {
        let Self { pages, guesses_hosts, service, clock } = self;
        let began = clock.now();
        let mut outcomes: Vec<Option<PageOutcome>> = pages.iter().map(|_| None).collect();
        let requests = async {
            // Each page has its own task, so that CPU-bound handlers use all cores. Dropping the set ends them.
            let mut running = JoinSet::new();
            let mut waiting = pages.iter().enumerate();
            loop {
                while running.len() < AT_A_TIME
                    && let Some((index, page)) = waiting.next()
                {
                    let response = send(service.clone(), request(page));
                    running.spawn(async move { (index, response.await) }.instrument(tracing::info_span!("warm_up")));
                }
                match running.join_next().await {
                    Some(Ok((index, response))) => outcomes[index] = Some(PageOutcome::of(&response)),
                    // An outer layer panicked. The page has no outcome; the others go on.
                    Some(Err(error)) => tracing::error!(%error, "a page cannot be warmed"),
                    None => break,
                }
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, requests).await.is_ok();
        let missing =
            if in_time { "the request was aborted".to_owned() } else { format!("not answered within {DEADLINE:?}") };
        let pages = pages.into_iter().zip(outcomes);
        WarmUpReport::new(pages, &missing, clock.now() - began, guesses_hosts)
    }
}

/// The request of a client on this machine that sends no header but `Host`.
fn request(page: &Page) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = page.target.clone().into();
    if let Some(host) = &page.host {
        request.headers_mut().insert(header::HOST, host.clone());
    }
    request.extensions_mut().insert(WantsCacheOutcome);
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
    request
}

/// Returns the head of the response. The cache has stored the response by then; a body that is not stored is not read.
async fn send(mut service: WarmUpService, request: Request) -> Response {
    // An app service is always ready.
    match service.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
