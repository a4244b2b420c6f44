//! dropshot, with moka and validator in the handlers, since it has neither: `dropshot-users serve ADDR`.

#[path = "../../users.rs"]
mod users;

use std::time::Duration;

use dropshot::{
    ApiDescription, ConfigDropshot, ConfigLogging, ConfigLoggingLevel, HttpError, HttpResponseOk, RequestContext,
    ServerBuilder, TypedBody, endpoint,
};
use http::{Response, header::CONTENT_TYPE};
use moka::sync::Cache;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use self::users::Page;

#[derive(Deserialize, Validate, JsonSchema)]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    name: String,
    #[validate(email)]
    email: String,
    #[validate(range(min = 18))]
    age: u8,
}

struct App {
    pages: Cache<String, Vec<u8>>,
}

#[endpoint { method = GET, path = "/page" }]
async fn page(_: RequestContext<App>) -> Result<HttpResponseOk<Page>, HttpError> {
    Ok(HttpResponseOk(Page::of_twenty()))
}

#[endpoint { method = GET, path = "/hit" }]
async fn hit(context: RequestContext<App>) -> Result<Response<dropshot::Body>, HttpError> {
    let pages = &context.context().pages;
    let body = pages.get_with("/hit".to_owned(), || serde_json::to_vec(&Page::of_twenty()).unwrap());
    let response = Response::builder().header(CONTENT_TYPE, "application/json").body(body.into());
    response.map_err(|error| HttpError::for_internal_error(error.to_string()))
}

#[endpoint { method = POST, path = "/users" }]
async fn create_user(
    context: RequestContext<App>,
    user: TypedBody<NewUser>,
) -> Result<HttpResponseOk<Page>, HttpError> {
    let user = user.into_inner();
    user.validate().map_err(|errors| HttpError::for_bad_request(None, errors.to_string()))?;
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    context.context().pages.invalidate("/hit");
    Ok(HttpResponseOk(Page::empty()))
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let log = ConfigLogging::StderrTerminal { level: ConfigLoggingLevel::Warn }.to_logger("users").unwrap();
    let mut api = ApiDescription::new();
    api.register(page).unwrap();
    api.register(hit).unwrap();
    api.register(create_user).unwrap();
    let pages = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(3600)).build();
    let config = ConfigDropshot {
        bind_address: users::addr().parse().unwrap(),
        default_request_body_max_bytes: 2 * 1024 * 1024,
        ..ConfigDropshot::default()
    };
    ServerBuilder::new(api, App { pages }, log).config(config).start().map_err(|error| error.to_string())?.await
}
