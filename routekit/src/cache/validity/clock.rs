//! The logical clock: which entries are still valid.
//!
//! 1. Every invalidation takes the clock's next number and records it for what it invalidates. That is all it does: it costs the same
//!    whether ten entries carry the tag or a million.
//! 2. Every entry has a stamp: what the clock said before its handler ran. It is valid while nothing that it carries has a number
//!    later than its stamp. So an answer that was computed before an invalidation and stored after it is never served.
//! 3. The clock moves twice for an invalidation: before its number is recorded, to give it one that no fill under way is
//!    stamped with, and after it, so that whoever found an entry valid in between looks again.
//! 4. An entry remembers what the clock said when it last proved valid. While the clock has not moved, nothing can have changed.
//! 5. Numbers that are forgotten (a full tag table, a full ban list) raise the floor, below which every stamp is invalid.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cache::{Tag, bans::Bans, entry::Entry, glob::Glob, tag, tag_table::TagTable, template::Template};

/// What a cache's logical clock said. A later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

impl Stamp {
    /// A number of a store's own clock.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What is to be invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(What);

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Tag(Tag),
    Pattern { partition: String, pattern: Glob },
}

impl Target {
    /// Whatever carries this tag.
    #[must_use]
    pub const fn tag(tag: Tag) -> Self {
        Self(What::Tag(tag))
    }

    /// Whatever was answered for a path that fits this pattern. `*` is any text; a pattern with a `?` is about path and query. A path with
    /// placeholders is the template of a route; beside a `*`, a placeholder is any text as well.
    ///
    /// A path, a prefix that ends with `/*`, and a template are tags; any other is a ban, which each older entry is tested against.
    #[must_use]
    pub fn pattern(partition: &str, pattern: &str) -> Self {
        if !pattern.contains('{') {
            return Self::glob(partition, Glob::new(pattern));
        }
        if names_route(pattern) {
            return Self::tag(Tag::route(partition, pattern));
        }
        Self::glob(partition, Template::new(pattern).fill_pattern(&[], |_| None))
    }

    /// The tag, if it is one.
    #[must_use]
    pub const fn as_tag(&self) -> Option<Tag> {
        match &self.0 {
            What::Tag(tag) => Some(*tag),
            What::Pattern { .. } => None,
        }
    }

    /// Whether this entry is one of those that it is about.
    #[must_use]
    pub fn is_about(&self, entry: &Entry) -> bool {
        match &self.0 {
            What::Tag(tag) => entry.tags().contains(tag),
            What::Pattern { partition, pattern } => entry.readable().fits(partition, pattern),
        }
    }

    pub(in crate::cache) fn glob(partition: &str, pattern: Glob) -> Self {
        if pattern.has_query() {
            return Self(What::Pattern { partition: partition.to_owned(), pattern });
        }
        if let Some(path) = pattern.literal() {
            return Self::tag(Tag::path(partition, path));
        }
        match pattern.prefix() {
            Some(prefix) if tag::is_prefix_tag(prefix) => Self::tag(Tag::prefix(partition, prefix)),
            _ => Self(What::Pattern { partition: partition.to_owned(), pattern }),
        }
    }
}

/// Whether a pattern is the template of a route, and not one over paths.
pub(in crate::cache) fn names_route(pattern: &str) -> bool {
    pattern.contains('{') && (!pattern.contains(['*', '?']) || pattern.contains("{*"))
}

/// The clock and everything that has a number.
pub(in crate::cache) struct Validity {
    clock: AtomicU64,
    numbers: TagTable,
    bans: Bans,
}

impl Validity {
    /// Remembers the numbers of about this many tags.
    pub(in crate::cache) fn new(tags: usize) -> Self {
        Self { clock: AtomicU64::new(1), numbers: TagTable::new(tags), bans: Bans::default() }
    }

    /// What an answer is stamped with that is computed from now on.
    pub(in crate::cache) fn stamp(&self) -> Stamp {
        Stamp(self.clock.load(Ordering::SeqCst))
    }

