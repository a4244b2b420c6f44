//! Checks everything an app was told, and builds its router.

use std::{
    collections::{BTreeMap, HashSet},
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
};

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use tower_layer::Layer;

use super::{
    breaker_metrics::GuardMetering,
    breaking,
    builder::{App, Configure},
    cache_metrics::CacheMetering,
    caching, check,
    hand_written::{self, Group},
    observers::Observers,
    recorder::{Metering, Scope},
    service::AppService,
    table::{RouteTable, TableRow},
    warm_up::{self, Plan, WarmUp},
};
use crate::{
    access_log::AccessLog,
    admin::{self, Admin, Operators},
    auth::{AuthLayer, VerifierContext, Verifiers},
    clock::Clock,
    config::{AdminAddr, Config},
    deps::Deps,
    health::{self, Readiness},
    metrics::{Exporter, HttpMetrics},
    observe::{RouteState, Routes as _},
    policy::{self, AroundAdmin, EffectivePolicies, RouterPolicies},
    route::{self, Access, Description, Reserved, Route, Selection, Wiring},
    sensitive_headers::SensitiveHeadersLayer,
    setting::{Origin, Setting},
    setup::{Error, SetupProblem},
    spawner::Spawner,
    watch::MatchedLayer,
};

/// An app that was checked.
pub(crate) struct Mounted {
    router: Router,
    /// The admin surface, unless it is served beside the routes or nowhere.
    admin: Option<Router>,
    clock: Clock,
    unmatched: Arc<RouteState>,
    sensitive_headers: SensitiveHeadersLayer,
    pub(crate) config: Config,
    pub(crate) readiness: Readiness,
    pub(crate) table: RouteTable,
    metering: Metering,
    cache_metering: Arc<CacheMetering>,
    pub(super) verifiers: Arc<Verifiers>,
    warm_up: Plan,
}

/// The admin surface with what stands around it.
pub(crate) type AdminService = AroundAdmin<Router>;

impl Mounted {
    /// The app and, if it is apart, the admin surface, as axum routers.
    pub(crate) fn into_routers(self) -> (Router, Option<Router>) {
        let around_admin = policy::around_admin(self.sensitive_headers.clone(), self.clock.clone());
        let around = policy::around_router(self.sensitive_headers, self.unmatched, self.clock);
        (self.router.layer(around), self.admin.map(|admin| admin.layer(around_admin)))
    }

    /// Not an axum router: layers around one are put around each of its routes, and again for every connection.
    pub(crate) fn service(&self) -> AppService {
        let unmatched = Arc::clone(&self.unmatched);
        let around = policy::around_router(self.sensitive_headers.clone(), unmatched, self.clock.clone());
        AppService(around.layer(self.router.clone()))
    }

    /// What a connection to the admin listener calls.
    pub(crate) fn admin_service(&self) -> Option<AdminService> {
        let admin = self.admin.as_ref()?;
        Some(policy::around_admin(self.sensitive_headers.clone(), self.clock.clone()).layer(admin.clone()))
    }

    /// The pages that an app asks itself for that listens there. What stands around it is what stands around the admin surface: it is
    /// nobody's traffic either.
    pub(crate) fn warm_up(&self, addr: Option<SocketAddr>) -> WarmUp {
        let around = policy::around_admin(self.sensitive_headers.clone(), self.clock.clone());
        WarmUp::new(&self.warm_up, addr, around.layer(self.router.clone()), self.clock.clone())
    }

    /// Makes the app's recorder the program's, if it has none.
    pub(super) fn install_recorder(&self) {
        self.metering.install();
    }

    /// What has to run beside the server for the metrics of the cache: to a recorder of the program's, nobody brings how a store elsewhere is.
    pub(super) fn run_cache_metering(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.metering.exporter().is_none().then(|| Arc::clone(&self.cache_metering).run())
    }

    /// The exporter, unless the program's own recorder keeps the metrics.
    pub(crate) fn exporter(&self) -> Option<&Exporter> {
        self.metering.exporter()
    }
}

/// What every app answers beside its routes.
const HEALTH: [Reserved; 2] = [
    Reserved { path: health::LIVE_PATH, what: "its liveness" },
    Reserved { path: health::READY_PATH, what: "its readiness" },
];

/// A route with everything that is known of it.
pub(super) struct Candidate {
    pub(super) route: Route,
    pub(super) path: String,
    pub(super) description: Description,
    pub(super) policies: EffectivePolicies,
}

impl Candidate {
    /// `GET /v2/users`
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.route.meta().method, self.path)
    }

    /// `GET /v2/users (src/users.rs:10)`
    pub(super) fn label(&self) -> String {
        format!("{} ({})", self.name(), self.route.meta().location)
    }
}

