//! The modules of a crate, what each imports and which paths its code names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::tokens::{Token, after_group, production_code};

/// Segments of a path; `::` is the first one of a path that begins with it.
pub(super) type Segments = Vec<String>;

/// A leaf of a `use` tree.
#[derive(Debug, PartialEq)]
pub(super) struct Import {
    /// `crate::cache::Key` of `use crate::cache::{Key as K}`.
    pub(super) path: Segments,
    /// The name it has in the module; `None` for `*`.
    pub(super) name: Option<String>,
    /// `pub use`, `pub(crate) use` and so on.
    pub(super) reexport: bool,
}

/// A module of the crate: a file, or a `mod name { … }` in one.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: String,
    pub(super) imports: Vec<Import>,
    /// Paths of the code outside `use`; macros with their `!`.
    pub(super) paths: BTreeSet<Segments>,
    /// Names that the module defines.
    pub(super) defines: BTreeSet<String>,
}

/// The modules of a crate by their paths.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) modules: BTreeMap<Segments, Module>,
}

impl Sources {
    /// Reads every file below `src`.
    pub(super) fn read(src: &Path) -> Self {
        let files = rust_files(src).into_iter().map(|file| {
            let relative = file.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/");
            (relative, fs::read_to_string(&file).unwrap())
        });
        Self::from_files(files)
    }

    /// Files by their paths below `src`. Files of `#[cfg(test)] mod name;` are left out.
    pub(super) fn from_files<P: Into<String>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let files: BTreeMap<Segments, (String, T)> = files
            .into_iter()
            .map(|(path, text)| (path.into(), text))
            .map(|(path, text)| (module_of(&path), (path, text)))
            .collect();
        let mut sources = Self::default();
        let mut left = vec![Segments::new()];
        while let Some(module) = left.pop() {
            let (path, text) = files.get(&module).unwrap_or_else(|| panic!("no file of the module {module:?}"));
            let tokens = production_code(text.as_ref());
            sources.scan(&tokens, &module, path, &mut left);
        }
        sources
    }

    fn scan(&mut self, tokens: &[Token], path: &Segments, file: &str, left: &mut Vec<Segments>) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        let mut at = 0;
        let mut public = false;
        while at < tokens.len() {
            let is_public = std::mem::take(&mut public);
            match &tokens[at] {
                Token::Ident(word) if word == "pub" => {
                    public = true;
                    at += 1;
                    if tokens.get(at) == Some(&Token::Open('(')) && is_visibility(&tokens[at + 1..]) {
                        at = after_group(tokens, at);
                    }
                }
                Token::Ident(word) if word == "use" => {
                    let end = (at..tokens.len()).find(|i| tokens[*i] == Token::Punct(';')).unwrap_or(tokens.len());
                    let tree = &tokens[at + 1..end];
                    let mut prefix = Segments::new();
                    if tree[0] == Token::PathSep {
                        prefix.push("::".to_owned());
                    }
                    use_tree(tree, &mut prefix, is_public, &mut module.imports);
                    at = end + 1;
                }
                Token::Ident(word) if word == "mod" => {
                    let Some(name) = tokens.get(at + 1).and_then(Token::ident) else {
                        at += 1;
                        continue;
                    };
                    let child = joined(path, &[name.to_owned()]);
                    match tokens.get(at + 2) {
                        Some(Token::Open('{')) => {
                            let end = after_group(tokens, at + 2);
                            self.scan(&tokens[at + 3..end - 1], &child, file, left);
                            at = end;
                        }
                        _ => {
                            left.push(child);
                            at += 3;
                        }
                    }
                }
                Token::Ident(word) => {
                    if DEFINITIONS.contains(&word.as_str()) {
                        let name = tokens[at + 1..].iter().find_map(Token::ident);
                        module.defines.extend(name.map(str::to_owned));
                    }
                    at = code_path(tokens, at, &mut module.paths);
                }
                _ => at += 1,
            }
        }
        self.modules.insert(path.clone(), module);
    }
}

