//! The manifests of `examples/kubernetes`, compared with each other, with the defaults, and with the quickstart.

use std::{fs, path::Path, time::Duration};

use routekit::{
    config::{AdminAddr, Config},
    health::{HealthCheck, HealthCheckResult},
};
use saphyr::{LoadableYamlNode, Yaml};

use crate::{
    process::{Quickstart, ask},
    support::until,
};

/// How long a process may take to end after its deadline.
const SPARE_SECONDS: u64 = 5;

const PROBES: [(&str, &str); 3] =
    [("startupProbe", "/health/startup"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live")];

/// The only document of a file.
fn manifest(file: &str) -> Yaml<'static> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kubernetes").join(file);
    // Leaked, because a document borrows from its text.
    let text: &'static str = fs::read_to_string(path).unwrap().leak();
    let mut documents = Yaml::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1, "{file}");
    documents.remove(0)
}

fn text<'a>(value: &'a Yaml<'_>) -> &'a str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value:?}"))
}

fn number(value: &Yaml<'_>) -> u64 {
    value.as_integer().and_then(|number| number.try_into().ok()).unwrap_or_else(|| panic!("not a number: {value:?}"))
}

fn list<'a, 'y>(value: &'a Yaml<'y>) -> &'a [Yaml<'y>] {
    value.as_vec().unwrap_or_else(|| panic!("not a list: {value:?}"))
}

