use std::{
    alloc::{GlobalAlloc, Layout, System},
    fmt,
};

use crate::counts::{allocated, freed};

/// An allocator that counts, and leaves the work to another one. See the [crate docs](crate) for an example.
pub struct CountingAllocator<A = System>(A);

impl CountingAllocator {
    /// Counts the allocations of the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self(System)
    }
}

impl<A> CountingAllocator<A> {
    /// Counts the allocations of this allocator, such as `tikv_jemallocator::Jemalloc`.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self(inner)
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: every call is passed to the inner allocator as it is. Counting does not allocate, does not panic, and touches
// no memory that was allocated.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise for `layout` is that of the inner allocator.
        let memory = unsafe { self.0.alloc(layout) };
        count_if_there(memory, layout)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        let memory = unsafe { self.0.alloc_zeroed(layout) };
        count_if_there(memory, layout)
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: the inner allocator has allocated `memory` with this layout.
        unsafe { self.0.dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the inner allocator has allocated `memory` with this layout, and the caller's promise for `new_size`
        // is that of the inner allocator.
        let moved = unsafe { self.0.realloc(memory, layout, new_size) };
        if !moved.is_null() {
            match new_size.checked_sub(layout.size()) {
                Some(more) => allocated(more),
                None => freed(layout.size() - new_size),
            }
        }
        moved
    }
}

#[inline]
fn count_if_there(memory: *mut u8, layout: Layout) -> *mut u8 {
    if !memory.is_null() {
        allocated(layout.size());
    }
    memory
}

impl<A> fmt::Debug for CountingAllocator<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountingAllocator")
    }
}
