//! Tasks that watch an app while it is served.

mod statistics;

pub(super) use self::statistics::read_statistics;
