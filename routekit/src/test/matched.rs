//! The route that a request of a test reaches.

use http::Method;

use crate::app::{RouteTable, TableRow};

/// The route of a method and a path without its query. As in the router, the path decides first, then the method. A
/// HEAD request reaches the route with GET.
pub(super) fn matched<'a>(table: &'a RouteTable, method: &Method, path: &str) -> Option<&'a TableRow> {
    let mut paths = matchit::Router::new();
    for row in table.rows() {
        // A further method of the same path changes nothing.
        let _ = paths.insert(row.path.clone(), row.path.as_str());
    }
    let found = *paths.at(path).ok()?.value;
    let of = |method: &str| table.rows().iter().find(|row| row.path == found && row.meta.method().as_str() == method);
    let or_get = || if method == Method::HEAD { of("GET") } else { None };
    of(method.as_str()).or_else(or_get).or_else(|| of("ANY"))
}
