//! What a release changes. The old and the new app are made here, and compared by the program.

use std::path::PathBuf;

use routekit::{
    auth::ApiKeys,
    config::Config,
    identity::Identity,
    manifest::{ChangeKind, ManifestChange},
    prelude::*,
    respond::NoContent,
    route::Route,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ran, run};
use crate::support::temporary;

mod old {
    use super::*;

    #[derive(Serialize, Deserialize, Validate, JsonSchema)]
    pub(super) struct Parcel {
        #[validate(length(max = 80))]
        receiver: String,
        note: Option<String>,
    }

    #[get("/parcels/{id}", cache(ttl = 60), rate_limit("100/s", burst = 200))]
    pub(super) async fn show(id: u64) -> Json<Parcel> {
        let _ = id;
        Json(Parcel { receiver: String::new(), note: None })
    }

    #[post("/parcels", timeout = "2s")]
    pub(super) async fn create(Json(parcel): Json<Parcel>) -> NoContent {
        let _ = parcel;
        NoContent
    }

    #[delete("/parcels/{id}", auth(scope = "parcels:write"))]
    pub(super) async fn delete(id: u64) -> NoContent {
        let _ = id;
        NoContent
    }

    #[get("/legacy")]
    pub(super) async fn legacy() -> NoContent {
        NoContent
    }
}

mod new {
    use super::*;

    #[derive(Serialize, Deserialize, Validate, JsonSchema)]
    pub(super) struct Parcel {
        #[validate(length(max = 40))]
        receiver: String,
        note: Option<String>,
        weight: u32,
    }

    #[get("/parcels/{parcel}", cache(ttl = 60), rate_limit("50/s", burst = 200))]
    pub(super) async fn show(parcel: u64) -> Json<Parcel> {
        let _ = parcel;
        Json(Parcel { receiver: String::new(), note: None, weight: 0 })
    }

    #[post("/parcels", timeout = "5s")]
    pub(super) async fn create(Json(parcel): Json<Parcel>) -> NoContent {
        let _ = parcel;
        NoContent
    }

    #[delete("/parcels/{parcel}", public)]
    pub(super) async fn delete(parcel: u64) -> NoContent {
        let _ = parcel;
        NoContent
    }

    #[get("/news")]
    pub(super) async fn news() -> NoContent {
        NoContent
    }
}

fn app(routes: [Route; 4]) -> App {
    let keys = ApiKeys::new().key("3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4", Identity::new("reports"));
    App::with_routes(routes).config(Config::default()).verifier(keys)
}

fn old_app() -> App {
    app(routes![old::show, old::create, old::delete, old::legacy])
}

fn new_app() -> App {
    app(routes![new::show, new::create, new::delete, new::news])
}

/// The changes between two apps, as the program prints them, without their locations.
fn changes(old: App, new: App) -> Vec<String> {
    let (old, new) = (old.table().unwrap().manifest(), new.table().unwrap().manifest());
    let shown = |change: ManifestChange| {
        assert_eq!(change.location.is_some(), !change.route.starts_with("all "), "{change}");
        let text = change.to_string();
        text.split(" (").next().unwrap().to_owned()
    };
    old.difference(&new).into_iter().map(shown).collect()
}

#[test]
fn every_change_of_a_release_is_named() {
    assert_eq!(
        changes(old_app(), new_app()),
        [
            "removed    GET /legacy: the route is removed",
            "loosened   POST /parcels: timeout: 2000 ms -> 5000 ms",
            "breaking   POST /parcels: request: body.receiver has maxLength 40, had 80",
            "breaking   POST /parcels: request: body.weight is new and required",
            "loosened   DELETE /parcels/{parcel}: auth: scope parcels:write -> public",
            "compatible DELETE /parcels/{parcel}: response 401 is removed",
            "compatible DELETE /parcels/{parcel}: response 403 is removed",
            "compatible DELETE /parcels/{parcel}: response 503 is removed",
            "tightened  GET /parcels/{parcel}: rate_limit: 100/s burst=200 per=ip name=ip -> 50/s burst=200 per=ip \
             name=ip",
            "compatible GET /parcels/{parcel}: response 200: body.receiver has maxLength 40, had 80",
            "compatible GET /parcels/{parcel}: response 200: body.weight is new",
            "added      GET /news: the route is new",
        ]
    );
    assert_eq!(changes(old_app(), old_app()), Vec::<String>::new());
}

#[test]
fn setting_of_the_app_is_one_change() {
    let off = Config::builder().variable("ROUTEKIT_CSRF_ENABLED", "false").build().unwrap();
    assert_eq!(changes(old_app(), old_app().config(off)), ["loosened   all 4 routes: csrf.enabled: on -> off"]);
}

