//! The quotas of rate limits that processes share.

use std::sync::Arc;

use redis::Value;

use super::{engine::RedisEngine, link::RedisConnection, scripts::Script};
use crate::{
    base::{printable::Chain, redis_waits::RedisWaits},
    cache::store::contract::StoreError,
    shared_quotas::{QuotaFault, QuotaFuture, QuotaServer, QuotaTake, SharedDecision},
};

/// The quotas under the prefix of a store.
pub(super) struct RedisQuotas(pub(super) Arc<RedisEngine>);

impl RedisQuotas {
    /// Takes a request from all quotas, in one call.
    async fn call(&self, takes: &[QuotaTake], waits: &RedisWaits) -> Result<Vec<SharedDecision>, StoreError> {
        let engine = &*self.0;
        let keys: Vec<String> = takes.iter().map(|take| engine.keys.quota(take.key)).collect();
        let command = |connection: &RedisConnection| {
            let mut command = redis::cmd("EVALSHA");
            command.arg(connection.digest(Script::Limit)).arg(keys.len()).arg(&keys);
            for take in takes {
                command.arg(u8::from(take.observes));
                for nanos in [take.period, take.tolerance] {
                    command.arg(nanos / 1000).arg(nanos % 1000);
                }
            }
            command
        };
        // A request whose connection was lost may count twice. So a client gets less in that second, and never more.
        let wait = engine.link.wait_for_admission(waits);
        let reply = engine.call(command, &wait.left).await?.reply;
        let decisions = match &reply {
            Value::Array(numbers) if numbers.len() == 3 * takes.len() => {
                numbers.chunks_exact(3).map(decision).collect()
            }
            _ => None,
        };
        decisions.ok_or_else(|| engine.unexpected(reply))
    }
}

/// Whether the request is within the quota, and the time until the quota is full, in microseconds and the nanoseconds
/// beyond them.
fn decision(numbers: &[Value]) -> Option<SharedDecision> {
    let [Value::Int(passes), Value::Int(micros), Value::Int(nanos)] = numbers else { return None };
    let used = u64::try_from(*micros).ok()?.checked_mul(1000)?.checked_add(u64::try_from(*nanos).ok()?)?;
    Some(SharedDecision { passes: *passes == 1, used })
}

impl QuotaServer for RedisQuotas {
    fn take<'a>(&'a self, takes: &'a [QuotaTake], waits: &'a RedisWaits) -> QuotaFuture<'a> {
        Box::pin(async move {
            self.call(takes, waits).await.map_err(|error| match error.is_out_of_time() {
                true => QuotaFault::OutOfTime,
                false => QuotaFault::Away(Chain(&error).to_string()),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_the_script_are_read() {
        let decision =
            |numbers: &[i64]| decision(&numbers.iter().map(|number| Value::Int(*number)).collect::<Vec<_>>());
        assert_eq!(decision(&[1, 2, 3]), Some(SharedDecision { passes: true, used: 2003 }));
        assert_eq!(decision(&[0, 31_622_400_000_000, 0]).map(|decision| decision.passes), Some(false));
        for wrong in [&[1, -2, 0][..], &[1, 2], &[1, i64::MAX, 0]] {
            assert_eq!(decision(wrong), None, "{wrong:?}");
        }
    }
}