    /// Makes invalid whatever was stamped before now and is one of these.
    pub(in crate::cache) fn invalidate(&self, targets: &[Target]) -> Stamp {
        let number = self.tick();
        for Target(what) in targets {
            match what {
                What::Tag(tag) => self.numbers.record(*tag, number),
                What::Pattern { partition, pattern } => {
                    self.bans.add(partition, pattern, number, |number| self.numbers.raise_floor(number));
                }
            }
        }
        self.tick();
        Stamp(number)
    }

    /// Makes invalid whatever was stamped before now.
    pub(in crate::cache) fn invalidate_all(&self) -> Stamp {
        let number = self.tick();
        self.numbers.raise_floor(number);
        self.tick();
        Stamp(number)
    }

    /// Whether nothing that was invalidated after its stamp concerns this entry.
    pub(in crate::cache) fn holds(&self, entry: &Entry) -> bool {
        // Read before anything else: what is recorded while we look moves it again.
        let clock = self.clock.load(Ordering::SeqCst);
        if entry.proven.load(Ordering::Relaxed) == clock {
            return true;
        }
        let stamp = entry.stamp().number();
        let holds = entry.tags().iter().all(|tag| self.numbers.last(*tag) <= stamp)
            && !self.bans.forbid(stamp, || entry.readable())
            // Last, since a number is forgotten only once the floor is raised.
            && self.numbers.floor() <= stamp;
        if holds {
            entry.proven.store(clock, Ordering::Relaxed);
        }
        holds
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::AtomicUsize,
        thread,
        time::{Duration, Instant},
    };

    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::{
        cache::{Key, Snapshot},
        clock::ManualClock,
    };

    fn entry(name: &str, stamp: Stamp, now: Instant) -> Entry {
        let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), b"");
        Entry::new(Key::new(name), answer, stamp, now, Duration::from_secs(60)).with_tags([Tag::named("", name)])
    }

    /// An entry that is found valid while its tag's number is on its way must not be taken for proven afterwards. Without the clock's second
    /// move, or with the clock read last, this fails within some thousand rounds.
    #[test]
    fn what_was_proven_meanwhile_is_looked_at_again() {
        const ROUNDS: usize = 100_000;
        let validity = Validity::new(1 << 16);
        let (stamp, now) = (validity.stamp(), ManualClock::new().now());
        let entries: Vec<Entry> = (0..ROUNDS).map(|round| entry(&round.to_string(), stamp, now)).collect();
        let round = AtomicUsize::new(0);
        thread::scope(|threads| {
            threads.spawn(|| {
                while let Some(entry) = entries.get(round.load(Ordering::Relaxed)) {
                    validity.holds(entry);
                }
            });
            for (number, entry) in entries.iter().enumerate() {
                round.store(number, Ordering::Relaxed);
                validity.invalidate(&[Target::tag(entry.tags()[0])]);
                // More than once: the other thread may be about to take it for proven.
                let holds = (0..20).any(|_| validity.holds(entry));
                if holds {
                    // Else the other thread would never end.
                    round.store(ROUNDS, Ordering::Relaxed);
                }
                assert!(!holds, "round {number}");
            }
            round.store(ROUNDS, Ordering::Relaxed);
        });
    }

    #[test]
    fn an_unchanged_clock_proves_what_it_proved_before() {
        let validity = Validity::new(64);
        let now = ManualClock::new().now();
        let one = entry("one", validity.stamp(), now);
        assert!(validity.holds(&one));
        let proven = one.proven.load(Ordering::Relaxed);
        assert!(validity.holds(&one));
        assert_eq!(proven, validity.stamp().number());
        validity.numbers.record(one.tags()[0], u64::MAX);
        assert!(validity.holds(&one), "its tags are not looked at as long as the clock stands");
        validity.invalidate(&[Target::tag(Tag::named("", "other"))]);
        assert!(!validity.holds(&one), "and then they are");
        let two = entry("two", validity.stamp(), now);
        validity.invalidate(&[Target::tag(Tag::named("", "other"))]);
        assert!(validity.holds(&two), "it was another tag");
        validity.invalidate_all();
        assert!(!validity.holds(&two));
        assert!(validity.holds(&entry("three", validity.stamp(), now)));
    }
}
