//! The app: what all routes share.

use std::{error::Error, net::SocketAddr};

use production_database::Database;
use routekit::{
    Spawner,
    auth::jwt::{Algorithm, Jwt, VerifyingKey},
    axum::{
        extract::MatchedPath,
        http::{HeaderName, Method, header, request::Parts},
    },
    breaker::CircuitBreaker,
    cache::Cache,
    config::{Config, Secret},
    edge::CorsPolicy,
    health::HealthCheck,
    prelude::*,
    rate_limit::{Limit, LimitBy},
    route::RequestText,
};
// A linker drops a crate that no code refers to. This line keeps it.
use production_orders as _;

use crate::{
    auth_service::{self, AuthService},
    settings::Settings,
    tokens::{AUDIENCE, OPERATOR},
    users::Users,
};

/// Makes the app. The issuer of tokens shares a secret with it.
pub(crate) fn app(
    settings: &Settings,
    config: &Config,
    database: &Database,
    (issuer, secret): (&str, &Secret),
) -> Result<App, Box<dyn Error>> {
    let tokens = Jwt::new(issuer, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, secret.expose().as_bytes()));
    let breaker = CircuitBreaker::builder(auth_service::BREAKER).build()?;
    let auth_service = AuthService::new(settings.auth_service_url.clone(), breaker.clone())?;
    let limit = Limit::new(settings.rate_limit).per(LimitBy::Function(RequestText::new(user_and_route))).name("user");
    let limit = if settings.has_redis { limit.shared() } else { limit };
    let mut app = App::discover_from(["production", "production-orders"])
        .config(config.clone())
        .require_auth()
        .verifier(tokens)
        .rate_limit(limit)
        .breaker(breaker)
        .provide(auth_service)
        .provide(Users::new(database.clone()))
        .provide(database.clone())
        .health(HealthCheck::sql(database.pool().clone()))
        .health(HealthCheck::system());
    if let Some(url) = &settings.auth_service_url {
        app = app.health(HealthCheck::http(auth_service::BREAKER, format!("{url}/health")));
    }
    // With Redis, routekit makes the cache and its check.
    if !settings.has_redis {
        let cache = Cache::builder().spawner(Spawner::tokio()).build();
        app = app.health(HealthCheck::cache(cache.clone())).cache(cache);
    }
    if let Some(cors) = cors(&settings.allowed_origins) {
        app = app.cors(cors);
    }
    let database = database.clone();
    Ok(app.on_shutdown("database", async move || database.pool().close().await))
}

/// Everything on one port. `HOST` and `PORT` name it; `routekit.toml` and `ROUTEKIT_…` variables override the rest.
pub(crate) fn config(settings: &Settings) -> Result<Config, routekit::Error> {
    let config = if settings.has_redis {
        Config::builder().variable("ROUTEKIT_REDIS_PREFIX", "production")
    } else {
        Config::builder()
    };
    let mut config = config
        .variable("ROUTEKIT_ADMIN_ADDR", "main")
        .variable("ROUTEKIT_ADMIN_ROLE", OPERATOR)
        .variable("ROUTEKIT_OPENAPI_SERVE", "main")
        .variable("ROUTEKIT_OPENAPI_ACCESS", "public")
        .variable("ROUTEKIT_COMPRESSION_ENABLED", "on")
        .process()
        .build()?;
    config.set_addr(SocketAddr::new(settings.host, settings.port));
    Ok(config)
}

/// Which pages of other origins may read responses.
fn cors(origins: &[String]) -> Option<CorsPolicy> {
    let policy = match origins {
        [] => return None,
        [any] if any == "*" => CorsPolicy::any_origin(),
        _ => CorsPolicy::origins(origins),
    };
    let headers = ["x-api-version", "x-correlation-id", "idempotency-key"].map(HeaderName::from_static);
    Some(
        policy
            .methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .headers(headers.into_iter().chain([header::CONTENT_TYPE, header::AUTHORIZATION])),
    )
}

/// Each user has a quota on each route that declares no limit. A public route declares one, per address.
fn user_and_route(request: &Parts) -> String {
    let user = request.extensions.get::<Identity>().map_or("", Identity::sub);
    let path = request.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    format!("{user} {} {path}", request.method)
}
