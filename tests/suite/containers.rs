//! `examples/compose` and the Dockerfile of the production example, compared with the program and with each other.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use routekit::config::Config;
use saphyr::{LoadableYamlNode, Yaml};

use crate::{
    production::production,
    support::{RedisServer, output_of, temporary, tool},
};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn read(file: &str) -> String {
    fs::read_to_string(examples().join(file)).unwrap()
}

/// The only document of a file.
fn yaml(file: &str) -> Yaml<'static> {
    // Leaked, because a document borrows from its text.
    Yaml::load_from_str(read(file).leak()).unwrap().remove(0)
}

fn services() -> Yaml<'static> {
    yaml("compose/compose.yaml")["services"].clone()
}

fn text<'a>(value: &'a Yaml<'_>) -> &'a str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value:?}"))
}

fn list<'a>(value: &'a Yaml<'_>) -> impl Iterator<Item = &'a str> {
    value.as_vec().unwrap_or_else(|| panic!("not a list: {value:?}")).iter().map(text)
}

/// The variables of the image, then those of the service; those that people set have an example.
fn variables() -> BTreeMap<String, String> {
    let dockerfile = read("production/Dockerfile");
    let of_image = dockerfile.lines().find_map(|line| line.strip_prefix("ENV ")).unwrap();
    let mut variables: BTreeMap<String, String> =
        of_image.split(' ').filter_map(|set| set.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    for (name, value) in services()["app"]["environment"].as_mapping().unwrap() {
        let mut value = text(value).to_owned();
        while let Some((before, set)) = value.split_once("${") {
            let (set, after) = set.split_once('}').unwrap();
            let example = set.split_once(":-").map_or("0123456789abcdef0123456789abcdef", |(_, default)| default);
            value = format!("{before}{example}{after}");
        }
        variables.insert(text(name).to_owned(), value);
    }
    variables
}

#[test]
fn the_program_accepts_the_variables() {
    let variables = variables();
    assert_eq!(variables["HOST"], "0.0.0.0");
    output_of(production().envs(&variables).args(["check", "--deny-warnings"]));
    // The hosts in them are services.
    let services = services();
    for (name, host) in [("DATABASE_URL", "@postgres/"), ("REDIS_URL", "//redis:6379")] {
        assert!(variables[name].contains(host), "{name}");
        assert!(services[host.trim_matches(['@', '/']).trim_end_matches(":6379")].is_mapping(), "{host}");
    }
}

#[test]
fn ports_are_those_that_the_program_listens_on() {
    let (variables, services) = (variables(), services());
    let dockerfile = read("production/Dockerfile");
    assert!(dockerfile.contains(&format!("\nEXPOSE {}\n", variables["PORT"])));
    let published = list(&services["app"]["ports"]).next().unwrap();
    assert_eq!(published.rsplit(':').next(), Some(variables["PORT"].as_str()));
    let scrape = &yaml("compose/prometheus.yml")["scrape_configs"][0]["dns_sd_configs"][0];
    assert_eq!(
        scrape["port"].as_integer().unwrap().to_string(),
        variables["ROUTEKIT_ADMIN_ADDR"].rsplit_once(':').unwrap().1
    );
    assert!(list(&scrape["names"]).all(|name| services[name].is_mapping()));
    let source = yaml("compose/grafana/datasource.yml")["datasources"][0]["url"].clone();
    assert_eq!(text(&source), "http://prometheus:9090");
}

#[test]
fn mounted_files_exist_or_are_made_by_the_commands_of_the_readme() {
    let readme = read("compose/README.md");
    let services = services();
    let mut mounted = 0;
    for (_, service) in services.as_mapping().unwrap() {
        let Some(volumes) = service.as_mapping_get("volumes").and_then(Yaml::as_vec) else { continue };
        for file in volumes.iter().filter_map(|volume| text(volume).strip_prefix("./")) {
            let (file, _) = file.split_once(':').unwrap();
            let is_made = file.starts_with("generated/") && readme.contains(&format!(">{file}\n"));
            assert!(is_made || examples().join("compose").join(file).is_file(), "{file}");
            mounted += 1;
        }
    }
    assert_eq!(mounted, 5);
    // Those of Grafana lie where it looks for them.
    let dashboards = yaml("compose/grafana/dashboards.yml")["providers"][0]["options"]["path"].clone();
    assert!(list(&services["grafana"]["volumes"]).any(|volume| volume.contains(text(&dashboards))));
    let board = output_of(production().arg("dashboard"));
    assert!(serde_json::from_str::<serde_json::Value>(&board).unwrap()["panels"].is_array());
}

#[test]
fn promtool_accepts_the_configuration_with_the_rules_of_the_program() {
    let Some(promtool) = tool("promtool") else { return };
    let dir = temporary("compose-prometheus");
    fs::copy(examples().join("compose/prometheus.yml"), dir.join("prometheus.yml")).unwrap();
    fs::write(dir.join("rules.yml"), output_of(production().arg("rules"))).unwrap();
    let said = output_of(Command::new(promtool).args(["check", "config", "prometheus.yml"]).current_dir(&dir));
    assert!(said.contains("SUCCESS: 1 rule files found"), "{said}");
}

#[test]
fn redis_accepts_its_options() {
    let services = services();
    let options: Vec<&str> = list(&services["redis"]["command"]).skip(1).collect();
    let Some(redis) = RedisServer::start("compose-redis", &options) else { return };
    let policy: Vec<String> = redis.run(&["CONFIG", "GET", "maxmemory-policy"]);
    assert_eq!(policy[1], "volatile-lru", "claims of idempotency keys must stay");
}

#[test]
fn containers_have_the_time_that_a_shutdown_takes() {
    let grace = services()["app"]["stop_grace_period"].clone();
    let grace: u64 = text(&grace).strip_suffix('s').unwrap().parse().unwrap();
    assert!(Duration::from_secs(grace) >= **Config::default().server_shutdown_deadline() + Duration::from_secs(5));
}

#[test]
fn the_image_is_built_by_the_oldest_compiler_and_runs_without_root() {
    let dockerfile = read("production/Dockerfile");
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    assert!(dockerfile.contains(&format!("FROM rust:{oldest}-slim")), "{oldest}");
    assert!(dockerfile.contains(":nonroot\n"));
    let ignored = fs::read_to_string(examples().join("../.dockerignore")).unwrap();
    for secret_or_large in ["**/.env", "target"] {
        assert!(ignored.lines().any(|line| line == secret_or_large), "{secret_or_large}");
    }
}
