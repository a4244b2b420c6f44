//! Writes a workspace with three crates that serve the same thousand routes: with plain axum, with routekit, and with
//! routekit and a schema of every type.
//!
//! `run` compiles this with rustc alone: `generate <directory to write> <root of routekit's workspace>`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Each has five routes.
const MODULES: usize = 20;
const RESOURCES: usize = 10;

fn main() {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(out), Some(root)) = (arguments.next(), arguments.next()) else {
        panic!("usage: generate <directory to write> <root of routekit's workspace>");
    };
    let workspace = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace has a manifest");
    write(&out.join("Cargo.toml"), &workspace_manifest(&workspace, &root));
    fs::copy(root.join("Cargo.lock"), out.join("Cargo.lock")).expect("the workspace has a lock file");
    for framework in [Framework::Axum, Framework::Routekit, Framework::RoutekitWithSchemas] {
        let directory = out.join(framework.package());
        write(&directory.join("Cargo.toml"), &manifest(framework));
        write(&directory.join("src/main.rs"), &main_rs(framework));
        write(&directory.join("src/lib.rs"), &lib_rs(framework));
        for module in 0..MODULES {
            write(&directory.join(format!("src/m{module}.rs")), &module_rs(framework, module));
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("every file has a directory")).expect("the directory can be made");
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Framework {
    Axum,
    Routekit,
    RoutekitWithSchemas,
}

impl Framework {
    fn package(self) -> &'static str {
        match self {
            Self::Axum => "thousand-axum",
            Self::Routekit => "thousand-routekit",
            Self::RoutekitWithSchemas => "thousand-schemas",
        }
    }

    fn is_routekit(self) -> bool {
        self != Self::Axum
    }
}