const DEFINITIONS: &[&str] = &["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

fn is_visibility(inside: &[Token]) -> bool {
    inside.first().and_then(Token::ident).is_some_and(|word| ["crate", "super", "self", "in"].contains(&word))
        && (inside[0].is_ident("in") || inside.get(1) == Some(&Token::Close(')')))
}

/// Adds the path that begins at `at` and returns where it ends.
fn code_path(tokens: &[Token], at: usize, into: &mut BTreeSet<Segments>) -> usize {
    let mut path = Segments::new();
    let mut end = at;
    while let Some(name) = tokens.get(end).and_then(Token::ident) {
        path.push(name.to_owned());
        end += 1;
        if tokens.get(end) != Some(&Token::PathSep) || tokens.get(end + 1).and_then(Token::ident).is_none() {
            break;
        }
        end += 1;
    }
    if tokens.get(end) == Some(&Token::Punct('!')) && tokens.get(end + 1) != Some(&Token::Punct('=')) {
        path.last_mut().unwrap().push('!');
    }
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let two_before = at.checked_sub(2).map(|before| &tokens[before]);
    // A field or method, a path of the expanding crate, a lifetime; `..Default::default()` is a path.
    let is_path = match before {
        Some(Token::Punct('.')) => two_before == Some(&Token::Punct('.')),
        Some(Token::PathSep) => !matches!(two_before, Some(Token::Ident(_) | Token::Punct('>'))),
        Some(Token::Punct('$' | '\'')) => false,
        _ => true,
    };
    if is_path {
        if before == Some(&Token::PathSep) {
            path.insert(0, "::".to_owned());
        }
        into.insert(path);
    }
    end
}

fn use_tree(tokens: &[Token], prefix: &mut Segments, reexport: bool, into: &mut Vec<Import>) {
    let depth = prefix.len();
    let mut at = 0;
    let mut push = |path: &Segments, name: Option<String>| into.push(Import { path: path.clone(), name, reexport });
    while at < tokens.len() {
        match &tokens[at] {
            Token::Ident(word) if word == "as" => {
                let name = tokens.get(at + 1).and_then(Token::ident).unwrap().to_owned();
                push(prefix, Some(name));
                prefix.truncate(depth);
                at += 2;
                // Nothing is left of this leaf.
                if tokens.get(at) == Some(&Token::Punct(',')) {
                    at += 1;
                }
                continue;
            }
            Token::Ident(word) => {
                let is_self = word == "self" && !prefix.is_empty();
                if !is_self {
                    prefix.push(word.clone());
                }
                at += 1;
                let ends = matches!(tokens.get(at), None | Some(Token::Punct(',')));
                if ends {
                    push(prefix, prefix.last().cloned());
                    prefix.truncate(depth);
                }
            }
            Token::Punct('*') => {
                push(prefix, None);
                prefix.truncate(depth);
                at += 1;
            }
            Token::Open('{') => {
                let end = after_group(tokens, at);
                for leaf in leaves(&tokens[at + 1..end - 1]) {
                    use_tree(leaf, &mut prefix.clone(), reexport, into);
                }
                return;
            }
            _ => at += 1,
        }
    }
}

/// The parts between the commas of a `use` group.
fn leaves(tokens: &[Token]) -> Vec<&[Token]> {
    let mut leaves = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < tokens.len() {
        match tokens[at] {
            Token::Open(_) => at = after_group(tokens, at),
            Token::Punct(',') => {
                leaves.push(&tokens[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    leaves.push(&tokens[start..]);
    leaves.retain(|leaf| !leaf.is_empty());
    leaves
}

pub(super) fn joined(path: &[String], more: &[String]) -> Segments {
    [path, more].concat()
}

/// `["cache", "http"]` for `cache/http/mod.rs` and `cache/http.rs`.
fn module_of(file: &str) -> Segments {
    let stem = file.strip_suffix(".rs").unwrap();
    let mut module: Segments = stem.split('/').map(str::to_owned).collect();
    let last = module.last().unwrap();
    if last == "mod" || (module.len() == 1 && (last == "lib" || last == "main")) {
        module.pop();
    }
    module
}

fn rust_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