pub(super) fn mount(app: App, scope: Scope) -> Result<Mounted, Error> {
    let mut problems = Vec::new();
    let mut config = configuration(app.config, app.configure, scope, &mut problems);
    let known = problems.len();
    config.check(&mut problems);
    let sound = problems.len() == known;
    check::crates(&app.expected_crates, &mut problems);
    check::provided(&app.provided, &mut problems);
    let shared = app.cache.is_made();
    let cache = caching::configured(app.cache, &mut config, &mut problems).or(&app.clock, &spawner()).build();
    let mut deps = app.deps;
    deps.insert(Arc::new(cache.clone()));
    let prefix = check::prefix(&app.prefix, &mut problems);
    let access = default_access(app.require_auth);
    let mut candidates = candidates(&app.selection, prefix, &config, &access);
    let routes: Vec<String> = candidates.iter().map(Candidate::name).collect();
    check::overrides(&config, &routes, &mut problems);
    caching::overrides(&candidates, &config, &mut problems);
    let breakers = breaking::wire(&mut candidates, &app.breakers, &config, &app.clock, &mut problems);
    deps.insert(Arc::new(breakers.clone()));
    let deps = deps.build();
    caching::wire(&mut candidates, &mut problems);
    let partitions = caching::drops(&mut candidates, shared);
    let in_main = *config.admin_addr == AdminAddr::Main;
    let reserved: Vec<Reserved> = HEALTH.into_iter().chain(admin::PATHS.into_iter().filter(|_| in_main)).collect();
    let checked = candidates.iter().map(|c| (&c.route, c.path.as_str(), &c.description));
    route::check(checked, &reserved, &deps, &mut problems);
    let asked = candidates.iter().map(|c| (&c.route, c.path.as_str(), *c.policies.access, &c.description));
    check::access(&asked.collect::<Vec<_>>(), &app.verifiers, app.require_auth, &mut problems);
    check::admin_role(&config, &app.verifiers, &mut problems);
    check::operators(&config, app.require_auth, &mut problems);
    let warm_up = warm_up::plan(&app.warm_up, &candidates, !app.hand_written.is_empty(), &mut problems);

    let context = VerifierContext::new(app.clock.clone(), Spawner::new(|task| drop(tokio::spawn(task))));
    let verifiers = Arc::new(app.verifiers.started(&context));

    // Whatever else is wrong, the routers are tried as well, for which any recorder does.
    let scope = if sound && problems.is_empty() { scope } else { Scope::Alone };
    let buckets = if sound { &config.duration_buckets } else { &Config::default().duration_buckets };
    let metering = Metering::choose(scope, buckets);
    let access_log = AccessLog::new(*config.access_log);
    let metrics = HttpMetrics::new(metering.recorder()).slow(*config.slow);
    let observers = Observers { metrics, access_log: access_log.clone(), more: app.observers };
    let sensitive_headers =
        SensitiveHeadersLayer::new().and(verifiers.sensitive_headers()).and(config.sensitive_headers.to_vec());
    let router_policies = RouterPolicies {
        access_log: config.access_log.clone(),
        sensitive_headers: Setting::new(sensitive_headers.clone(), config.sensitive_headers.origin().clone()),
    };
    let rows = candidates.iter().map(|c| TableRow::new(&c.route, c.path.clone(), c.policies.clone(), &c.description));
    let mut warnings = caching::warnings(&candidates, prefix);
    warnings.extend(breaking::warnings(&candidates));
    let table = RouteTable::new(rows.collect(), router_policies, warnings);
    let admin = Admin {
        exporter: metering.exporter().cloned(),
        routes: table.explanations().collect(),
        cache: cache.clone(),
        breakers: breakers.clone(),
        readiness: app.readiness.clone(),
        access_log,
        operators: Operators {
            token: (*config.admin_token).clone(),
            role: (*config.admin_role).clone(),
            verifiers: Arc::clone(&verifiers),
        },
        closed: app.require_auth && in_main,
    };
    let admin = admin.router();

    // Has each route of a router say which it is.
    let matched = MatchedLayer::per_route(observers.clone());
    let own = |label: &str, router: Router| Group { label: label.to_owned(), router: router.layer(matched.clone()) };
    let shared = policy::RouteContext {
        verifiers: Arc::clone(&verifiers),
        cache: cache.clone(),
        cache_debug_headers: *config.cache_debug_headers,
        partitions,
        prefix: prefix.to_owned(),
    };
    let mut groups = groups(&candidates, &deps, &shared, &observers);
    groups.push(own("routekit's own /health", health_router(&app.readiness)));
    if in_main {
        groups.push(own("routekit's own admin surface", admin.clone()));
    }
    let auth = AuthLayer::new(*access, Arc::clone(&verifiers)).observer(observers.unmatched());
    let hand_written = app.hand_written.into_iter().map(|added| added.layer(matched.clone(), &auth));
    let hand_written: Vec<_> = hand_written.collect();
    let mut router = hand_written::combine(groups, &hand_written, &mut problems);
    if !problems.is_empty() {
        return Err(Error::new(problems));
    }
    // Not before everything is right: who made the cache may mount another app with it.
    app.listeners.into_iter().for_each(|listener| cache.listen(listener));
    let cache_metering = CacheMetering::new(&cache, metering.recorder(), &candidates);
    metering.add("routekit-cache", cache_metering.clone());
    metering.add("routekit-breakers", GuardMetering::new(&breakers, metering.recorder(), &candidates));
    for layer in app.layers {
        router = layer(router);
    }
    Ok(Mounted {
        // Turns hand-written handlers into services here, once; else axum does it for every request, layers included.
        router: router.with_state(()),
        admin: matches!(*config.admin_addr, AdminAddr::Own(_)).then(|| admin.with_state(())),
        clock: app.clock,
        unmatched: observers.unmatched(),
        sensitive_headers,
        readiness: app.readiness,
        table,
        metering,
        cache_metering,
        verifiers,
        warm_up: if *config.cache_warm_up { warm_up } else { Plan::default() },
        config,
    })
}