/// The dependencies and profiles of routekit's own workspace.
fn workspace_manifest(workspace: &str, root: &Path) -> String {
    let line = |name: &str| {
        let start = format!("{name} = ");
        workspace.lines().find(|line| line.starts_with(&start)).expect("the workspace names this dependency")
    };
    let profile = |name: &str| {
        let lines = workspace.lines().skip_while(|line| *line != format!("[profile.{name}]"));
        let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        lines.join("\n")
    };
    format!(
        "[workspace]
resolver = \"3\"
members = [\"thousand-axum\", \"thousand-routekit\", \"thousand-schemas\"]

[workspace.dependencies]
routekit = {{ path = {root:?}, default-features = false }}
{}
{}
{}
{}
{}

{}

{}
",
        line("axum"),
        line("schemars"),
        line("serde"),
        line("tokio"),
        line("tower"),
        profile("dev"),
        profile("release"),
        root = root.join("routekit"),
    )
}

fn manifest(framework: Framework) -> String {
    let package = framework.package();
    let features = "\"http2\", \"prometheus\", \"systemd\", \"telemetry\"";
    let routekit = match framework {
        Framework::Axum => String::new(),
        Framework::Routekit => format!("routekit = {{ workspace = true, features = [{features}] }}\n"),
        Framework::RoutekitWithSchemas => format!(
            "routekit = {{ workspace = true, features = [{features}, \"schema\"] }}\nschemars.workspace = true\n"
        ),
    };
    format!(
        "[package]
name = \"{package}\"
version = \"0.0.0\"
edition = \"2024\"
publish = false

[dependencies]
axum.workspace = true
{routekit}serde.workspace = true
tokio.workspace = true
tower.workspace = true
"
    )
}

/// Measures how long it takes to make the router, then sends a GET to every route that takes one.
fn main_rs(framework: Framework) -> String {
    let make = if framework.is_routekit() {
        "App::discover().provide(store).into_router().expect(\"nothing is wrong with the app\")"
    } else {
        "thousand_axum::router().with_state(std::sync::Arc::new(store))"
    };
    let library = framework.package().replace('-', "_");
    let (uses, count) = if framework.is_routekit() {
        (
            format!("use routekit::App;\nuse {library}::Store;\n"),
            format!(
                "    let table = App::discover().provide(Store::new()).table();\n    \
                 let table = table.expect(\"nothing is wrong with the app\");\n    \
                 assert_eq!(table.rows().len(), {});\n",
                MODULES * RESOURCES * 5
            ),
        )
    } else {
        (format!("use {library}::Store;\n"), String::new())
    };
    format!(
        "use std::time::Instant;

use axum::{{Router, body::Body, http::{{Request, StatusCode}}}};
use tower::ServiceExt;
{uses}
#[tokio::main(flavor = \"current_thread\")]
async fn main() {{
    let store = Store::new();
    let start = Instant::now();
    let router: Router = {make};
    let time = start.elapsed();
    println!(\"{{}}\", time.as_micros());

{count}    for module in 0..{MODULES} {{
        for resource in 0..{RESOURCES} {{
            for path in [format!(\"/m{{module}}/r{{resource}}/1\"), format!(\"/m{{module}}/r{{resource}}?page=1\")] {{
                let request = Request::get(&path).body(Body::empty()).expect(\"the path is a URI\");
                let response = router.clone().oneshot(request).await.expect(\"a router cannot fail\");
                assert_eq!(response.status(), StatusCode::OK, \"{{path}}\");
            }}
        }}
    }}
}}
"
    )
}

fn lib_rs(framework: Framework) -> String {
    let modules: String = (0..MODULES).map(|module| format!("mod m{module};\n")).collect();
    let router = match framework {
        Framework::Routekit | Framework::RoutekitWithSchemas => String::new(),
        Framework::Axum => {
            let merged: String = (0..MODULES).map(|module| format!("\n        .merge(m{module}::routes())")).collect();
            format!(
                "
pub fn router() -> axum::Router<std::sync::Arc<Store>> {{
    axum::Router::new(){merged}
}}

/// No such thing.
struct NotFound(&'static str);

impl axum::response::IntoResponse for NotFound {{
    fn into_response(self) -> axum::response::Response {{
        (axum::http::StatusCode::NOT_FOUND, self.0).into_response()
    }}
}}
"
            )
        }
    };
    format!(
        "use std::{{
    collections::BTreeMap,
    sync::{{PoisonError, RwLock}},
}};

{modules}
/// What the handlers share.
pub struct Store(RwLock<BTreeMap<u64, String>>);

impl Store {{
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {{
        Self(RwLock::new(BTreeMap::from([(1, \"first\".to_owned())])))
    }}

    fn find(&self, id: u64) -> Option<String> {{
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }}

    fn list(&self, skip: usize, limit: usize) -> Vec<(u64, String)> {{
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.iter().skip(skip).take(limit).map(|(id, name)| (*id, name.clone())).collect()
    }}

    fn put(&self, id: u64, name: String) {{
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, name);
    }}

    fn remove(&self, id: u64) -> bool {{
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id).is_some()
    }}
}}
{router}"
    )
}

/// Fifty routes and the types that they share.
fn module_rs(framework: Framework, module: usize) -> String {
    let mut text = match framework {
        Framework::Routekit => "use axum::http::StatusCode;\nuse routekit::prelude::*;\n".to_owned(),
        Framework::RoutekitWithSchemas => {
            "use axum::http::StatusCode;\nuse routekit::prelude::*;\nuse schemars::JsonSchema;\n".to_owned()
        }
        Framework::Axum => {
            "use std::sync::Arc;\n\nuse axum::{\n    Json, Router,\n    extract::{Path, Query, State},\n    \
             http::StatusCode,\n    routing::get,\n};\n"
                .to_owned()
        }
    };
    text += "use serde::{Deserialize, Serialize};\n\n";
    text += if framework.is_routekit() { "use crate::Store;\n" } else { "use crate::{NotFound, Store};\n" };
    text += &types(framework);
    for resource in 0..RESOURCES {
        text += &if framework.is_routekit() { with_routekit(module, resource) } else { with_axum(resource) };
    }
    if framework == Framework::Axum {
        text += "\npub fn routes() -> Router<Arc<Store>> {\n    Router::new()";
        for resource in 0..RESOURCES {
            let path = format!("/m{module}/r{resource}");
            text += &format!("\n        .route(\"{path}\", get(list_r{resource}).post(create_r{resource}))");
            let one = format!("get(get_r{resource}).put(change_r{resource}).delete(delete_r{resource})");
            text += &format!("\n        .route(\"{path}/{{id}}\", {one})");
        }
        text += "\n}\n";
    }
    text
}

/// The same types for all; the rules only for routekit, which checks them.
fn types(framework: Framework) -> String {
    let rule = |rule: &str| {
        if framework.is_routekit() { format!("\n    #[validate({rule})]") } else { String::new() }
    };
    let validate = if framework.is_routekit() { ", Validate" } else { "" };
    let schema = if framework == Framework::RoutekitWithSchemas { ", JsonSchema" } else { "" };
    let name = rule("length(min = 1, max = 64)");
    let email = rule("email");
    let amount = rule("range(max = 1000)");
    let page = rule("range(min = 1)");
    let limit = rule("range(min = 1, max = 100)");
    format!(
        "
#[derive(Serialize{schema})]
struct Item {{
    id: u64,
    name: String,
    amount: u32,
    labels: Vec<String>,
}}

#[derive(Serialize{schema})]
struct Page {{
    items: Vec<Item>,
    page: usize,
}}

#[derive(Deserialize{validate}{schema})]
struct NewItem {{{name}
    name: String,{email}
    email: String,{amount}
    amount: u32,
    #[serde(default)]
    labels: Vec<String>,
}}

#[derive(Deserialize{validate}{schema})]
struct Change {{{name}
    name: String,{amount}
    amount: u32,
}}

#[derive(Deserialize{validate}{schema})]
struct Filter {{
    #[serde(default = \"first\")]{page}
    page: usize,
    #[serde(default = \"twenty\")]{limit}
    limit: usize,
    search: Option<String>,
}}

fn first() -> usize {{
    1
}}

fn twenty() -> usize {{
    20
}}
"
    )
}

fn with_routekit(module: usize, resource: usize) -> String {
    let path = format!("/m{module}/r{resource}");
    format!(
        "
/// One r{resource}.
#[get(\"{path}/{{id}}\", tags(\"m{module}\"))]
async fn get_r{resource}(id: u64, store: Dep<Store>) -> Result<Json<Item>> {{
    let name = store.find(id).ok_or_else(|| Problem::not_found(\"no r{resource} has this id\"))?;
    Ok(Json(Item {{ id, name, amount: {resource}, labels: Vec::new() }}))
}}

/// A page of r{resource}s.
#[get(\"{path}\", timeout = \"2s\", tags(\"m{module}\"))]
async fn list_r{resource}(query: Query<Filter>, store: Dep<Store>) -> Json<Page> {{
    let wanted = query.search.as_deref().unwrap_or_default();
    let items = store.list((query.page - 1) * query.limit, query.limit);
    let items = items.into_iter().filter(|(_, name)| name.contains(wanted));
    let items = items.map(|(id, name)| Item {{ id, name, amount: {resource}, labels: Vec::new() }}).collect();
    Json(Page {{ items, page: query.page }})
}}

/// Makes an r{resource}.
#[post(\"{path}\", body_limit = \"4KiB\", tags(\"m{module}\"))]
async fn create_r{resource}(Json(new): Json<NewItem>, store: Dep<Store>) -> (StatusCode, Json<Item>) {{
    let id = new.email.len() as u64;
    store.put(id, new.name.clone());
    (StatusCode::CREATED, Json(Item {{ id, name: new.name, amount: new.amount, labels: new.labels }}))
}}

/// Changes an r{resource}.
#[put(\"{path}/{{id}}\", body_limit = \"4KiB\", tags(\"m{module}\"))]
async fn change_r{resource}(id: u64, change: Json<Change>, store: Dep<Store>) -> Result<Json<Item>> {{
    store.find(id).ok_or_else(|| Problem::not_found(\"no r{resource} has this id\"))?;
    store.put(id, change.name.clone());
    Ok(Json(Item {{ id, name: change.name.clone(), amount: change.amount, labels: Vec::new() }}))
}}

/// Removes an r{resource}.
#[delete(\"{path}/{{id}}\", tags(\"m{module}\"))]
async fn delete_r{resource}(id: u64, store: Dep<Store>) -> Result<StatusCode> {{
    if !store.remove(id) {{
        return Err(Problem::not_found(\"no r{resource} has this id\"));
    }}
    Ok(StatusCode::NO_CONTENT)
}}
"
    )
}

fn with_axum(resource: usize) -> String {
    format!(
        "
/// One r{resource}.
async fn get_r{resource}(Path(id): Path<u64>, State(store): State<Arc<Store>>) -> Result<Json<Item>, NotFound> {{
    let name = store.find(id).ok_or_else(|| NotFound(\"no r{resource} has this id\"))?;
    Ok(Json(Item {{ id, name, amount: {resource}, labels: Vec::new() }}))
}}

/// A page of r{resource}s.
async fn list_r{resource}(Query(query): Query<Filter>, State(store): State<Arc<Store>>) -> Json<Page> {{
    let wanted = query.search.as_deref().unwrap_or_default();
    let items = store.list((query.page - 1) * query.limit, query.limit);
    let items = items.into_iter().filter(|(_, name)| name.contains(wanted));
    let items = items.map(|(id, name)| Item {{ id, name, amount: {resource}, labels: Vec::new() }}).collect();
    Json(Page {{ items, page: query.page }})
}}

/// Makes an r{resource}.
async fn create_r{resource}(State(store): State<Arc<Store>>, Json(new): Json<NewItem>) -> (StatusCode, Json<Item>) {{
    let id = new.email.len() as u64;
    store.put(id, new.name.clone());
    (StatusCode::CREATED, Json(Item {{ id, name: new.name, amount: new.amount, labels: new.labels }}))
}}

/// Changes an r{resource}.
async fn change_r{resource}(
    Path(id): Path<u64>,
    State(store): State<Arc<Store>>,
    Json(change): Json<Change>,
) -> Result<Json<Item>, NotFound> {{
    store.find(id).ok_or_else(|| NotFound(\"no r{resource} has this id\"))?;
    store.put(id, change.name.clone());
    Ok(Json(Item {{ id, name: change.name.clone(), amount: change.amount, labels: Vec::new() }}))
}}

/// Removes an r{resource}.
async fn delete_r{resource}(Path(id): Path<u64>, State(store): State<Arc<Store>>) -> Result<StatusCode, NotFound> {{
    if store.remove(id) {{ Ok(StatusCode::NO_CONTENT) }} else {{ Err(NotFound(\"no r{resource} has this id\")) }}
}}
"
    )
}
