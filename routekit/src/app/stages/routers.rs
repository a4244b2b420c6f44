//! The routers of the declared routes and of routekit's own endpoints, one for each path.

use std::{
    collections::{BTreeMap, HashSet},
    convert::Infallible,
};

use axum::{Router, extract::Request, routing::MethodRouter};
use http::StatusCode;
use tower::service_fn;

use super::{configure::Configured, declare::Declared, wire::Wired};
#[cfg(feature = "telemetry")]
use crate::admin::LogAdmin;
use crate::{
    access_log::AccessLog,
    admin::{Admin, Operators, RouteList, WrongTokens},
    alerts::Alerts,
    app::{declared::DeclaredRoute, documentation, hand_written::Group, metering::observers::Observers},
    auth::Verifiers,
    base::clock::Clock,
    breaker::{BreakerCommands, Fallbacks},
    config::{AdminAddr, ServeOpenApi},
    deps::Deps,
    health::{self, HealthMonitor},
    observe::RouteObservers as _,
    policy,
    route::Wiring,
    watch::RouteLabelLayer,
};

pub(super) const HEALTH_LABEL: &str = "routekit's own /health";
pub(super) const ADMIN_LABEL: &str = "routekit's own admin surface";
pub(super) const DOCUMENTATION_LABEL: &str = "routekit's own documentation";

/// The routers of the declared routes, with their policies.
pub(super) fn groups(
    declared: &Declared,
    (deps, problems_for_all): (&Deps, bool),
    shared: &policy::RouteContext,
    observers: &Observers,
) -> Vec<Group> {
    let wiring = Wiring::new(deps.clone(), problems_for_all);
    // The layer also wraps the 405 response of the path.
    let empty = |path: &str| MethodRouter::<(), Infallible>::new().layer(RouteLabelLayer::new(observers.route(path)));
    by_path(&declared.routes, empty, |methods, declared| {
        let DeclaredRoute { route, path, policies, .. } = declared;
        let method = route.meta().method;
        let state = observers.of_declared(declared);
        let fallbacks = policies.breaker.map(|breaker| Fallbacks::of(&breaker, &wiring)).unwrap_or_default();
        let endpoints = (route.endpoint(&wiring), fallbacks);
        policy::add_route((methods, declared.served()), policies, shared, (method, path), &state, endpoints)
    })
}

/// Routers with the same paths and methods as those of [`groups`] and `assemble`, but without side effects. They show
/// whether hand-written routers conflict with them.
pub(super) fn trial_groups(configured: &Configured, wired: &Wired, monitor: &HealthMonitor) -> Vec<Group> {
    let mut matcher = matchit::Router::new();
    // `route::check` reports paths that conflict. axum would panic.
    let fitting = |declared: &DeclaredRoute| match matcher.insert(&*declared.path, ()) {
        Ok(()) => true,
        Err(matchit::InsertError::Conflict { with }) => with == declared.path,
        Err(_) => false,
    };
    let mut fitting = fitting;
    let routes: Vec<&DeclaredRoute> = wired.declared.routes.iter().filter(|declared| fitting(declared)).collect();
    let mut groups = by_path(
        routes,
        |_| MethodRouter::new(),
        |methods, declared| {
            let answer = service_fn(|_: Request| std::future::ready(Ok::<_, Infallible>(StatusCode::OK)));
            declared.served().add(methods, answer)
        },
    );
    let (documentation, serve) = (documentation::trial_router(), *configured.config.openapi_serve);
    groups.push(Group { label: HEALTH_LABEL.to_owned(), router: health::for_clients(monitor) });
    if *configured.config.admin_addr == AdminAddr::Main {
        let admin = Admin {
            #[cfg(feature = "prometheus")]
            exporter: wired.metering.exporter().cloned(),
            metrics: wired.metrics.clone(),
            routes: RouteList::new(Vec::new),
            cache: configured.cache.clone(),
            breakers: BreakerCommands::of_process(wired.breakers.clone()),
            health: monitor.clone(),
            explained: None,
            access_log: AccessLog::new(*configured.config.access_log),
            alerts: Alerts::new(),
            #[cfg(feature = "telemetry")]
            log: LogAdmin::new(Clock::system()),
            operators: Operators {
                token: (*configured.config.admin_token).clone(),
                role: (*configured.config.admin_role).clone(),
                verifiers: Verifiers::new().into(),
                wrong_tokens: WrongTokens::new(Clock::system()),
                csrf: None,
            },
            live: None,
            documentation: documentation.clone().filter(|_| serve == ServeOpenApi::Admin),
            closed: false,
        };
        groups.push(Group { label: ADMIN_LABEL.to_owned(), router: admin.router() });
    }
    if let Some(router) = documentation.filter(|_| serve == ServeOpenApi::Main) {
        groups.push(Group { label: DOCUMENTATION_LABEL.to_owned(), router });
    }
    groups
}

/// Groups the routes by path, each path as a router of its own. A duplicate, which `route::check` reports, is skipped:
/// axum would panic.
fn by_path<'a>(
    routes: impl IntoIterator<Item = &'a DeclaredRoute>,
    empty: impl Fn(&str) -> MethodRouter,
    mut add: impl FnMut(MethodRouter, &DeclaredRoute) -> MethodRouter,
) -> Vec<Group> {
    let mut by_path: BTreeMap<&str, (Vec<String>, MethodRouter)> = BTreeMap::new();
    let mut seen = HashSet::new();
    for declared in routes {
        if !seen.insert((&declared.path, declared.route.meta().method)) {
            continue;
        }
        let path = by_path.entry(&declared.path);
        let (labels, methods) = path.or_insert_with(|| (Vec::new(), empty(&declared.path)));
        labels.push(declared.label());
        *methods = add(std::mem::take(methods), declared);
    }
    let groups = by_path.into_iter();
    groups
        .map(|(path, (labels, methods))| Group { label: labels.join(", "), router: Router::new().route(path, methods) })
        .collect()
}
