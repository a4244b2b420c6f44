//! What the program says when it starts.

use std::fmt;

use routekit::{
    app::RouteTable,
    config::{AdminAddr, Config},
};

/// The parts of the program, for people.
#[derive(Debug)]
pub(crate) struct Banner {
    routes: usize,
    /// What a request to `GET /v2/users` passes through.
    layers: Vec<&'static str>,
    features: Vec<&'static str>,
    endpoints: Vec<(&'static str, String)>,
}

/// The endpoints of operators, where the admin surface is.
const ADMIN_ENDPOINTS: [(&str, &str); 4] = [
    ("Metrics", "/metrics"),
    ("Performance", "/metrics/performance"),
    ("Cache", "/cache/stats"),
    ("Alerts", "/alerts"),
];

impl Banner {
    pub(crate) fn of(table: &RouteTable, config: &Config, has_redis: bool) -> Self {
        let explanation = table.explain("GET /v2/users");
        let acting = explanation.iter().flat_map(|explanation| &explanation.steps).filter(|step| step.value != "off");
        let mut layers = Vec::new();
        for step in acting {
            if !layers.contains(&step.policy) {
                layers.push(step.policy);
            }
        }
        let mut features = vec![
            "performance-monitoring",
            "alerts",
            "caching",
            "health-checks",
            "graceful-shutdown",
            "circuit-breakers",
            "structured-logging",
            "metrics",
            "security-headers",
            "rate-limiting",
            "idempotency",
            "correlation",
            "openapi",
        ];
        if has_redis {
            features.push("redis");
        }
        Self { routes: table.rows().len(), layers, features, endpoints: endpoints(config) }
    }

    /// The same as one event of the log.
    pub(crate) fn log(&self) {
        let endpoints: Vec<&str> = self.endpoints.iter().map(|(_, url)| url.as_str()).collect();
        tracing::info!(
            routes = self.routes,
            layers = self.layers.join(" "),
            features = self.features.join(" "),
            endpoints = endpoints.join(" "),
            "starting"
        );
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} routes, {} layers: {}", self.routes, self.layers.len(), self.layers.join(", "))?;
        writeln!(f, "features: {}", self.features.join(", "))?;
        self.endpoints.iter().try_for_each(|(name, url)| writeln!(f, "{name:14} {url}"))
    }
}

fn endpoints(config: &Config) -> Vec<(&'static str, String)> {
    let main = config.addr();
    let public = [("Documentation", "/docs"), ("Health", "/health"), ("Readiness", "/health/ready")];
    let public = public.map(|(name, path)| (name, format!("http://{}{path}", **main)));
    let admin = match **config.admin_addr() {
        AdminAddr::Main => Some(**main),
        AdminAddr::Own(addr) => Some(addr),
        _ => None,
    };
    let admin =
        admin.into_iter().flat_map(|addr| ADMIN_ENDPOINTS.map(|(name, path)| (name, format!("http://{addr}{path}"))));
    public.into_iter().chain(admin).collect()
}
