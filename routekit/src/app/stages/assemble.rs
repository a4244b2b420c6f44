//! The last stage: routers, observers and metrics of a checked app.

use std::sync::Arc;

use axum::Router;
use parking_lot::Mutex;

use super::{check::Checked, configure::Configured, declare::Declared, edge, routers, warnings, wire::Wired};
#[cfg(feature = "telemetry")]
use crate::admin::LogAdmin;
#[cfg(feature = "otlp")]
use crate::app::metering::spans::SpanMetering;
use crate::{
    access_log::AccessLog,
    admin::{Admin, LiveSource, Operators, RouteList, WrongTokens},
    alerts::AlertSettings,
    app::{
        documentation, environment,
        hand_written::{self, Group},
        metering::{
            cache::CacheMetering, guards::GuardMetering, health::HealthMetering, observers::Observers,
            system::SystemMetering,
        },
        monitoring::{AlertMonitor, FigureSources, RouteRules},
        mounted::Mounted,
        rules_and_board,
        spec::ProgramSpec,
        table::{ApiFacts, RouteTable, TableRow},
        warm_up::{HotPages, WarmUpPlan},
    },
    auth::{AuthLayer, VerifierContext},
    base::{program_log, setting::Setting, spawner::Spawner},
    config::{AdminAddr, Config, ServeOpenApi},
    explained::ExplainedRequests,
    health,
    metrics::{AlertMetrics, HttpMetrics},
    observe::RouteObservers as _,
    policy::{self, RouterPolicies},
    prometheus::MonitoringFacts,
    rate_limit::RateLimitSetup,
    sensitive_headers::SensitiveHeadersLayer,
    watch::RouteLabelLayer,
};

