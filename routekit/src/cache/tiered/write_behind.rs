//! Writes to Redis without a request that waits for them.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use crate::{
    base::{
        printable::Chain,
        spawner::{
            Spawner,
            sole_task::{RunningTask, SoleTask},
        },
    },
    cache::redis::{store::RedisStore, turns::BackgroundWrite},
};

/// The bytes that may wait. Beyond that, entries are not stored in Redis.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// As many are written in one round trip, unless they are larger than [`BATCH_BYTES`] together.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;

/// A queue of writes, and the task that writes them, in order, while there are any.
pub(super) struct WriteBehind {
    redis: RedisStore,
    spawner: Spawner,
    queue: Mutex<WriteQueue>,
    writing: SoleTask,
    /// Entries that were not written: there was no room for them, or Redis did not take them.
    lost: AtomicU64,
}

#[derive(Default)]
struct WriteQueue {
    /// Each with its size when it came: a response grows when it becomes a hit.
    writes: VecDeque<(BackgroundWrite, usize)>,
    bytes: usize,
}

impl WriteBehind {
    pub(super) fn new(redis: RedisStore, spawner: Spawner) -> Arc<Self> {
        let (queue, writing) = (Mutex::default(), SoleTask::default());
        Arc::new(Self { redis, spawner, queue, writing, lost: AtomicU64::new(0) })
    }

    /// Writes soon. Returns `false` if an entry is dropped because there is no room: a store may do that at any time.
    pub(super) fn push(self: &Arc<Self>, write: BackgroundWrite) -> bool {
        let mut queue = self.queue.lock();
        let size = write.size();
        if matches!(write, BackgroundWrite::Put(_)) && queue.bytes + size > MAX_BYTES {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        queue.bytes += size;
        queue.writes.push_back((write, size));
        drop(queue);
        self.writing.start(&self.spawner, |running| write_until_empty(Arc::clone(self), running));
        true
    }

    /// The number of entries that were not written.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The next writes.
    fn next(&self) -> Vec<BackgroundWrite> {
        let mut queue = self.queue.lock();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && (bytes < BATCH_BYTES || batch.is_empty()) {
            let Some((write, size)) = queue.writes.pop_front() else { break };
            bytes += size;
            batch.push(write);
        }
        queue.bytes -= bytes;
        batch
    }

    fn has_writes(&self) -> bool {
        !self.queue.lock().writes.is_empty()
    }
}

async fn write_until_empty(behind: Arc<WriteBehind>, running: RunningTask) {
    let mut unfinished = Some(running);
    while let Some(running) = unfinished {
        let batch = behind.next();
        if batch.is_empty() {
            unfinished = running.end(|| behind.has_writes());
            continue;
        }
        unfinished = Some(running);
        let puts = batch.iter().filter(|write| matches!(write, BackgroundWrite::Put(_))).count();
        let lost = behind.redis.write_all(batch).await.unwrap_or_else(|error| {
            tracing::debug!(error = %Chain(&error), "entries are not stored in Redis");
            puts
        });
        behind.lost.fetch_add(lost as u64, Ordering::Relaxed);
    }
}
