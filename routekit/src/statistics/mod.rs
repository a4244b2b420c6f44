//! Statistics of every route: since the start, and of windows of the last days.
//!
//! They come from the same recording as `/metrics`. Nothing is kept of a single request.
//!
//! 1. `registry` lists the routes of an app. Each has a record in which its requests are counted, and a `history`.
//! 2. A history is what was added to the record in successive slots of time, each a difference of two readings: slots
//!    of five seconds for ten minutes, of a minute for three hours, and of an hour for the configured number of days. A
//!    slot without requests is not kept, and of a slot only the counts that are not zero (`compact`).
//! 3. A window is the sum of the slots that it touches, so it begins and ends with a slot.
//!
//! A status of a route takes some 5 KB, and the first of each class of statuses (2xx, 4xx …) 2.4 KB more. A slot takes
//! some 100 to 600 bytes, so that 30 days of a route with requests in every hour take up to 450 KB.
//!
//! Quantiles are within 3.2 % of the exact ones, or within 256 ns below 8 µs.

mod compact;
mod history;
mod registry;
mod route_identity;
mod route_series;
mod route_statistics;
mod slots;

pub use self::route_statistics::{ResponseTimes, RouteStatistics};
pub(crate) use self::{registry::Statistics, route_identity::RouteIdentity};
