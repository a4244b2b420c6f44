//! Invalidated patterns that cannot be expressed as tags.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

use crate::cache::validity::{glob::Glob, key_text::KeyText};

/// With one more, the oldest is dropped and raises the floor, which invalidates all entries that are at least as old.
const MAX_BANS: usize = 64;

/// The ban list. An entry is compared only with bans that are newer than its stamp.
#[derive(Default)]
pub(in crate::cache) struct Bans {
    list: RwLock<Vec<Ban>>,
    /// The latest number: an entry with a later stamp need not be compared with the list.
    latest: AtomicU64,
}

struct Ban {
    number: u64,
    partition: String,
    pattern: Glob,
}

impl Bans {
    /// Adds a pattern. If the list is full, `flush` invalidates the entries that are older than the oldest ban.
    pub(in crate::cache) fn add(&self, partition: &str, pattern: &Glob, number: u64, flush: impl FnOnce(u64)) {
        self.latest.fetch_max(number, Ordering::SeqCst);
        let mut bans = self.list.write();
        // Numbers may arrive out of order.
        if let Some(ban) = bans.iter_mut().find(|ban| ban.partition == partition && ban.pattern == *pattern) {
            ban.number = number.max(ban.number);
            return;
        }
        bans.push(Ban { number, partition: partition.to_owned(), pattern: pattern.clone() });
        if bans.len() > MAX_BANS
            && let Some(oldest) = (0..bans.len()).min_by_key(|index| bans[*index].number)
        {
            // Raised first, so that a reader that misses the ban finds the floor.
            flush(bans[oldest].number);
            bans.swap_remove(oldest);
        }
    }

    /// Whether a ban after `stamp` matches the text of a key. The floor must be read afterwards.
    pub(in crate::cache) fn forbid<'t>(&self, stamp: u64, text: impl FnOnce() -> &'t KeyText) -> bool {
        if self.latest.load(Ordering::SeqCst) <= stamp {
            return false;
        }
        let bans = self.list.read();
        let mut later = bans.iter().filter(|ban| ban.number > stamp).peekable();
        if later.peek().is_none() {
            return false;
        }
        let text = text();
        later.any(|ban| text.matches(&ban.partition, &ban.pattern))
    }
}