/// Builds the app. It has passed all checks, so this cannot fail.
pub(super) fn assemble(checked: Checked) -> Mounted {
    let Checked { configured, wired, program, warm_up, health } = checked;
    let Configured { config, cache, redis, system, background_work, certificate, .. } = configured;
    let Wired { declared, breakers, partitions, metering, statistics, metrics: figures, deps, .. } = wired;
    let ProgramSpec {
        verifiers,
        hand_written,
        layers,
        observers,
        listeners,
        readiness,
        alerts,
        alert_hooks,
        shutdown,
        shutdown_hooks,
        clock,
        problems,
        problems_for_all,
        api_info,
        ..
    } = program;

    program_log::add_names(environment::program_name().as_deref());
    program_log::add_names(declared.routes.iter().map(|declared| declared.route.meta().location.crate_name()));
    let context = VerifierContext::new(clock.clone(), Spawner::tokio());
    let verifiers = Arc::new(verifiers.started(&context));
    let access_log = AccessLog::new(*config.access_log);
    #[cfg(feature = "prometheus")]
    let metrics = match metering.exporter() {
        Some(exporter) => HttpMetrics::of_exporter(exporter),
        None => HttpMetrics::new(metering.recorder()),
    };
    #[cfg(not(feature = "prometheus"))]
    let metrics = HttpMetrics::new(metering.recorder());
    let metrics = metrics.slow(*config.slow);
    let explained = ExplainedRequests::new(*config.explain_requests, clock.clone());
    let observers = Observers {
        metrics,
        statistics: statistics.clone(),
        access_log: access_log.clone(),
        explained: explained.clone(),
        slow: *config.slow,
        more: observers,
    };
    let sensitive_headers =
        SensitiveHeadersLayer::new().and(verifiers.sensitive_headers()).and(config.sensitive_headers.to_vec());
    let router_policies = RouterPolicies {
        access_log: config.access_log.clone(),
        sensitive_headers: Setting::new(sensitive_headers.clone(), config.sensitive_headers.origin().clone()),
        cors: config.cors_origins.clone(),
        cors_credentials: config.cors_credentials.clone(),
        csrf: config.csrf_enabled.clone(),
        csrf_origins: config.csrf_origins.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        compression: config.compression_enabled.clone(),
        decompression: decompression(&config),
    };
    let csrf = edge::csrf(&config, &clock);
    let breaker_commands = redis.breaker_commands(breakers.clone(), &config, &clock, background_work.spawner());
    let facts = documentation::facts(api_info, (&config, &declared.routes), &verifiers, problems.is_some());
    let parts = (breakers.iter().next().is_some(), !cache.is_embedded(), !health.is_empty());
    let title = documentation::title(&facts);
    let monitoring = rules_and_board::facts(title, (&config, &declared.routes), parts);
    let facts = (facts, monitoring);
    let table = table(&declared, router_policies, config.unread_app_settings(), facts);
    let in_main = *config.admin_addr == AdminAddr::Main;
    let in_app = *config.openapi_serve == ServeOpenApi::Main;
    let admin = Admin {
        #[cfg(feature = "prometheus")]
        exporter: metering.exporter().cloned(),
        metrics: figures.clone(),
        routes: RouteList::new({
            let table = table.clone();
            move || table.explanations().collect()
        }),
        cache: cache.clone(),
        breakers: breaker_commands.clone(),
        health: health.clone(),
        explained,
        access_log,
        alerts: alerts.clone(),
        #[cfg(feature = "telemetry")]
        log: LogAdmin::new(clock.clone()),
        operators: Operators {
            token: (*config.admin_token).clone(),
            role: (*config.admin_role).clone(),
            verifiers: Arc::clone(&verifiers),
            wrong_tokens: WrongTokens::new(clock.clone()),
            csrf: csrf.clone(),
        },
        live: (!in_main).then(|| LiveSource {
            metrics: figures.clone(),
            health: health.clone(),
            explains: *config.explain_requests > 0,
            shutdown: shutdown.clone(),
        }),
        documentation: documentation::router(&config, &table).filter(|_| *config.openapi_serve == ServeOpenApi::Admin),
        closed: declared.require_auth && in_main,
    };
    let admin = admin.router();

    let shared = policy::RouteContext {
        verifiers: Arc::clone(&verifiers),
        rate_limits: RateLimitSetup {
            proxies: Some((*config.trusted_proxies).clone()),
            headers: *config.rate_limit_headers,
            ..RateLimitSetup::default()
        },
        cache: cache.clone(),
        clock: clock.clone(),
        cache_debug_headers: *config.cache_debug_headers,
        partitions,
        prefix: declared.prefix.clone(),
        idempotency_lease: *config.idempotency_lease,
        explains: *config.explain_requests > 0,
        csrf: csrf.clone(),
    };
    let mut groups = routers::groups(&declared, (&deps, problems_for_all), &shared, &observers);
    let matched = RouteLabelLayer::per_route(observers.clone());
    let own = |label: &str, router: Router| Group { label: label.to_owned(), router: router.layer(matched.clone()) };
    groups.push(own(routers::HEALTH_LABEL, health::for_clients(&health)));
    if in_main {
        groups.push(own(routers::ADMIN_LABEL, admin.clone()));
    }
    let auth =
        AuthLayer::new((*declared.default_access).clone(), Arc::clone(&verifiers)).observer(observers.unmatched());
    if let Some(documentation) = documentation::router(&config, &table).filter(|_| in_app) {
        let access = documentation::access(&config, &declared.default_access);
        let auth = AuthLayer::new(access, Arc::clone(&verifiers)).observer(observers.unmatched());
        groups.push(own(routers::DOCUMENTATION_LABEL, documentation.layer(auth)));
    }
    let edge = edge::of_app(&config, &declared.routes, !hand_written.is_empty(), &observers.unmatched());
    let csrf = csrf.map(|csrf| csrf.observer(observers.unmatched()));
    let hand_written = hand_written.into_iter().map(|added| added.layer(matched.clone(), &auth, csrf.as_ref()));
    let router = hand_written::combine(groups, hand_written);
    let router = layers.into_iter().fold(router, |router, layer| layer(router));

    listeners.into_iter().for_each(|listener| cache.listen(listener));
    // After the routers: their layers register the counters that this reads.
    let cache_metering = CacheMetering::new(&cache, metering.recorder(), &declared.routes);
    metering.add("routekit-cache", cache_metering.clone());
    metering.add("routekit-health", HealthMetering::new(&health, metering.recorder()));
    metering.add("routekit-breakers", GuardMetering::new(&breakers, metering.recorder(), &declared.routes));
    metering.add("routekit-process", SystemMetering::new(&system, &metering));
    alerts.configure(alert_settings(&config), clock.clone(), *config.alerts_enabled);
    let sources = FigureSources {
        breakers,
        cache: cache.clone(),
        system: system.clone(),
        statistics: statistics.clone(),
        rules: Arc::new(RouteRules::new(&config, &declared.routes)),
    };
    let alert_metrics = AlertMetrics::new(metering.recorder());
    let alerts = AlertMonitor::new(alerts, &config, &clock, sources, (alert_hooks, &alert_metrics));
    #[cfg(feature = "otlp")]
    if let Some(spans) = SpanMetering::new(&metering, &system) {
        metering.add("routekit-spans", spans);
    }
    let hot_pages = (*config.cache_hot_pages_file).clone().filter(|_| *config.cache_warm_up);
    Mounted {
        // Converts hand-written handlers into services once. Otherwise axum does it for every request.
        router: router.with_state(()),
        admin: matches!(*config.admin_addr, AdminAddr::Own(_))
            .then(|| admin.merge(health::for_operators(&health)).with_state(())),
        clock,
        problems,
        unmatched: observers.unmatched(),
        sensitive_headers,
        edge,
        admin_edge: edge::of_admin(),
        readiness,
        shutdown,
        shutdown_hooks: Mutex::new(shutdown_hooks),
        background_work,
        health,
        alerts,
        table,
        metering,
        metrics: figures,
        cache_metering,
        verifiers,
        system,
        certificate,
        redis,
        breaker_commands,
        hot_pages: hot_pages.map(|file| Arc::new(HotPages::new(file, cache, &declared.routes))),
        warm_up: if *config.cache_warm_up { warm_up } else { WarmUpPlan::default() },
        config,
    }
}

/// Off without the Cargo feature.
fn decompression(config: &Config) -> Setting<bool> {
    let setting = &config.decompression_enabled;
    Setting::new(**setting && cfg!(feature = "decompression"), setting.origin().clone())
}

fn alert_settings(config: &Config) -> AlertSettings {
    AlertSettings {
        min_samples: *config.alerts_min_samples,
        cpu_percent: *config.alerts_cpu_percent,
        memory_percent: *config.alerts_memory_percent,
        memory_growth: *config.alerts_memory_growth,
        scheduling_delay: *config.alerts_event_loop_lag,
        remind_after: *config.alerts_remind_after,
    }
}

fn table(
    declared: &Declared,
    router: RouterPolicies,
    warning: Option<String>,
    facts: (ApiFacts, MonitoringFacts),
) -> RouteTable {
    let rows = declared.routes.iter().map(TableRow::new);
    let warnings = warnings::of(&declared.routes, &declared.prefix).into_iter().chain(warning);
    let warnings = warnings.chain(declared.unused_groups.iter().cloned());
    RouteTable::new(rows.collect(), router, warnings.collect(), facts)
}
