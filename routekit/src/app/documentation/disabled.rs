//! Stands in for the documentation in builds without the feature.

use axum::Router;

use crate::{
    app::{
        declared::DeclaredRoute,
        spec::ApiInfo,
        table::{ApiFacts, RouteTable},
    },
    auth::Verifiers,
    base::{setting::Origin, setup_problem::SetupProblem},
    config::{self, Config, ServeOpenApi},
    route::Reserved,
};

pub(in crate::app) const PATHS: &[Reserved] = &[];

/// Reports a setting that needs the feature.
pub(in crate::app) fn check(config: &Config, _verifiers: &Verifiers, problems: &mut Vec<SetupProblem>) {
    let (serve, origin) = (*config.openapi_serve, config.openapi_serve.origin());
    if *origin != Origin::Default && serve != ServeOpenApi::Off {
        let reason = "needs the feature `schema` of the crate `routekit`, in Cargo.toml";
        problems.push(SetupProblem::invalid_setting(config::place("openapi.serve", origin), serve.as_str(), reason));
    }
}

pub(in crate::app) fn facts(
    _info: Option<Box<ApiInfo>>,
    _app: (&Config, &[DeclaredRoute]),
    _verifiers: &Verifiers,
    _own_problems: bool,
) -> ApiFacts {
    ApiFacts
}

pub(in crate::app) fn title(_facts: &ApiFacts) -> Option<&str> {
    None
}

pub(in crate::app) fn router(_config: &Config, _table: &RouteTable) -> Option<Router> {
    None
}

pub(in crate::app) fn trial_router() -> Option<Router> {
    None
}
