//! One program for all targets: the variable `TARGET` names one.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/targets.rs"]
mod targets;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    let found = targets::TARGETS.into_iter().find(|(known, _)| *known == name);
    let names = targets::TARGETS.map(|(name, _)| name).join(", ");
    found.unwrap_or_else(|| panic!("set `TARGET` to one of {names}")).1
});

fuzz_target!(|data: &[u8]| TARGET(data));
