//! Counts of a program whose global allocator counts.

#![allow(clippy::unwrap_used, reason = "all of this is test code, helpers included")]

use std::{hint::black_box, thread};

use routekit_alloc::{CountingAllocator, Scope, Totals, is_counting, totals};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

/// The bytes and the number of allocations of a call.
fn measured<T>(run: impl FnOnce() -> T) -> (u64, u64) {
    let scope = Scope::enter().unwrap();
    let result = run();
    let counts = scope.counts();
    drop(scope);
    drop(result);
    (counts.bytes, counts.count)
}

#[test]
fn scope_counts_each_kind_of_allocation() {
    for (name, expected, run) in [
        ("nothing", (0, 0), (|| drop(black_box(Vec::<u8>::new()))) as fn()),
        ("allocated", (1_000, 1), || drop(black_box(Vec::<u8>::with_capacity(1_000)))),
        ("zeroed", (1_000, 1), || drop(black_box(vec![0_u8; 1_000]))),
        ("aligned", (4_096, 1), || drop(black_box(Box::new(Page([1; 4_096]))))),
        ("grown", (3_000, 2), || {
            let mut bytes = black_box(Vec::<u8>::with_capacity(1_000));
            bytes.reserve_exact(3_000);
            drop(black_box(bytes));
        }),
        ("shrunk", (3_000, 1), || {
            let mut bytes = black_box(Vec::<u8>::with_capacity(3_000));
            bytes.shrink_to(1_000);
            drop(black_box(bytes));
        }),
    ] {
        assert_eq!(measured(run), expected, "{name}");
    }
}

#[repr(align(4096))]
struct Page(#[allow(dead_code, reason = "only its size counts")] [u8; 4_096]);

#[test]
fn allocation_shows_that_the_allocator_counts() {
    drop(black_box(Vec::<u8>::with_capacity(1)));
    assert!(is_counting());
}

#[test]
fn scope_within_a_scope_is_none() {
    let outer = Scope::enter().unwrap();
    assert!(Scope::enter().is_none());
    drop(outer);
    assert!(Scope::enter().is_some());
}

#[test]
fn scope_ends_with_a_panic() {
    let caught = std::panic::catch_unwind(|| {
        let _scope = Scope::enter().unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(caught.is_err());
    assert!(Scope::enter().is_some());
}

#[test]
fn scope_leaves_out_other_threads() {
    let (go, started) = std::sync::mpsc::sync_channel::<()>(0);
    let (done, ended) = std::sync::mpsc::sync_channel::<()>(0);
    let other = thread::spawn(move || {
        started.recv().unwrap();
        drop(black_box(vec![0_u8; 1 << 20]));
        done.send(()).unwrap();
    });
    go.send(()).unwrap();
    let (bytes, _) = measured(|| ended.recv());
    assert!(bytes < 1 << 20, "{bytes}");
    other.join().unwrap();
}

/// The only test that compares totals of the process: others run at the same time, so it allocates far more than they.
#[test]
fn totals_are_those_of_all_threads() {
    const SIZE: u64 = 64 << 20;
    let since = |before: Totals| {
        let now = totals();
        (now.allocated.bytes - before.allocated.bytes, now.freed_bytes - before.freed_bytes)
    };
    let before = totals();
    let kept = thread::spawn(|| vec![1_u8; SIZE as usize]).join().unwrap();
    let (allocated, freed) = since(before);
    assert!((SIZE..SIZE + (8 << 20)).contains(&allocated), "{allocated}");
    assert!(freed < SIZE, "{freed}");
    drop(kept);
    let (_, freed) = since(before);
    assert!(freed >= SIZE, "{freed}");

    // Small ones of a thread that ends are there but for the last 16 KiB.
    let before = totals();
    let run = || (0..1_000).for_each(|_| drop(black_box(Box::new([1_u8; 1_000]))));
    thread::spawn(run).join().unwrap();
    let (allocated, _) = since(before);
    assert!(allocated >= 1_000_000 - 16 * 1_024, "{allocated}");
    assert!(totals().allocated.count - before.allocated.count >= 900);
}
