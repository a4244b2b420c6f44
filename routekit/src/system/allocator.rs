//! What the allocator counts, if it does.

use super::document::AllocatorMetrics;

/// The figures of the allocator that the program uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AllocatorFigures {
    pub(super) heap_used: Option<u64>,
    pub(super) heap_total: Option<u64>,
    pub(super) more: Option<AllocatorMetrics>,
}

impl AllocatorFigures {
    /// Reads those of each allocator that is in use: a counting allocator may count the calls of jemalloc.
    pub(super) fn read() -> Self {
        #[allow(unused_mut, reason = "without the features, no allocator has figures")]
        let mut figures = Self::default();
        #[cfg(feature = "alloc-stats")]
        counting(&mut figures);
        #[cfg(feature = "jemalloc")]
        jemalloc(&mut figures);
        figures
    }
}

#[cfg(feature = "alloc-stats")]
fn counting(figures: &mut AllocatorFigures) {
    let totals = routekit_alloc::totals();
    if totals.allocated.count > 0 {
        figures.heap_used = Some(totals.allocated.bytes.saturating_sub(totals.freed_bytes));
        let more = figures.more.get_or_insert_default();
        more.allocated_bytes = Some(totals.allocated.bytes);
        more.allocations = Some(totals.allocated.count);
    }
}

#[cfg(feature = "jemalloc")]
fn jemalloc(figures: &mut AllocatorFigures) {
    use tikv_jemalloc_ctl::{epoch, stats};

    // Statistics are those of the last epoch.
    if !jemalloc_is_used() || epoch::advance().is_err() {
        return;
    }
    let bytes = |read: tikv_jemalloc_ctl::Result<usize>| read.ok().and_then(|bytes| u64::try_from(bytes).ok());
    figures.heap_used = bytes(stats::allocated::read());
    figures.heap_total = bytes(stats::resident::read());
    let more = figures.more.get_or_insert_default();
    more.active_bytes = bytes(stats::active::read());
    more.retained_bytes = bytes(stats::retained::read());
}

/// Whether jemalloc is the global allocator. It is linked in any case, so an allocation shows it.
#[cfg(feature = "jemalloc")]
fn jemalloc_is_used() -> bool {
    use std::{hint::black_box, sync::LazyLock};

    static IS_USED: LazyLock<bool> = LazyLock::new(|| {
        let Ok(allocated) = tikv_jemalloc_ctl::thread::allocatedp::read() else { return false };
        let before = allocated.get();
        drop(black_box(Box::new([0_u8; 64])));
        allocated.get() > before
    });
    *IS_USED
}
