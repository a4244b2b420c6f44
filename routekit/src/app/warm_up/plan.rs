//! The pages that a warm-up requests, and the hosts that it requests them from.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
};

use http::{HeaderValue, uri::PathAndQuery};

use super::{
    spec::{Statement, WarmUpSpec},
    target,
};
use crate::{
    app::declared::DeclaredRoute,
    base::setup_problem::{self, SetupProblem},
    route::{Access, Audience, Method},
};

/// The pages and hosts of a warm-up. The requests also depend on the address that the app listens on.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct WarmUpPlan {
    /// The program's own pages come first: they matter most if time runs out.
    pages: Vec<PlannedPage>,
    hosts: Vec<HeaderValue>,
}

#[derive(Debug, Clone)]
struct PlannedPage {
    target: PathAndQuery,
    /// The host of a page that was given as a URL; `None` means all hosts.
    host: Option<HeaderValue>,
    source: PageSource,
}

/// Why a page is requested, from the first to the last request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PageSource {
    /// The program named it.
    Program,
    /// It was among the hottest pages of the last process.
    HotPages,
    /// Its route has no placeholders. It may need more than its path.
    Route,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Page {
    pub(super) target: PathAndQuery,
    pub(super) host: Option<HeaderValue>,
    pub(super) source: PageSource,
}

/// Checks the pages and hosts that the program names, and adds the cached routes.
///
/// A hand-written router does not list its paths. If the app has one, a page that no declared route serves is requested
/// too.
pub(in crate::app) fn plan(
    spec: &WarmUpSpec,
    routes: &[DeclaredRoute],
    has_hand_written: bool,
    problems: &mut Vec<SetupProblem>,
) -> WarmUpPlan {
    let mut plan = WarmUpPlan::default();
    let get_routes = GetRoutes::new(routes);
    for statement in &spec.pages {
        let page = target::page(&statement.text).and_then(|(host, target)| {
            Ok(get_routes.needs_request(&target, has_hand_written)?.then_some((target, host)))
        });
        match page {
            Ok(Some((target, host))) => plan.pages.push(PlannedPage { target, host, source: PageSource::Program }),
            Ok(None) => {}
            Err(reason) => problems.push(invalid("warm", statement, &reason)),
        }
    }
    for statement in &spec.hosts {
        match target::host(&statement.text, None) {
            Ok(host) => plan.hosts.push(host),
            Err(reason) => problems.push(invalid("warm_host", statement, reason)),
        }
    }
    let found = routes.iter().filter(|declared| is_shared(declared) && !declared.path.contains('{'));
    let found = found.filter_map(|declared| PathAndQuery::try_from(declared.path.as_str()).ok());
    plan.pages.extend(found.map(|target| PlannedPage { target, host: None, source: PageSource::Route }));
    plan
}

fn invalid(call: &str, statement: &Statement, reason: &str) -> SetupProblem {
    let Statement { text, location } = statement;
    let message = format!("`.{call}({text:?})` at {location}: {reason}");
    SetupProblem::new("invalid-warm-up", message).at(location.to_string())
}

impl WarmUpPlan {
    /// The requests of an app that listens on `addr`, without duplicates, and with the hot pages of the last process.
    pub(super) fn pages(&self, addr: Option<(SocketAddr, u16)>, hot: Vec<(HeaderValue, PathAndQuery)>) -> Vec<Page> {
        let hosts: Vec<Option<HeaderValue>> = match addr {
            _ if !self.hosts.is_empty() => self.hosts.iter().cloned().map(Some).collect(),
            Some((addr, usual_port)) => target::hosts_of(addr, usual_port).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let mut seen = HashSet::new();
        let mut pages = Vec::new();
        let hot = hot.into_iter().map(|(host, target)| {
            let (host, source) = (Some(host), PageSource::HotPages);
            PlannedPage { target, host, source }
        });
        let mut planned: Vec<PlannedPage> = self.pages.iter().cloned().chain(hot).collect();
        planned.sort_by_key(|page| page.source);
        for PlannedPage { target, host, source } in &planned {
            let own = host.clone().map(|host| vec![Some(host)]);
            for host in own.as_ref().unwrap_or(&hosts) {
                if seen.insert((target.clone(), host.clone())) {
                    pages.push(Page { target: target.clone(), host: host.clone(), source: *source });
                }
            }
        }
        pages
    }

    /// Whether the hosts are a guess: clients rarely reach an app that listens on all addresses as `localhost`.
    pub(super) fn guesses_hosts(&self, addr: Option<(SocketAddr, u16)>) -> bool {
        self.hosts.is_empty() && addr.is_some_and(|(addr, _)| addr.ip().is_unspecified())
    }
}

/// Whether the route is a GET route whose stored responses all clients share.
pub(super) fn is_shared(declared: &DeclaredRoute) -> bool {
    let Some(cache) = &*declared.policies.cache else { return false };
    declared.route.meta().method == Method::Get
        && cache.audience() != Some(Audience::User)
        && matches!(&*declared.policies.access, Access::Public | Access::Optional)
        // The response would be made without the headers of the client that gets it.
        && declared.unkeyed_part().is_none()
}

/// The GET routes by the paths that axum would match.
struct GetRoutes<'a> {
    matcher: matchit::Router<Option<&'a DeclaredRoute>>,
    routes: &'a [DeclaredRoute],
}

impl<'a> GetRoutes<'a> {
    fn new(routes: &'a [DeclaredRoute]) -> Self {
        // Paths without a GET route are included: they take precedence over a placeholder.
        let mut by_path = BTreeMap::<&str, Option<&DeclaredRoute>>::new();
        for declared in routes {
            let get = by_path.entry(&declared.path).or_default();
            if declared.route.meta().method == Method::Get {
                get.get_or_insert(declared);
            }
        }
        let mut matcher = matchit::Router::new();
        for (path, get) in by_path {
            // `route::check` reports paths that cannot be inserted.
            let _ = matcher.insert(path, get);
        }
        Self { matcher, routes }
    }

    /// Whether to request a page that the program named, or the reason why it cannot be warmed.
    fn needs_request(&self, target: &PathAndQuery, has_hand_written: bool) -> Result<bool, String> {
        let Some(declared) = self.matcher.at(target.path()).ok().and_then(|found| *found.value) else {
            if has_hand_written {
                return Ok(true);
            }
            let nearest = setup_problem::did_you_mean(setup_problem::nearest(target.path(), self.cached_paths()));
            return Err(format!("no GET route has this path{nearest}"));
        };
        if declared.policies.cache.is_some() {
            return Ok(true);
        }
        // The configuration of this deployment has switched the cache off, which is not a mistake of the program.
        if declared.route.meta().policies.cache.is_some() {
            return Ok(false);
        }
        // A literal path of a hand-written router takes precedence over a placeholder.
        if has_hand_written && declared.path.contains('{') {
            return Ok(true);
        }
        Err(format!("{} declares no `cache(…)`, so nothing would be stored", declared.label()))
    }

    fn cached_paths(&self) -> impl Iterator<Item = &'a str> {
        let get = self.routes.iter().filter(|declared| declared.route.meta().method == Method::Get);
        get.filter(|declared| declared.policies.cache.is_some()).map(|declared| declared.path.as_str())
    }
}
