//! Compile errors, word for word. rustc lists "other types that implement" a trait, so a new extractor changes a few of
//! them. `TRYBUILD=overwrite` rewrites the files; their diff is the change to review.

use std::{path::Path, process::Command};

/// Messages of the compiler differ between versions, so they are compared for this version only.
const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
fn compile_errors() {
    let output = Command::new("rustc").arg("-V").output().expect("there is a compiler");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    if !version.starts_with(TOOLCHAIN) {
        assert!(std::env::var_os("CI").is_none(), "the compile-error fixtures want {TOOLCHAIN}*, this is {version}");
        eprintln!("SKIPPED: the compile-error fixtures want {TOOLCHAIN}*, this is {version}");
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = trybuild::TestCases::new();
    cases.compile_fail(here.join("ui/*.rs"));
    cases.pass(here.join("ui/pass/*.rs"));
}
