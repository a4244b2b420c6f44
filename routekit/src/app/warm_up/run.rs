//! Asks for the pages.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use http::header;
use tokio::task::JoinSet;
use tower_service::Service as _;
use tracing::Instrument as _;

use super::{
    plan::{Page, Plan},
    report::{Outcome, WarmUpReport},
};
use crate::{app::mount::AdminService, clock::Clock, observe::WantsCacheOutcome};

/// How many pages are asked for at a time: a start is no reason to overrun what the handlers ask in turn.
const AT_A_TIME: usize = 4;
/// How long it may take in all, after which the app is ready without what is missing.
const DEADLINE: Duration = Duration::from_secs(30);

/// Pages that are about to be asked for.
pub(crate) struct WarmUp {
    pages: Vec<Page>,
    guesses_hosts: bool,
    /// What stands around the app but for the watch: this is no traffic.
    service: AdminService,
    clock: Clock,
}

impl WarmUp {
    /// Of an app that listens there.
    pub(in crate::app) fn new(plan: &Plan, addr: Option<SocketAddr>, service: AdminService, clock: Clock) -> Self {
        Self { pages: plan.pages(addr), guesses_hosts: plan.guesses_hosts(addr), service, clock }
    }

    /// Whether there is nothing to ask for.
    pub(in crate::app) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Asks for all of them. Dropping this ends it: a fill goes on, as that of a client that left.
    pub(crate) async fn run(self) -> WarmUpReport {
        let Self { pages, guesses_hosts, service, clock } = self;
        let began = clock.now();
        let mut outcomes: Vec<Option<Outcome>> = pages.iter().map(|_| None).collect();
        let asking = async {
            // A task each, so that handlers that compute have all the processor there is; dropped, it ends them.
            let mut asked = JoinSet::new();
            let mut waiting = pages.iter().enumerate();
            loop {
                while asked.len() < AT_A_TIME
                    && let Some((index, page)) = waiting.next()
                {
                    let answer = ask(service.clone(), request(page));
                    asked.spawn(async move { (index, answer.await) }.instrument(tracing::info_span!("warm_up")));
                }
                match asked.join_next().await {
                    Some(Ok((index, response))) => outcomes[index] = Some(Outcome::of(&response)),
                    // A panic of what stands around everything. The page has no outcome, and the others go on.
                    Some(Err(error)) => tracing::error!(%error, "a page cannot be warmed"),
                    None => break,
                }
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, asking).await.is_ok();
        let missing = if in_time { "it broke off".to_owned() } else { format!("not answered within {DEADLINE:?}") };
        let pages = pages.into_iter().zip(outcomes);
        WarmUpReport::new(pages, &missing, clock.now() - began, guesses_hosts)
    }
}

/// As a client on this machine sends it who says nothing of itself.
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

/// The head of the answer. What is stored is so by then, and nobody reads a body that is not.
async fn ask(mut service: AdminService, request: Request) -> Response {
    // A router is always ready.
    match service.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
