//! The [OpenAPI](https://spec.openapis.org/oas/v3.1.1.html) document of an app, made from its routes.
//!
//! 1. [`App::openapi`](crate::App::openapi) returns the document without starting the app. A served app has it at
//!    `GET /openapi.json` of the admin surface; `openapi.serve = "main"` moves it to the main listener.
//! 2. Operations have the summary, description, tags, version and deprecation of their routes. Parameters and bodies
//!    have the schemas of their types, if these derive `schemars::JsonSchema` (version 1). A type without a schema is
//!    described by its name. The log names it when the document is first read, and so does
//!    [`OpenApiDocument::warnings`].
//! 3. The rules of `#[derive(Validate)]` are in the schemas. A rule that JSON Schema cannot say, such as `custom`, is a
//!    sentence in the description. Integers have the limits of their types. Rules of the fields of enums are as far in
//!    the schema as `schemars` knows them; so are those of type parameters and of fields with `#[serde(flatten)]`.
//! 4. Responses are those of the handler's return type, and those of the policies, extractors and of the server: 401
//!    with the schemes of the verifiers, 429 with `Retry-After`, 503 of the breaker, and so on. They are
//!    [problems](crate::problem), unless [`App::problems`](crate::App::problems) replaces the format. `default` is
//!    every other error.
//! 5. The policies of a route are members such as `x-routekit-cache`.
//! 6. The `operationId` of a route is the name of its handler while no other route has it. Declare `operation_id` on
//!    routes for which clients are generated.
//! 7. [`ApiInfo`] has the title and the version, and [adds the documents](ApiInfo::merge) of hand-written routers.
//!
//! A schema in which serde writes a type in another form than it reads it has two names: `User` in responses and
//! `UserInput` in requests.
//!
//! # Swagger UI
//!
//! With the feature `swagger-ui`, `GET /docs/swagger` shows the document with Swagger UI, and can send requests. It is
//! served wherever the document is, for the same clients.
//!
//! 1. Its files come from the crate `routekit-swagger-ui`. They are sent as they are stored, compressed with gzip, or
//!    decompressed to clients that do not accept gzip. The page names no other host.
//! 2. Its `Content-Security-Policy` allows its scripts by their hashes, and requests to the host of the page and to the
//!    `servers` of the document.
//! 3. On the admin listener, requests go to another origin, that of the app, which must
//!    [allow it](crate::guide::edge#cors): `ROUTEKIT_CORS_ORIGINS=http://127.0.0.1:9091`. With
//!    `openapi.serve = "main"` there is one origin.
//! 4. Behind a base path, name the address in [`ApiInfo::server`]: else requests go to the root of the host.
//!
//! # Clients
//!
//! Generators of clients read the document without starting the app: `program openapi >openapi.json`, with the feature
//! `cli`. Problems are a type of the client. `openapi-python-client` is tried by the tests:
//!
//! ```sh
//! openapi-python-client generate --path openapi.json --meta none --fail-on-warning
//! ```

mod document;
mod extensions;
mod facts;
mod headers;
mod info;
mod merge;
mod operation;
mod page;
mod policy_responses;
mod problem;
mod request_body;
mod responses;
mod schemas;
mod security;
mod serve;
#[cfg(feature = "swagger-ui")]
mod swagger_ui;

pub use self::{document::OpenApiDocument, info::ApiInfo};
pub(crate) use self::{
    document::{document, path_of},
    facts::{ApiFacts, DocumentedRoute},
    security::SecuritySchemes,
    serve::{DocumentMaker, PATHS, router},
};
