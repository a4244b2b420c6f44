//! The cache in Redis, and the difference of the clocks.

use std::time::Duration;

use super::diagnosis::Diagnosis;
use crate::{app::mounted::Mounted, base::units};

/// The difference of two clocks above which logs and the lifetimes of tokens are confusing.
const CLOCKS_APART: Duration = Duration::from_secs(2);

/// Connects as a start does. Nothing without a store in Redis.
pub(super) async fn examine(mounted: &Mounted) -> Vec<Diagnosis> {
    let redis = &mounted.redis;
    let Some(line) = redis.line() else { return Vec::new() };
    if let Err(problem) = redis.start().await {
        return vec![Diagnosis::problem("redis", problem)];
    }
    let mut found = Vec::new();
    found.extend(redis.warning().map(|warning| Diagnosis::warning("redis", warning)));
    match redis.server_time().await {
        // It is not required: the app starts, and uses it once it is there.
        Err(reason) => found.push(Diagnosis::warning("redis", format!("{line}: {reason}"))),
        Ok(server) => {
            found.push(Diagnosis::ok("redis", line));
            let apart = server.abs_diff(mounted.clock.unix_time());
            if apart > CLOCKS_APART {
                let text = format!("the clocks of this machine and of Redis are {} apart", units::show(&apart));
                found.push(Diagnosis::warning("time", text));
            }
        }
    }
    found
}
