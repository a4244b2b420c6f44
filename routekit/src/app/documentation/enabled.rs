//! The documentation of an app.

use std::net::Ipv4Addr;

use axum::Router;

pub(in crate::app) use crate::openapi::PATHS;
use crate::{
    app::{
        App,
        declared::DeclaredRoute,
        table::{RouteTable, TableRow},
    },
    auth::Verifiers,
    base::{
        setting::Origin,
        setup_problem::{Error, SetupProblem},
    },
    config::{self, Config, OpenApiAccess, ServeOpenApi},
    manifest::{Manifest, ManifestRoute},
    openapi::{self, ApiFacts, ApiInfo, DocumentMaker, DocumentedRoute, OpenApiDocument, SecuritySchemes},
};

impl App {
    /// Sets the title and the version of the API in its OpenAPI document. Defaults to the name and the version of the
    /// package.
    pub fn api_info(mut self, info: ApiInfo) -> Self {
        self.spec.program.api_info = Some(Box::new(info));
        self
    }

    /// Returns the [OpenAPI document](crate::openapi) of the app, without starting it.
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn openapi(self) -> Result<OpenApiDocument, Error> {
        Ok(self.table()?.openapi())
    }
}

impl RouteTable {
    /// Returns the [OpenAPI document](crate::openapi) of all routes.
    #[must_use]
    pub fn openapi(&self) -> OpenApiDocument {
        self.document(|_| true)
    }

    /// Returns the OpenAPI document of the routes of one version, and of those without a version. `None` if no route
    /// has this version.
    #[must_use]
    pub fn openapi_of(&self, version: &str) -> Option<OpenApiDocument> {
        let is_known = self.rows().iter().any(|row| row.version() == Some(version));
        is_known.then(|| self.document(|of| of.is_none_or(|of| of == version)))
    }

    /// Returns the [manifest](crate::manifest) of the app: its routes with their policies, and its OpenAPI document.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        let route = |row: &TableRow| ManifestRoute::new(&self.explanation(row), row.path.clone(), &row.policies);
        Manifest::new(self.rows().iter().map(route).collect(), self.openapi().as_json().clone())
    }

    /// The document of the routes whose version is wanted.
    fn document(&self, is_wanted: impl Fn(Option<&str>) -> bool) -> OpenApiDocument {
        let routes = self.rows().iter().map(|row| DocumentedRoute {
            path: &row.path,
            method: row.meta.method(),
            explanation: self.explanation(row),
            policies: &row.policies,
            description: &row.description,
        });
        openapi::document(self.api(), routes, is_wanted)
    }
}

/// Reports access for identified clients in an app without a verifier, and access that has no effect.
pub(in crate::app) fn check(config: &Config, verifiers: &Verifiers, problems: &mut Vec<SetupProblem>) {
    let is_main = *config.openapi_serve == ServeOpenApi::Main;
    if !is_main && *config.openapi_access.origin() != Origin::Default {
        let setting = config::place("openapi.access", config.openapi_access.origin());
        let reason = "has no effect unless `openapi.serve` is `main`; the admin surface decides who may read it";
        problems.push(SetupProblem::invalid_setting(setting, config.openapi_access.as_str(), reason));
    }
    if is_main && *config.openapi_access == OpenApiAccess::Identified && verifiers.is_empty() {
        let setting = config::place("openapi.access", config.openapi_access.origin());
        let reason = "no verifier checks credentials; add `.verifier(…)` or `.identify(…)` to the app";
        problems.push(SetupProblem::invalid_setting(setting, "identified", reason));
    }
}

/// What the document says about the app as a whole.
pub(in crate::app) fn facts(
    info: Option<Box<ApiInfo>>,
    (config, routes): (&Config, &[DeclaredRoute]),
    verifiers: &Verifiers,
    own_problems: bool,
) -> ApiFacts {
    let packages = routes.iter().map(|declared| declared.route.meta().location().package());
    // Of the program, if it has routes of its own.
    let package = packages.clone().find(|package| package.is_program).or_else(|| packages.clone().next());
    let default = || match package {
        Some(package) => ApiInfo::new(package.name, package.version),
        None => ApiInfo::new("API", "0.0.0"),
    };
    let mut info = info.map_or_else(default, |info| *info);
    // A client would otherwise call the admin surface.
    if *config.openapi_serve == ServeOpenApi::Admin && config.addr.port() != 0 {
        info = info.or_server(url(config));
    }
    ApiFacts {
        info,
        version: *config.openapi_version,
        security: SecuritySchemes::of(verifiers.facts()),
        rate_limit_headers: *config.rate_limit_headers,
        url: url(config),
        own_problems,
        csrf: *config.csrf_enabled && verifiers.facts().any(|verifier| verifier.uses_cookies),
        decompression: *config.decompression_enabled && cfg!(feature = "decompression"),
    }
}

/// The title of the API, which is the name of the app where it needs one.
pub(in crate::app) fn title(facts: &ApiFacts) -> Option<&str> {
    Some(facts.info.title())
}

/// The URL of the app for a client on the same machine.
fn url(config: &Config) -> String {
    let scheme = if config.server_tls_certificate.is_some() { "https" } else { "http" };
    let mut addr = *config.addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("{scheme}://{addr}")
}

/// The router of the documentation, unless it is off.
pub(in crate::app) fn router(config: &Config, table: &RouteTable) -> Option<Router> {
    let (table, url) = (table.clone(), table.api().url.clone());
    let maker = move |version: Option<&str>| match version {
        Some(version) => table.openapi_of(version),
        None => Some(table.openapi()),
    };
    (*config.openapi_serve != ServeOpenApi::Off).then(|| openapi::router(DocumentMaker::new(url, maker)))
}

/// A router with the same paths, without documents.
pub(in crate::app) fn trial_router() -> Option<Router> {
    Some(openapi::router(DocumentMaker::new(String::new(), |_| None)))
}
