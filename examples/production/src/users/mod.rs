//! The users: their table, and the two versions of their routes.

mod store;
mod v1;
mod v2;

pub(crate) use self::store::Users;
