//! Faults of a Redis server while something runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::redis_server::RedisServer;

/// How long what runs goes on after the last fault.
const AFTER: Duration = Duration::from_millis(300);

/// Lets `work` run while `faults` happen on a thread of their own, and sets `stop` a while after the last one. Returns
/// the output of `work`. What `faults` returns, such as the servers, stays until then.
pub(crate) async fn during_faults<T, S>(
    work: impl Future<Output = T> + Send + 'static,
    stop: Arc<AtomicBool>,
    faults: impl FnOnce() -> S + Send + 'static,
) -> T
where
    T: Send + 'static,
    S: Send + 'static,
{
    let working = tokio::spawn(work);
    let faults = tokio::task::spawn_blocking(move || {
        let servers = faults();
        std::thread::sleep(AFTER);
        servers
    });
    let _servers = faults.await.unwrap();
    stop.store(true, Ordering::SeqCst);
    working.await.unwrap()
}

/// Twenty faults of a server, with a pause before each: it is restarted without its data, paused, restarted with its
/// data, and flushed, and its clock is removed. For [`during_faults`].
pub(crate) fn twenty_faults(mut server: RedisServer, before_each: Duration) -> RedisServer {
    let pause = |millis| std::thread::sleep(Duration::from_millis(millis));
    for round in 0..20 {
        std::thread::sleep(before_each);
        match round % 5 {
            0 => server.restart_empty(),
            1 => {
                server.pause();
                pause(100);
                server.resume();
            }
            2 => {
                server.save();
                pause(50);
                server.restart();
            }
            3 => server.run::<()>(&["FLUSHALL"]),
            _ => server.run::<()>(&["DEL", "{routekit}:clock"]),
        }
    }
    server
}
