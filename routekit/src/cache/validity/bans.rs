//! Patterns that no tag stands for, each with the number it was invalidated by.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::cache::{glob::Glob, key::Readable};

/// More are not kept: the oldest raises the floor instead, by which whatever is as old is invalid.
const MOST: usize = 64;

/// The ban list: tested only against entries that are older than a ban.
#[derive(Default)]
pub(in crate::cache) struct Bans {
    list: RwLock<Vec<Ban>>,
    /// The latest number: who is as young as this need not look at the list.
    latest: AtomicU64,
}

struct Ban {
    number: u64,
    partition: String,
    pattern: Glob,
}

impl Bans {
    /// Adds a pattern. Where the list is too long, `raise_floor` makes whatever is as old as the oldest of it invalid.
    pub(in crate::cache) fn add(&self, partition: &str, pattern: &Glob, number: u64, raise_floor: impl FnOnce(u64)) {
        self.latest.fetch_max(number, Ordering::SeqCst);
        let mut bans = self.list.write().unwrap_or_else(PoisonError::into_inner);
        // Numbers may come out of order.
        if let Some(ban) = bans.iter_mut().find(|ban| ban.partition == partition && ban.pattern == *pattern) {
            ban.number = number.max(ban.number);
            return;
        }
        bans.push(Ban { number, partition: partition.to_owned(), pattern: pattern.clone() });
        if bans.len() > MOST
            && let Some(oldest) = (0..bans.len()).min_by_key(|index| bans[*index].number)
        {
            // Before it is gone, so that whoever misses it finds the floor.
            raise_floor(bans[oldest].number);
            bans.swap_remove(oldest);
        }
    }

    /// Whether a later ban than this number forbids an entry with this key. Look at the floor afterwards.
    pub(in crate::cache) fn forbid(&self, stamp: u64, readable: impl FnOnce() -> Readable) -> bool {
        if self.latest.load(Ordering::SeqCst) <= stamp {
            return false;
        }
        let bans = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let mut later = bans.iter().filter(|ban| ban.number > stamp).peekable();
        if later.peek().is_none() {
            return false;
        }
        let readable = readable();
        later.any(|ban| readable.fits(&ban.partition, &ban.pattern))
    }
}
