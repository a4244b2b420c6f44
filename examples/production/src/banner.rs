//! What the program says when it starts.

use std::fmt;

use routekit::app::RouteTable;

/// The parts of the program, for people.
#[derive(Debug)]
pub(crate) struct Banner {
    url: String,
    routes: usize,
    layers: Vec<&'static str>,
    features: Vec<&'static str>,
}

/// Where an operator looks.
const ENDPOINTS: [(&str, &str); 7] = [
    ("Documentation", "/docs"),
    ("Health", "/health"),
    ("Readiness", "/health/ready"),
    ("Metrics", "/metrics"),
    ("Performance", "/metrics/performance"),
    ("Cache", "/cache/stats"),
    ("Alerts", "/alerts"),
];

impl Banner {
    pub(crate) fn of(table: &RouteTable, url: String, has_redis: bool) -> Self {
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
        Self { url, routes: table.rows().len(), layers, features }
    }

    /// The same as one event of the log.
    pub(crate) fn log(&self) {
        let endpoints: Vec<String> = ENDPOINTS.iter().map(|(_, path)| format!("{}{path}", self.url)).collect();
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
        ENDPOINTS.iter().try_for_each(|(name, path)| writeln!(f, "{name:14} {}{path}", self.url))
    }
}
