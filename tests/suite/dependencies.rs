//! The dependency tree of a program that uses routekit.

use std::{collections::BTreeSet, process::Command};

/// Build tools and C libraries that a machine with cargo and a C linker lacks.
const BANNED: &[&str] =
    &["aws-lc-sys", "bindgen", "cmake", "native-tls", "openssl-sys", "pkg-config", "prost-build", "protoc"];

#[test]
fn dependency_tree_needs_only_cargo_and_a_c_linker() {
    for features in [&[] as &[&str], &["--all-features"]] {
        check_tree(features);
    }
}

fn check_tree(features: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "-p", "routekit", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("axum"), "the tree was read: {tree}");
    let matchers = tree.lines().filter(|line| line.starts_with("matchit ")).map(|line| line.split(' ').nth(1));
    assert_eq!(matchers.collect::<BTreeSet<_>>().len(), 1, "paths are checked by the matcher that axum uses: {tree}");
    let found: Vec<&&str> = crates.iter().filter(|name| BANNED.contains(name)).collect();
    assert!(found.is_empty(), "{features:?}: {found:?}");
}