#[test]
fn removed_routes_are_named_even_if_they_are_half_of_all() {
    let half = || App::with_routes(routes![old::show, old::create]).config(Config::default());
    let all = || App::with_routes(routes![old::show, old::create, old::legacy, new::news]).config(Config::default());
    assert_eq!(
        changes(all(), half()),
        ["removed    GET /legacy: the route is removed", "removed    GET /news: the route is removed"]
    );
}

#[test]
fn catch_all_that_becomes_a_segment_breaks_clients() {
    #[get("/files/{*name}")]
    async fn all(name: String) -> String {
        name
    }
    #[get("/files/{name}")]
    async fn one(name: String) -> String {
        name
    }
    let app = |route: Route| App::with_routes([route]).config(Config::default());
    let found = changes(app(all::ROUTE), app(one::ROUTE));
    assert!(
        found.contains(&"breaking   GET /files/{name}: path: /files/{*name} -> /files/{name}".to_owned()),
        "{found:?}"
    );
}

/// The manifests as files, with the directory.
fn files(name: &str) -> (PathBuf, String, String) {
    let dir = temporary(name);
    let file = |name: &str, app: App| {
        let path = dir.join(name);
        std::fs::write(&path, app.table().unwrap().manifest().to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (old, new) = (file("old.json", old_app()), file("new.json", new_app()));
    (dir, old, new)
}

#[test]
fn denied_changes_decide_the_status() {
    let (_dir, old, new) = files("cli-diff");
    for (deny, status) in [("removed", 1), ("breaking", 1), ("loosened", 1), ("changed,added", 1), ("changed", 0)] {
        let Ran { status: found, stdout, .. } = run(&["diff", &old, &new, "--deny", deny]);
        assert_eq!(found, Some(status), "{deny}");
        assert!(
            stdout.contains("loosened   DELETE /parcels/{parcel}: auth: scope parcels:write -> public ("),
            "{stdout}"
        );
        assert!(stdout.contains("tests/suite/cli/diff.rs:") || stdout.contains("suite/cli/diff.rs:"), "{stdout}");
    }
    assert_eq!(run(&["diff", &old, &new]).status, Some(0));
    let denied = run(&["diff", &old, &new, "--deny", "removed,loosened"]);
    assert_eq!(denied.stderr, "denied: 1 removed, 2 loosened\n");
    let same = run(&["diff", &old, &old, "--deny", "removed,breaking,loosened,tightened,changed,added,compatible"]);
    assert_eq!((same.status, same.stdout.as_str()), (Some(0), "no changes\n"));
    let json: serde_json::Value = serde_json::from_str(&run(&["diff", &old, &new, "--json"]).stdout).unwrap();
    assert_eq!(json[0]["kind"], "removed");
    assert_eq!(ChangeKind::ALL.len(), 7);
}

#[test]
fn manifest_is_compared_with_the_program_itself() {
    let dir = temporary("cli-diff-itself");
    let path = dir.join("shop.json");
    std::fs::write(&path, run(&["manifest"]).stdout).unwrap();
    let ran = run(&["diff", path.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), "no changes\n"));
}

#[test]
fn file_that_is_no_manifest_is_named_with_its_line() {
    let (dir, old, _) = files("cli-diff-wrong");
    let wrong = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        let Ran { status, stdout, stderr } = run(&["diff", &old, path.to_str().unwrap()]);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{stderr}");
        stderr.replace(dir.to_str().unwrap(), "").trim_start_matches('/').trim_end().to_owned()
    };
    let not = "not a manifest, as the command `manifest` prints it";
    assert_eq!(wrong("a.json", "{\n  broken"), format!("a.json:2:3: {not}: key must be a string"));
    assert_eq!(
        wrong("b.json", "{\"openapi\": \"3.1.1\"}"),
        format!("b.json:1:20: {not}: missing field `routekit_manifest`")
    );
    assert_eq!(wrong("c.json", ""), format!("c.json:1:1: {not}: EOF while parsing a value"));
    let text = wrong("d.json", "{\"routekit_manifest\": 9}");
    assert_eq!(text, "d.json:1:1: the format is version 9; this program reads version 1");
    let text = wrong("e.json", "{\"routekit_manifest\": 1,\n \"routes\": [{}]}");
    assert_eq!(text, "e.json:2:14: a damaged manifest: missing field `method`");
    let absent = run(&["diff", &old, "absent.json"]);
    assert_eq!(absent.status, Some(2));
    assert!(absent.stderr.starts_with("absent.json: cannot be read: "), "{}", absent.stderr);
}
