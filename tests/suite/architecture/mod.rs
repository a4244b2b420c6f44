//! Dependencies run one way: between the storeys of routekit, between the rooms of the cache, and within each folder.
//!
//! A file uses another if it imports an item that the other defines, or names it by a path. Re-exports are followed
//! to the file that defines the item, `#[cfg(test)]` code does not count, and neither does a re-export by itself.

mod graph;
mod made_up;
mod outside;
mod source;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::LazyLock,
};

use self::{
    graph::{Graph, entry},
    source::Sources,
};

/// From the ground floor to the roof. Modules on one line are siblings that must not use each other.
const STOREYS: &[&[&str]] = &[
    &["base"],
    &["content_coding", "observe", "problem", "system"],
    &["deadline", "deps", "recording", "shared_commands", "shared_quotas", "shutdown"],
    &["route"],
    &["client_address", "identity"],
    &[
        "access_log",
        "alerts",
        "auth",
        "body_limit",
        "breaker",
        "cache",
        "catch_panic",
        "concurrency",
        "correlation",
        "deprecation",
        "edge",
        "explained",
        "extract",
        "metrics",
        "rate_limit",
        "respond",
        "sensitive_headers",
        "statistics",
        "telemetry",
        "timeout",
        "watch",
    ],
    &["idempotency"],
    &["config", "generated", "health", "performance", "retry"],
    &["policy"],
    &["openapi", "prometheus"],
    &["admin", "grafana", "manifest"],
    &["app"],
    &["cli", "test"],
    &["__private"],
];

/// Not storeys: the guide, the crate's root and its macros.
const WITHOUT_A_STOREY: &[&str] = &["guide", "lib", "macros"];

/// The rooms of the cache; each uses only rooms listed after it.
const CACHE_ROOMS: &[&str] = &[
    "builder",
    "http",
    "values",
    "invalidation",
    "claims",
    "cache",
    "events",
    "coalesce",
    "backend",
    "tiered",
    "redis",
    "redis_fallback",
    "store",
    "validity",
    "stats",
    "headers",
];

/// Groups of entries of a folder that use each other. Must be exact, so that the list can only shrink.
const KNOWN_CYCLES: &[(&str, &[&[&str]])] = &[];

/// Pairs of rooms where the first uses the second although it is listed after it. Must be exact.
const KNOWN_ROOMS_UPWARDS: &[(&str, &str)] = &[];

/// The same list for `routekit-macros/src`.
const KNOWN_CYCLES_OF_MACROS: &[(&str, &[&[&str]])] = &[];

fn src_of(package: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src")
}

static ROUTEKIT: LazyLock<Sources> = LazyLock::new(|| Sources::read(&src_of("routekit")));

#[test]
fn dependencies_run_one_way() {
    let graph = ROUTEKIT.graph();
    let wrong = against_the_storeys(&graph, STOREYS);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let modules = graph.uses.keys().filter_map(|file| entry("", file));
    let modules: BTreeSet<&str> = modules.filter(|module| !WITHOUT_A_STOREY.contains(module)).collect();
    let listed: BTreeSet<&str> = STOREYS.iter().copied().flatten().copied().collect();
    assert_eq!(modules, listed, "every module has one storey, and every storey lists modules that exist");
}

#[test]
fn folders_of_routekit_have_no_import_cycles() {
    assert_cycles(&ROUTEKIT.graph(), KNOWN_CYCLES);
}

#[test]
fn folders_of_routekit_macros_have_no_import_cycles() {
    assert_cycles(&Sources::read(&src_of("routekit-macros")).graph(), KNOWN_CYCLES_OF_MACROS);
}

#[test]
fn cache_rooms_use_only_rooms_below() {
    let found = upwards(&ROUTEKIT.graph(), "cache", CACHE_ROOMS);
    let pairs: BTreeSet<(&str, &str)> = found.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let known: BTreeSet<(&str, &str)> = KNOWN_ROOMS_UPWARDS.iter().copied().collect();
    assert_eq!(pairs, known, "left: pairs of rooms that were found, right: the known ones. All uses: {found:#?}");
}

/// Uses of a module that does not stand on a storey below.
fn against_the_storeys(graph: &Graph, storeys: &[&[&str]]) -> Vec<String> {
    let storey = |module: &str| storeys.iter().position(|modules| modules.contains(&module));
    let mut wrong = Vec::new();
    for (file, used) in &graph.uses {
        let module = entry("", file).unwrap();
        if WITHOUT_A_STOREY.contains(&module) {
            continue;
        }
        let own = storey(module).unwrap_or_else(|| panic!("`{module}` has no storey; give it one"));
        for other in used {
            let used = entry("", other).unwrap();
            let is_below = storey(used).is_some_and(|storey| storey < own) || used == "macros";
            if used != module && !is_below {
                wrong.push(format!("{file}: `{module}` may not use `{used}` ({other})"));
            }
        }
    }
    wrong
}

/// Uses of a room by one that is listed after it. A room that does not exist is ignored.
fn upwards(graph: &Graph, folder: &str, rooms: &[&str]) -> BTreeMap<(String, String), Vec<String>> {
    let position = |file: &str| {
        let room = entry(folder, file)?;
        rooms.iter().position(|listed| *listed == room)
    };
    let mut found: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (file, used) in &graph.uses {
        for other in used {
            let (Some(from), Some(to)) = (position(file), position(other)) else { continue };
            if to < from {
                let pair = (rooms[from].to_owned(), rooms[to].to_owned());
                found.entry(pair).or_default().push(format!("{file} uses {other}"));
            }
        }
    }
    found
}

/// Compares the cycles of a crate with the known ones; one that is gone has to leave the list.
fn assert_cycles(graph: &Graph, known: &[(&str, &[&[&str]])]) {
    let found = graph.cycles();
    let known: BTreeMap<String, Vec<BTreeSet<String>>> = known
        .iter()
        .map(|(folder, groups)| {
            let groups = groups.iter().map(|group| group.iter().map(|entry| (*entry).to_owned()).collect());
            ((*folder).to_owned(), groups.collect())
        })
        .collect();
    let mut wrong = Vec::new();
    for (folder, groups) in &found {
        for group in groups.iter().filter(|group| !known.get(folder).is_some_and(|known| known.contains(group))) {
            let uses = graph.uses_within(folder, group);
            wrong.push(format!("`{folder}`: a cycle of {group:?}\n    {}", uses.join("\n    ")));
        }
    }
    for (folder, groups) in &known {
        for group in groups.iter().filter(|group| !found.get(folder).is_some_and(|found| found.contains(group))) {
            wrong.push(format!("`{folder}`: the listed cycle of {group:?} is gone; take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "{}\nAll cycles that were found: {found:?}", wrong.join("\n"));
}