/// Finishes what clients that left have begun, on the runtime that is there. Where none is any more, a task is dropped, which
/// ends it as well.
fn spawner() -> Spawner {
    Spawner::new(|task| {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(task));
        }
    })
}

/// What the program gave, or what the process is told, and what the program changes of it.
fn configuration(
    given: Option<Config>,
    changes: Vec<Configure>,
    scope: Scope,
    problems: &mut Vec<SetupProblem>,
) -> Config {
    let told = || match scope {
        Scope::Alone => Config::default(),
        Scope::Program => Config::load().unwrap_or_else(|error| {
            problems.extend(error.into_problems());
            Config::default()
        }),
    };
    let mut config = given.unwrap_or_else(told);
    for change in changes {
        change(&mut config);
    }
    config
}

/// Who may call a route that does not say it.
fn default_access(require_auth: bool) -> Setting<Access> {
    if require_auth { Setting::new(Access::Identified(&[]), Origin::Code) } else { Setting::default_to(Access::Public) }
}

fn candidates(selection: &Selection, prefix: &str, config: &Config, access: &Setting<Access>) -> Vec<Candidate> {
    let candidate = |route: Route| {
        let path = full_path(prefix, route.meta().path);
        let overrides = config.routes.get(&format!("{} {path}", route.meta().method));
        let policies = EffectivePolicies::new(route.meta().policies, overrides, config, access);
        Candidate { route, path, description: route.describe(), policies }
    };
    route::select(selection).into_iter().map(candidate).collect()
}

fn health_router(readiness: &Readiness) -> Router {
    Router::new()
        .route(health::LIVE_PATH, get(health::live))
        .route(health::READY_PATH, get(health::ready).with_state(readiness.clone()))
}

fn full_path(prefix: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    }
}

/// The routes by path, each as a router of its own.
fn groups(candidates: &[Candidate], deps: &Deps, shared: &policy::RouteContext, observers: &Observers) -> Vec<Group> {
    let wiring = Wiring::new(deps.clone());
    let mut by_path: BTreeMap<&str, (Vec<String>, MethodRouter)> = BTreeMap::new();
    let mut seen = HashSet::new();
    for Candidate { route, path, description, policies } in candidates {
        let meta = route.meta();
        if !seen.insert((path, meta.method)) {
            // A duplicate, which has been reported; axum would panic.
            continue;
        }
        let state = observers.of_declared(path, meta.method, policies, description);
        let (labels, methods) = by_path.entry(path).or_insert_with(|| {
            // Around the 405 of the path.
            (Vec::new(), MethodRouter::<(), Infallible>::new().layer(MatchedLayer::new(observers.route(path))))
        });
        labels.push(format!("{} {path} ({})", meta.method, meta.location));
        let fallback = policies.breaker.and_then(|breaking| breaking.fallback).map(|it| it.endpoint(&wiring));
        let (place, endpoints) = ((meta.method, path.as_str()), (route.endpoint(&wiring), fallback));
        *methods = policy::add_route(std::mem::take(methods), policies, shared, place, &state, endpoints);
    }
    let routes = by_path.into_iter();
    routes
        .map(|(path, (labels, methods))| Group { label: labels.join(", "), router: Router::new().route(path, methods) })
        .collect()
}
