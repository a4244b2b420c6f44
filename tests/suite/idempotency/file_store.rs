//! A store in files, which outlives its processes and is shared by them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::body::Bytes;
use fs4::FileExt;
use routekit::{
    Clock,
    cache::{CacheStore, ClaimOutcome, Entry, Key, Lookup, Stamp, StoreError, StoreFuture, StoreSize, Target},
};

use crate::stores::Plain;

/// Keeps claims in files below a directory, each under a lock of the system. A process that is killed releases the
/// lock.
pub(super) struct FileStore {
    dir: PathBuf,
    /// For entries, which these tests have none of.
    entries: Plain,
}

impl FileStore {
    pub(super) fn new(dir: &Path) -> Self {
        fs::create_dir_all(dir).unwrap();
        Self { dir: dir.to_owned(), entries: Plain::new(Clock::system()) }
    }

    /// Runs `step` with the record of a key, under the lock of all keys.
    fn locked<T: Send + 'static>(
        &self,
        key: &Key,
        step: impl FnOnce(&Path, Option<Bytes>) -> std::io::Result<T>,
    ) -> StoreFuture<'_, T> {
        let run = || {
            let lock = File::create(self.dir.join("lock"))?;
            FileExt::lock(&lock)?;
            let file = self.dir.join(key.digest());
            let record = match fs::read(&file) {
                Ok(text) => {
                    let (end, record) = text.split_first_chunk().ok_or(std::io::ErrorKind::InvalidData)?;
                    (now() < u64::from_le_bytes(*end)).then(|| Bytes::copy_from_slice(record))
                }
                Err(_) => None,
            };
            step(&file, record)
        };
        let outcome = run().map_err(StoreError::new);
        Box::pin(std::future::ready(outcome))
    }
}

fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the time of all processes")]
    let now = SystemTime::now();
    u64::try_from(now.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Replaces the file as a whole, so that a process that is killed leaves the old one.
fn write(file: &Path, record: &[u8], keep_for: Duration) -> std::io::Result<()> {
    let end = now() + u64::try_from(keep_for.as_millis()).unwrap();
    let new = file.with_extension("new");
    fs::write(&new, [&end.to_le_bytes(), record].concat())?;
    fs::rename(new, file)
}

impl CacheStore for FileStore {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        self.entries.lookup(key)
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.entries.put(entry)
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.entries.is_valid(entry)
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.entries.invalidate(targets)
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.entries.clear()
    }

    fn has_claims(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        self.locked(key, |file, found| match found {
            Some(found) => Ok(ClaimOutcome::Taken(found)),
            None => write(file, &record, keep_for).map(|()| ClaimOutcome::Won),
        })
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        self.locked(key, |file, found| match next {
            _ if found.as_ref() != Some(held) => Ok(false),
            Some(next) => write(file, &next, keep_for).map(|()| true),
            None => fs::remove_file(file).map(|()| true),
        })
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.entries.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.entries.health()
    }
}