/// The pod of the Deployment.
fn pod(deployment: &Yaml<'static>) -> Yaml<'static> {
    deployment["spec"]["template"].clone()
}

fn container(deployment: &Yaml<'static>) -> Yaml<'static> {
    let pod = pod(deployment);
    let containers = list(&pod["spec"]["containers"]);
    assert_eq!(containers.len(), 1);
    containers[0].clone()
}

/// The number of the container's port with this name.
fn port(container: &Yaml<'_>, name: &str) -> u64 {
    let port = list(&container["ports"]).iter().find(|port| text(&port["name"]) == name);
    number(&port.unwrap_or_else(|| panic!("no port `{name}`"))["containerPort"])
}

fn variables(container: &Yaml<'_>) -> Vec<(String, String)> {
    let variables = list(&container["env"]).iter();
    variables.map(|variable| (text(&variable["name"]).to_owned(), text(&variable["value"]).to_owned())).collect()
}

#[test]
fn variables_are_settings_and_name_the_ports() {
    let container = container(&manifest("deployment.yaml"));
    let mut builder = Config::builder();
    for (name, value) in variables(&container) {
        assert!(name.starts_with("ROUTEKIT_"), "{name}");
        builder = builder.variable(name, value);
    }
    // A name or a value that routekit does not know is a problem.
    let config = builder.build().unwrap();
    assert!(config.addr().ip().is_unspecified(), "probes and clients come from outside of the pod");
    assert_eq!(u64::from(config.addr().port()), port(&container, "http"));
    let AdminAddr::Own(admin) = **config.admin_addr() else { panic!("the admin surface has a port") };
    assert!(admin.ip().is_unspecified());
    assert_eq!(u64::from(admin.port()), port(&container, "admin"));
    let defaults = Config::default();
    assert_eq!(config.addr().port(), defaults.addr().port());
    assert!(matches!(**defaults.admin_addr(), AdminAddr::Own(default) if default.port() == admin.port()));
}

#[test]
fn selectors_match_the_pods() {
    let deployment = manifest("deployment.yaml");
    let pod = pod(&deployment);
    let spread = list(&pod["spec"]["topologySpreadConstraints"]);
    let (service, monitor) = (manifest("service.yaml"), manifest("podmonitor.yaml"));
    let selectors = [
        ("deployment.yaml", &deployment["spec"]["selector"]["matchLabels"]),
        ("topologySpreadConstraints", &spread[0]["labelSelector"]["matchLabels"]),
        ("service.yaml", &service["spec"]["selector"]),
        ("podmonitor.yaml", &monitor["spec"]["selector"]["matchLabels"]),
    ];
    for (of, selector) in selectors {
        let selector = selector.as_mapping().unwrap_or_else(|| panic!("{of}: {selector:?}"));
        assert!(!selector.is_empty(), "{of}");
        for (name, value) in selector {
            assert_eq!(&pod["metadata"]["labels"][text(name)], value, "{of}");
        }
    }
    for (file, kind) in
        [("deployment.yaml", "Deployment"), ("service.yaml", "Service"), ("podmonitor.yaml", "PodMonitor")]
    {
        assert_eq!(text(&manifest(file)["kind"]), kind);
    }
    let container = container(&deployment);
    for service_port in list(&service["spec"]["ports"]) {
        assert_eq!(text(&service_port["targetPort"]), "http", "the admin surface is not for the cluster");
    }
    assert_eq!(port(&container, "http"), 3000);
}

#[test]
fn times_hold_with_the_defaults() {
    let deployment = manifest("deployment.yaml");
    let defaults = Config::default();
    let (drain, deadline) = (**defaults.server_drain_delay(), **defaults.server_shutdown_deadline());
    assert!(drain < deadline, "the deadline includes the drain");
    let grace = Duration::from_secs(number(&pod(&deployment)["spec"]["terminationGracePeriodSeconds"]));
    assert!(grace >= deadline + Duration::from_secs(SPARE_SECONDS), "{grace:?}");

    let container = container(&deployment);
    // A readiness probe waits for the critical checks. No check runs for the other two.
    let ready = Duration::from_secs(number(&container["readinessProbe"]["timeoutSeconds"]));
    for check in
        [HealthCheck::new("critical", async || HealthCheckResult::healthy()).critical(true), HealthCheck::system()]
    {
        let check = format!("{check:?}");
        let timeout = check.split("timeout: ").nth(1).and_then(|rest| rest.split('s').next()).unwrap();
        assert!(ready > Duration::from_secs(timeout.parse().unwrap()), "{check}");
    }
    let update = &deployment["spec"]["strategy"]["rollingUpdate"];
    assert_eq!(number(&update["maxUnavailable"]), 0);
    assert!(number(&update["maxSurge"]) > 0);
}

#[tokio::test]
async fn quickstart_with_the_variables_answers_probes_and_scrapes() {
    let container = container(&manifest("deployment.yaml"));
    // The same addresses on free ports.
    let free = |value: String| value.rsplit_once(':').map(|(host, _)| format!("{host}:0")).unwrap_or(value);
    let quickstart = Quickstart::start_with(variables(&container).into_iter().map(|(name, value)| (name, free(value))));
    let addr_of = |port: &str| {
        let addr = match port {
            "http" => &quickstart.addr,
            "admin" => &quickstart.admin,
            other => panic!("no port `{other}`"),
        };
        addr.replace("0.0.0.0", "127.0.0.1")
    };
    for (probe, path) in PROBES {
        let get = &container[probe]["httpGet"];
        assert_eq!(text(&get["path"]), path, "{probe}");
        let answers = || ask(&addr_of(text(&get["port"])), "GET", path, "").starts_with("HTTP/1.1 200 OK\r\n");
        if probe == "startupProbe" {
            // Until the warm-up has ended.
            until(probe, answers).await;
        } else {
            assert!(answers(), "{probe}");
        }
    }
    let monitor = manifest("podmonitor.yaml");
    for endpoint in list(&monitor["spec"]["podMetricsEndpoints"]) {
        let answer = ask(&addr_of(text(&endpoint["port"])), "GET", text(&endpoint["path"]), "");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("http_server_"), "{answer}");
    }
    let service = manifest("service.yaml");
    for port in list(&service["spec"]["ports"]) {
        let answer = ask(&addr_of(text(&port["targetPort"])), "GET", "/v2/users", "");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}
