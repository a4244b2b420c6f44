//! Checks everything an app was told, and builds its router.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Router,
    extract::State,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use http::{HeaderValue, header};
use tower_layer::Layer;

use super::{
    builder::{App, Provided},
    hand_written::{self, Group},
    table::{RouteTable, TableRow},
};
use crate::{
    catch_panic::CatchPanic,
    clock::Clock,
    correlation::Correlation,
    deps::Deps,
    health,
    metrics::{Exporter, RouteMetrics},
    policy,
    problem::Problem,
    route::{self, Description, Reserved, Route, Selection, Wiring},
    setup::{Error, SetupProblem},
};

/// An app that was checked.
pub(crate) struct Mounted {
    router: Router,
    clock: Clock,
    pub(crate) table: RouteTable,
    pub(crate) exporter: Exporter,
}

/// The router with what stands around it: what a connection calls.
pub(crate) type Service = Correlation<CatchPanic<Router>>;

impl Mounted {
    pub(crate) fn into_router(self) -> Router {
        self.router.layer(policy::around_router(self.clock))
    }

    /// Not an axum router: layers around one are put around each of its routes, and again for every connection.
    pub(crate) fn service(&self) -> Service {
        policy::around_router(self.clock.clone()).layer(self.router.clone())
    }
}

const METRICS_PATH: &str = "/metrics";
const RESERVED: [Reserved; 2] =
    [Reserved { path: health::LIVE_PATH, what: "its liveness" }, Reserved { path: METRICS_PATH, what: "its metrics" }];

/// A route with everything that is known of it.
struct Candidate {
    route: Route,
    path: String,
    description: Description,
}

pub(super) fn mount(app: App) -> Result<Mounted, Error> {
    let mut problems = Vec::new();
    check_crates(&app.expected_crates, &mut problems);
    check_provided(&app.provided, &mut problems);
    let deps = app.deps.build();
    let prefix = match check_prefix(&app.prefix) {
        Ok(prefix) => prefix,
        Err(problem) => {
            problems.push(problem);
            ""
        }
    };

    let candidates: Vec<Candidate> = route::select(&app.selection)
        .into_iter()
        .map(|route| Candidate { route, path: full_path(prefix, route.meta().path), description: route.describe() })
        .collect();
    let checked = candidates.iter().map(|c| (&c.route, c.path.as_str(), &c.description));
    route::check(checked, &RESERVED, &deps, &mut problems);

    let exporter = Exporter::new();
    let groups = groups(&candidates, &deps, &exporter, &app.clock);
    let mut router = hand_written::combine(groups, &app.hand_written, &mut problems);
    if !problems.is_empty() {
        return Err(Error::new(problems));
    }
    for layer in app.layers {
        router = layer(router);
    }
    // Turns hand-written handlers into services here, once; else axum does it for every request, layers included.
    let router = router.with_state(());
    let table =
        RouteTable::new(candidates.into_iter().map(|c| TableRow::new(&c.route, c.path, c.description)).collect());
    Ok(Mounted { router, clock: app.clock, table, exporter })
}

fn check_crates(expected: &[String], problems: &mut Vec<SetupProblem>) {
    let mut linked: Vec<&str> =
        route::select(&Selection::Linked).iter().map(|route| route.meta().location.crate_name()).collect();
    linked.sort_unstable();
    linked.dedup();
    for name in expected {
        if !linked.iter().any(|linked| route::is_crate(name, linked)) {
            problems.push(SetupProblem::MissingCrate {
                name: name.clone(),
                linked: linked.iter().map(|name| (*name).to_owned()).collect(),
            });
        }
    }
}

fn check_provided(provided: &[Provided], problems: &mut Vec<SetupProblem>) {
    let mut by_type: HashMap<_, Vec<&Provided>> = HashMap::new();
    for one in provided {
        by_type.entry(one.type_id).or_default().push(one);
    }
    let mut twice: Vec<_> = by_type.into_values().filter(|all| all.len() > 1).collect();
    twice.sort_by_key(|all| all[0].location);
    problems.extend(twice.iter().map(|all| SetupProblem::ProvidedTwice {
        type_name: all[0].type_name,
        locations: all.iter().map(|one| one.location.to_string()).collect(),
    }));
}

/// The prefix without a trailing slash.
fn check_prefix(prefix: &str) -> Result<&str, SetupProblem> {
    let trimmed = prefix.trim_end_matches('/');
    let reason = if trimmed.is_empty() {
        return Ok("");
    } else if !trimmed.starts_with('/') {
        "must start with `/`"
    } else if trimmed.contains(['{', '}', '*', ':', '?', '#']) || trimmed.contains(char::is_whitespace) {
        "must be a plain path without placeholders; nest the app's router for those"
    } else {
        return Ok(trimmed);
    };
    Err(SetupProblem::InvalidPrefix { prefix: prefix.to_owned(), reason })
}

fn full_path(prefix: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    }
}

/// The routes by path, each as a router of its own, and the app's own endpoints.
fn groups(candidates: &[Candidate], deps: &Deps, exporter: &Exporter, clock: &Clock) -> Vec<Group> {
    let wiring = Wiring::new(deps.clone());
    let mut by_path: BTreeMap<&str, (Vec<String>, MethodRouter)> = BTreeMap::new();
    let mut metrics: HashMap<&str, Arc<RouteMetrics>> = HashMap::new();
    let mut seen = HashSet::new();
    for Candidate { route, path, .. } in candidates {
        let meta = route.meta();
        if !seen.insert((path, meta.method)) {
            // A duplicate, which has been reported; axum would panic.
            continue;
        }
        let metrics =
            metrics.entry(path).or_insert_with(|| Arc::new(RouteMetrics::new(exporter.recorder(), path.clone())));
        let stack = policy::around_endpoint(
            policy::effective(meta.policies),
            Arc::clone(metrics),
            clock.clone(),
            route.endpoint(&wiring),
        );
        let (labels, methods) = by_path.entry(path).or_default();
        labels.push(format!("{} {path} ({})", meta.method, meta.location));
        *methods = std::mem::take(methods).on_service(meta.method.filter(), stack);
    }
    let routes = by_path.into_iter().map(|(path, (labels, methods))| Group {
        label: labels.join(", "),
        router: Router::new().route(path, methods),
    });
    let metrics = get(render_metrics).with_state(exporter.clone());
    let own = [(health::LIVE_PATH, get(health::live)), (METRICS_PATH, metrics)];
    let own = own.into_iter().map(|(path, methods)| Group {
        label: format!("routekit's own {path}"),
        router: Router::new().route(path, methods),
    });
    routes.chain(own).collect()
}

/// `GET /metrics`. Rendering is work, so it is done off the async workers.
async fn render_metrics(State(exporter): State<Exporter>) -> crate::problem::Result<impl IntoResponse> {
    let text = tokio::task::spawn_blocking(move || exporter.render()).await.map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))], text))
}
