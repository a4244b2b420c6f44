//! A Grafana board, made from the routes of an app.
//!
//! 1. [`App::grafana_dashboard`](crate::App::grafana_dashboard) returns the board as JSON, without starting the app.
//!    Import it, or let Grafana's provisioning read it from a file.
//! 2. It has a row with the whole app, and a collapsed row for each route, whose panels show what the route has:
//!    requests by status, errors, response times, the cache, the breaker, limits, and the error budget of its
//!    [objectives](crate::guide::monitoring#objectives).
//! 3. Its variables choose the data source, a Prometheus, and the scrape jobs. Its queries need no recording rules.
//! 4. The same routes give the same text. Its `uid` comes from the name of the program, so that an import replaces the
//!    former board.

mod board;
mod overview;
mod panel;
mod queries;
mod route_row;

pub(crate) use self::board::board;
