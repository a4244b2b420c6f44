//! Which file uses which, and the cycles of that within each folder.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Module, Segments, Sources, joined};

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// An item, in the file that defines it.
    Item { file: String },
    /// A module itself; what its path is continued with counts, and not the module.
    Module,
    /// A path of another crate, with aliases written out.
    External(Segments),
}

/// Files, each with the files that it uses.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) uses: BTreeMap<String, BTreeSet<String>>,
}

/// Longest chain of re-exports that is followed.
const MAX_REEXPORTS: usize = 16;

impl Sources {
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (path, module) in &self.modules {
            let uses = graph.uses.entry(module.file.clone()).or_default();
            for segments in self.named(module) {
                if let Target::Item { file } = self.resolve(path, &segments)
                    && file != module.file
                {
                    uses.insert(file);
                }
            }
        }
        graph
    }

    /// Paths of other crates that a module imports or names.
    pub(super) fn external<'a>(&'a self, path: &'a Segments) -> impl Iterator<Item = Segments> + 'a {
        let module = &self.modules[path];
        self.named(module).into_iter().filter_map(|segments| match self.resolve(path, &segments) {
            Target::External(path) => Some(path),
            Target::Item { .. } | Target::Module => None,
        })
    }

    /// What a module uses. A re-export alone is no use: it is for those outside.
    fn named(&self, module: &Module) -> BTreeSet<Segments> {
        let imports = module.imports.iter().filter(|import| !import.reexport).map(|import| import.path.clone());
        module.paths.iter().cloned().chain(imports).collect()
    }

    /// What a path that stands in the module `at` leads to.
    pub(super) fn resolve(&self, at: &Segments, path: &[String]) -> Target {
        self.resolve_within(at, path, MAX_REEXPORTS)
    }

    fn resolve_within(&self, at: &Segments, path: &[String], left: usize) -> Target {
        let Some(left) = left.checked_sub(1) else { return Target::External(path.to_vec()) };
        let mut rest = path;
        let mut from = match rest[0].as_str() {
            "::" => return Target::External(rest[1..].to_vec()),
            "crate" => Segments::new(),
            "self" => at.clone(),
            "super" => at[..at.len().saturating_sub(1)].to_vec(),
            first => return self.resolve_name(at, first, rest, left),
        };
        rest = &rest[1..];
        while rest.first().is_some_and(|segment| segment == "super") {
            from.pop();
            rest = &rest[1..];
        }
        self.resolve_in(&from, rest, left)
    }

    /// A path that begins with a name of the module: a child, an import, or another crate.
    fn resolve_name(&self, at: &Segments, first: &str, path: &[String], left: usize) -> Target {
        let module = &self.modules[at];
        let imported = module.imports.iter().find(|import| import.name.as_deref() == Some(first));
        if let Some(import) = imported.filter(|import| import.path[0] != first) {
            return self.resolve_within(at, &joined(&import.path, &path[1..]), left);
        }
        if self.modules.contains_key(&joined(at, &[first.to_owned()])) && path.len() > 1 {
            return self.resolve_in(at, path, left);
        }
        match imported {
            Some(import) => Target::External(joined(&import.path, &path[1..])),
            None if path.len() == 1 && !first.ends_with('!') => Target::Module,
            None => Target::External(path.to_vec()),
        }
    }

    /// A path below the module `from`.
    fn resolve_in(&self, from: &Segments, path: &[String], left: usize) -> Target {
        let mut module = from.clone();
        for (index, segment) in path.iter().enumerate() {
            let is_last = index + 1 == path.len();
            let segment = segment.trim_end_matches('!');
            let child = joined(&module, &[segment.to_owned()]);
            let here = &self.modules[&module];
            let import = here.imports.iter().find(|import| import.name.as_deref() == Some(segment));
            let is_child = self.modules.contains_key(&child);
            if is_child && !(is_last && import.is_some()) {
                module = child;
                continue;
            }
            let rest = &path[index + 1..];
            if let Some(import) = import.filter(|import| import.path != [segment]) {
                return self.resolve_within(&module, &joined(&import.path, rest), left);
            }
            if !here.defines.contains(segment) {
                for glob in here.imports.iter().filter(|import| import.name.is_none()) {
                    let target = joined(&glob.path, &[segment.to_owned()]);
                    if self.is_defined(&module, &target, left) {
                        return self.resolve_within(&module, &joined(&target, rest), left);
                    }
                }
            }
            return Target::Item { file: here.file.clone() };
        }
        Target::Module
    }

    /// Whether the module that a glob names has the item itself.
    fn is_defined(&self, at: &Segments, target: &[String], left: usize) -> bool {
        let name = target.last().unwrap();
        match self.resolve_within(at, target, left) {
            Target::Item { file } => {
                self.modules.values().any(|module| module.file == file && module.defines.contains(name))
            }
            Target::Module | Target::External(_) => false,
        }
    }
}

impl Graph {
    /// For each folder, the groups of its entries that use each other, directly or through others: `""` is `src`.
    ///
    /// An entry is a file or a folder with all that it holds; `mod` is the folder's own `mod.rs`.
    pub(super) fn cycles(&self) -> BTreeMap<String, Vec<BTreeSet<String>>> {
        let mut folders: BTreeMap<String, Vec<BTreeSet<String>>> = BTreeMap::new();
        for folder in self.folders() {
            let uses = self.entries(&folder);
            let mut left: BTreeSet<&String> = uses.keys().collect();
            while let Some(entry) = left.pop_first() {
                let reached = reachable(&uses, entry);
                if !reached.contains(entry) {
                    continue;
                }
                let group = reached.into_iter().filter(|other| reachable(&uses, other).contains(entry));
                let group: BTreeSet<String> = group.collect();
                left.retain(|other| !group.contains(*other));
                folders.entry(folder.clone()).or_default().push(group);
            }
        }
        folders
    }

    /// Why a group is one: each use of an entry by another, as two files.
    pub(super) fn uses_within(&self, folder: &str, group: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        for (file, used) in &self.uses {
            for other in used {
                let (Some(from), Some(to)) = (entry(folder, file), entry(folder, other)) else { continue };
                if from != to && group.contains(from) && group.contains(to) {
                    found.push(format!("{file} uses {other}"));
                }
            }
        }
        found
    }

    fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for file in self.uses.keys() {
            folders.extend(file.match_indices('/').map(|(end, _)| file[..end].to_owned()));
        }
        folders.insert(String::new());
        folders
    }

    fn entries(&self, folder: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut entries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (file, used) in &self.uses {
            let Some(from) = entry(folder, file) else { continue };
            let uses = entries.entry(from.to_owned()).or_default();
            let used = used.iter().filter_map(|other| entry(folder, other)).filter(|to| *to != from);
            uses.extend(used.map(str::to_owned));
        }
        entries
    }
}

/// The entry of a folder in which a file is: `http` for `cache/http/miss.rs` in `cache`.
pub(super) fn entry<'a>(folder: &str, file: &'a str) -> Option<&'a str> {
    let below = if folder.is_empty() { file } else { file.strip_prefix(folder)?.strip_prefix('/')? };
    let first = below.split('/').next().unwrap();
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn reachable(uses: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut left: Vec<&String> = uses.get(from).into_iter().flatten().collect();
    while let Some(entry) = left.pop() {
        if reached.insert(entry.clone()) {
            left.extend(uses.get(entry).into_iter().flatten());
        }
    }
    reached
}
