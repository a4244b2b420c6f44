//! Plain axum, with layers of tower-http, moka, validator and a Prometheus recorder: `by-hand serve ADDR`.

#[path = "../../users.rs"]
mod users;

use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use moka::sync::Cache;
use serde::{Deserialize, de::DeserializeOwned};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};
use validator::Validate;

use self::users::Page;

#[derive(Deserialize, Validate)]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    name: String,
    #[validate(email)]
    email: String,
    #[validate(range(min = 18))]
    age: u8,
}

struct Valid<T>(T);

impl<S: Send + Sync, T: DeserializeOwned + Validate> FromRequest<S> for Valid<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let Json(value) = Json::<T>::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        value.validate().map_err(|errors| (StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response())?;
        Ok(Self(value))
    }
}

#[derive(Clone)]
struct App {
    pages: Cache<String, Bytes>,
}

async fn page() -> Json<Page> {
    Json(Page::of_twenty())
}

async fn hit(State(app): State<App>) -> Response {
    let body = app.pages.get_with("/hit".to_owned(), || serde_json::to_vec(&Page::of_twenty()).unwrap().into());
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn create_user(State(app): State<App>, Valid(user): Valid<NewUser>) -> Json<Page> {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    app.pages.invalidate("/hit");
    Json(Page::empty())
}

async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let labels = [("method", method), ("path", path), ("status", response.status().as_u16().to_string())];
    metrics::histogram!("http_server_request_duration_seconds", &labels).record(began.elapsed().as_secs_f64());
    response
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[tokio::main]
async fn main() {
    let prometheus = PrometheusBuilder::new().install_recorder().unwrap();
    let app = App { pages: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(3600)).build() };
    let layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::new())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5)))
        .layer(RequestBodyLimitLayer::new(2 * 1024 * 1024));
    let router = Router::new()
        .route("/page", get(page))
        .route("/hit", get(hit))
        .route("/users", post(create_user))
        .route_layer(from_fn(measure))
        .route("/metrics", get(async move || prometheus.render()))
        .layer(layers)
        .with_state(app);
    axum::serve(tokio::net::TcpListener::bind(users::addr()).await.unwrap(), router).await.unwrap();
}
