//! The `operationId` of each route.

use std::collections::BTreeMap;

use crate::openapi::facts::DocumentedRoute;

/// The ids of all routes, in their order. Each is unique.
///
/// The first of these that is unique: the id that the route declares, the name of its handler, the same with the
/// module, and the method with the path.
#[derive(Debug)]
pub(in crate::openapi) struct OperationIds(Vec<String>);

impl OperationIds {
    pub(in crate::openapi) fn of(routes: &[DocumentedRoute<'_>]) -> Self {
        let forms: [fn(&DocumentedRoute<'_>) -> String; 3] = [by_handler, by_module, by_route];
        let mut ids: Vec<Option<String>> =
            routes.iter().map(|route| route.explanation.meta.operation_id().map(str::to_owned)).collect();
        for form in forms {
            let candidates: Vec<Option<String>> =
                routes.iter().zip(&ids).map(|(route, id)| id.is_none().then(|| form(route))).collect();
            let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
            for id in ids.iter().chain(&candidates).flatten() {
                *uses.entry(id).or_default() += 1;
            }
            let unique: Vec<bool> =
                candidates.iter().map(|id| id.as_ref().is_some_and(|id| uses[id.as_str()] == 1)).collect();
            for ((id, candidate), unique) in ids.iter_mut().zip(candidates).zip(unique) {
                if unique {
                    *id = candidate;
                }
            }
        }
        // An id that another route declares may have the form of a method and a path.
        let named = ids.into_iter().enumerate().map(|(index, id)| id.unwrap_or_else(|| format!("operation_{index}")));
        Self(named.collect())
    }

    pub(in crate::openapi) fn get(&self, index: usize) -> &str {
        &self.0[index]
    }
}

fn by_handler(route: &DocumentedRoute<'_>) -> String {
    route.explanation.meta.handler().to_owned()
}

fn by_module(route: &DocumentedRoute<'_>) -> String {
    let meta = route.explanation.meta;
    format!("{}_{}", meta.location().module_path().replace("::", "_"), meta.handler())
}

fn by_route(route: &DocumentedRoute<'_>) -> String {
    let plain = |byte: char| if byte.is_ascii_alphanumeric() { byte } else { '_' };
    let path: String = route.path.chars().map(plain).collect();
    format!("{}{path}", route.method.as_str().to_ascii_lowercase())
}
