//! Which policies stand around a request, and in which order.

mod stack;

pub(crate) use self::stack::{around_endpoint, around_router, effective};
