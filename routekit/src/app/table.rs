//! The routes of an app, one per line.

use std::{fmt, sync::Arc};

use super::declared::{DeclaredRoute, unknown_route};
#[cfg(feature = "schema")]
pub(super) use crate::openapi::ApiFacts;
use crate::{
    base::setup_problem::SetupProblem,
    policy::{self, EffectivePolicies, Explanation, RouterPolicies},
    prometheus::MonitoringFacts,
    route::{Description, GroupsOfRoute, RouteMeta},
};

/// Without the feature, nothing is known.
#[cfg(not(feature = "schema"))]
#[derive(Debug, Clone)]
pub(super) struct ApiFacts;

/// The routes of an app, sorted by path and method. `Display` prints the table of the start-up log.
#[derive(Debug, Clone)]
pub struct RouteTable {
    rows: Arc<[TableRow]>,
    router: Arc<RouterPolicies>,
    warnings: Arc<[String]>,
    #[cfg_attr(not(feature = "schema"), expect(dead_code, reason = "only the OpenAPI document reads it"))]
    api: Arc<ApiFacts>,
    monitoring: Arc<MonitoringFacts>,
}

/// One route of an app.
#[derive(Debug)]
#[non_exhaustive]
pub struct TableRow {
    /// The path with the prefixes of the app and of the route's groups.
    pub path: String,
    /// The declaration of the route.
    pub meta: &'static RouteMeta,
    /// The policies that apply, with the origin of each setting.
    pub policies: EffectivePolicies,
    /// The inputs, responses and dependencies of the route.
    pub description: Description,
    groups: GroupsOfRoute,
}

impl TableRow {
    pub(super) fn new(declared: &DeclaredRoute) -> Self {
        let DeclaredRoute { route, path, description, policies, groups, .. } = declared;
        Self {
            path: path.clone(),
            meta: route.meta(),
            policies: policies.clone(),
            description: description.clone(),
            groups: groups.clone(),
        }
    }

    /// The version, from the declaration or from its groups.
    #[cfg(feature = "schema")]
    pub(super) fn version(&self) -> Option<&'static str> {
        self.groups.version(self.meta)
    }
}

impl RouteTable {
    pub(super) fn new(
        rows: Vec<TableRow>,
        router: RouterPolicies,
        warnings: Vec<String>,
        (api, monitoring): (ApiFacts, MonitoringFacts),
    ) -> Self {
        Self {
            rows: rows.into(),
            router: router.into(),
            warnings: warnings.into(),
            api: api.into(),
            monitoring: monitoring.into(),
        }
    }

    /// Returns the warnings: settings of routes that look wrong but may be intended. The start-up log lists them too.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the routes.
    #[must_use]
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// The explanation of every route.
    pub(crate) fn explanations(&self) -> impl Iterator<Item = Explanation> {
        self.rows.iter().map(|row| self.explanation(row))
    }

    pub(crate) fn explanation(&self, row: &TableRow) -> Explanation {
        policy::explain(row.meta, (&row.path, &row.groups), &row.policies, &self.router)
    }

    #[cfg(feature = "schema")]
    pub(super) fn api(&self) -> &ApiFacts {
        &self.api
    }

    pub(super) fn monitoring(&self) -> &MonitoringFacts {
        &self.monitoring
    }

    /// Explains how a request to one route is processed. `route` is a method and a path: `GET /v2/users`.
    #[must_use]
    pub fn explain(&self, route: &str) -> Option<Explanation> {
        self.explanations().find(|explanation| explanation.route == route)
    }

    /// Explains a route that someone names. `named_by` is its place in the problem of an unknown one.
    pub(crate) fn find(&self, route: &str, named_by: &str) -> Result<Explanation, SetupProblem> {
        self.explain(route).ok_or_else(|| {
            let routes: Vec<String> = self.explanations().map(|explanation| explanation.route).collect();
            unknown_route(route, named_by, routes.iter().map(String::as_str))
        })
    }

    /// Counts the routes of each crate, sorted by name: `3 from billing_routes, 2 from shop`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for row in &*self.rows {
            *counts.entry(row.meta.location.crate_name()).or_default() += 1;
        }
        let counts: Vec<String> = counts.into_iter().map(|(name, count)| format!("{count} from {name}")).collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    }
}

impl RouteTable {
    /// The versions of the routes, in alphabetical order.
    #[cfg(feature = "cli")]
    pub(crate) fn versions(&self) -> Vec<&'static str> {
        let versions: std::collections::BTreeSet<&str> = self.rows.iter().filter_map(TableRow::version).collect();
        versions.into_iter().collect()
    }
}

impl fmt::Display for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Listed(&self.rows.iter().collect::<Vec<_>>()).fmt(f)
    }
}

/// Routes in columns.
pub(crate) struct Listed<'a>(pub(crate) &'a [&'a TableRow]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |row: &&TableRow| {
            [
                row.meta.method.to_string(),
                row.path.clone(),
                row.meta.location.crate_name().to_owned(),
                row.meta.handler.to_owned(),
                row.policies.to_string(),
            ]
        };
        let mut rows = vec![["METHOD", "PATH", "CRATE", "HANDLER", "POLICIES"].map(str::to_owned)];
        rows.extend(self.0.iter().map(cells));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..4).map(width).collect();
        for row in &rows {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "{cell:width$}  ")?;
            }
            writeln!(f, "{}", row[4])?;
        }
        Ok(())
    }
}
