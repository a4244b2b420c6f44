//! What the allocator counts, if it does.

use super::document::AllocatorMetrics;

/// The figures of the allocator that the program uses.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct AllocatorFigures {
    pub(super) heap_used: Option<u64>,
    pub(super) heap_total: Option<u64>,
    pub(super) more: Option<AllocatorMetrics>,
}

impl AllocatorFigures {
    pub(super) fn read() -> Self {
        Self::default()
    }
}
