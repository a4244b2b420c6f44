use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

/// Bytes and number of allocations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The bytes that were allocated, also if they are already freed.
    pub bytes: u64,
    /// The number of allocations.
    pub count: u64,
}

/// The counts of the process since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Everything that was allocated.
    pub allocated: Counts,
    /// The bytes that were freed.
    pub freed_bytes: u64,
}

/// A thread adds its counts to the totals once they have grown by this many bytes.
const BATCH: u64 = 16 * 1024;

static BYTES: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// The counts of a thread. They wrap around, and only differences are read.
struct ThreadCounts {
    bytes: Cell<u64>,
    count: Cell<u64>,
    freed: Cell<u64>,
    /// The parts that the totals have.
    added_bytes: Cell<u64>,
    added_count: Cell<u64>,
    added_freed: Cell<u64>,
    /// Whether a scope is open.
    in_scope: Cell<bool>,
}

thread_local! {
    // A constant without a destructor: neither the first access nor the end of the thread runs code, which could
    // allocate.
    static THREAD: ThreadCounts = const {
        ThreadCounts {
            bytes: Cell::new(0),
            count: Cell::new(0),
            freed: Cell::new(0),
            added_bytes: Cell::new(0),
            added_count: Cell::new(0),
            added_freed: Cell::new(0),
            in_scope: Cell::new(false),
        }
    };
}

/// Returns the counts of the process. All are 0 if the global allocator of the program is another one.
#[must_use]
pub fn totals() -> Totals {
    let _ = THREAD.try_with(ThreadCounts::add_to_totals);
    let of = |total: &AtomicU64| total.load(Ordering::Relaxed);
    Totals { allocated: Counts { bytes: of(&BYTES), count: of(&COUNT) }, freed_bytes: of(&FREED) }
}

/// Returns whether this thread has allocated anything that was counted: whether the program's global allocator counts.
#[inline]
#[must_use]
pub fn is_counting() -> bool {
    of_this_thread().count > 0
}

#[inline]
pub(crate) fn allocated(bytes: usize) {
    let _ = THREAD.try_with(|thread| {
        let now = thread.bytes.get().wrapping_add(bytes as u64);
        thread.bytes.set(now);
        thread.count.set(thread.count.get().wrapping_add(1));
        if now.wrapping_sub(thread.added_bytes.get()) >= BATCH {
            thread.add_to_totals();
        }
    });
}

#[inline]
pub(crate) fn freed(bytes: usize) {
    let _ = THREAD.try_with(|thread| {
        let now = thread.freed.get().wrapping_add(bytes as u64);
        thread.freed.set(now);
        if now.wrapping_sub(thread.added_freed.get()) >= BATCH {
            thread.add_to_totals();
        }
    });
}

/// What this thread has allocated since its start.
#[inline]
pub(crate) fn of_this_thread() -> Counts {
    let counts = |thread: &ThreadCounts| Counts { bytes: thread.bytes.get(), count: thread.count.get() };
    THREAD.try_with(counts).unwrap_or_default()
}

/// Notes whether a scope is open on this thread. Returns whether one was.
#[inline]
pub(crate) fn set_in_scope(open: bool) -> bool {
    THREAD.try_with(|thread| thread.in_scope.replace(open)).unwrap_or(true)
}

impl ThreadCounts {
    #[cold]
    fn add_to_totals(&self) {
        let add = |total: &AtomicU64, now: &Cell<u64>, added: &Cell<u64>| {
            // Nothing is read because of a total, so no other memory has to be in order with it.
            total.fetch_add(now.get().wrapping_sub(added.replace(now.get())), Ordering::Relaxed);
        };
        add(&BYTES, &self.bytes, &self.added_bytes);
        add(&COUNT, &self.count, &self.added_count);
        add(&FREED, &self.freed, &self.added_freed);
    }
}
