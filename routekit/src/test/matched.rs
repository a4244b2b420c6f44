//! The route that a request of a test reaches.

use http::Method;

use crate::app::{RouteTable, TableRow};

/// The route of a method and a path without its query. A HEAD request reaches the route with GET.
pub(super) fn matched<'a>(table: &'a RouteTable, method: &Method, path: &str) -> Option<&'a TableRow> {
    let declares = |row: &TableRow, method: &str| [method, "ANY"].contains(&row.meta.method().as_str());
    let of = |method: &str| {
        let mut paths = matchit::Router::new();
        for row in table.rows().iter().filter(|row| declares(row, method)) {
            // One with this method itself comes first, as in the table of the router.
            let _ = paths.insert(row.path.clone(), row);
        }
        paths.at(path).ok().map(|found| *found.value)
    };
    of(method.as_str()).or_else(|| if method == Method::HEAD { of("GET") } else { None })
}
