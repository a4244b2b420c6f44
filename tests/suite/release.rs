//! What is published: each package has all of its files, and no dependency needs a newer compiler than it promises.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::output_of;

const CRATES: [&str; 5] = ["routekit", "routekit-alloc", "routekit-grammar", "routekit-macros", "routekit-swagger-ui"];

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    output_of(Command::new(cargo).args(arguments).current_dir(workspace()))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The files that `include_str!` and `include_bytes!` name in a source file, relative to the package.
fn included(package: &Path, file: &str) -> Vec<String> {
    let text = fs::read_to_string(package.join(file)).unwrap();
    let dir = Path::new(file).parent().unwrap();
    let names = ["include_str!(\"", "include_bytes!(\""].into_iter().flat_map(|start| {
        text.split(start).skip(1).filter_map(|rest| rest.split_once("\")").map(|(name, _)| name.to_owned()))
    });
    names.map(|name| normal(&dir.join(name))).collect()
}

/// The path without `..`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str().unwrap().split('/') {
        match part {
            ".." => parts.truncate(parts.len() - 1),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn each_package_has_its_licences_its_readme_and_the_files_that_its_code_includes() {
    for name in CRATES {
        let list = cargo(&["package", "--list", "--allow-dirty", "-p", name]);
        let files: BTreeSet<&str> = list.lines().collect();
        for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "Cargo.toml", "src/lib.rs"] {
            assert!(files.contains(file), "{name} has no {file}");
        }
        let sources = files.iter().filter(|file| file.starts_with("src/") && file.ends_with(".rs"));
        for (source, included) in sources
            .flat_map(|file| included(&workspace().join(name), file).into_iter().map(move |included| (file, included)))
        {
            assert!(files.contains(included.as_str()), "{name}: {source} includes {included}, which is not packaged");
        }
    }
}

#[test]
fn no_dependency_needs_a_newer_compiler_than_the_packages_promise() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--locked", "--all-features"])).unwrap();
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let rust = |package: &Value| package["rust_version"].as_str().map(version);
    let packages = metadata["packages"].as_array().unwrap();
    let named = |name: &str| packages.iter().find(|package| package["name"] == name).unwrap();
    let promised = rust(named("routekit")).unwrap();
    assert!(CRATES.iter().all(|name| rust(named(name)).as_ref() == Some(&promised)), "all promise the same");
    // What users of any feature compile; what only tests need may be newer.
    let tree =
        cargo(&["tree", "--locked", "-p", "routekit", "--all-features", "--edges", "normal,build", "--prefix", "none"]);
    let used: BTreeSet<(&str, &str)> =
        tree.lines().filter_map(|line| line.split_once(" v")).map(|(name, rest)| (name, first_word(rest))).collect();
    assert!(used.len() > 100, "the tree was read");
    for package in packages {
        let (name, of) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        if used.contains(&(name, of)) {
            assert!(rust(package).is_none_or(|needed| needed <= promised), "{name} {of} needs a newer compiler");
        }
    }
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}
