//! Tests on random input that report the smallest input that fails.

use std::panic::Location;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseResult, TestRunner},
};

/// Runs `test` on `cases` random values of `inputs`.
///
/// # Panics
/// With the smallest failing value that proptest finds.
#[track_caller]
pub(crate) fn check<S: Strategy>(cases: u32, inputs: &S, test: impl Fn(S::Value) -> TestCaseResult) {
    let at = Location::caller();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    if let Err(error) = runner.run(inputs, test) {
        panic!("the property at {at}: {error}");
    }
}
