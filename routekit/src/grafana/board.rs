//! The document of a board.

use serde_json::{Value, json};

use super::{
    overview,
    panel::{Grid, data_source},
    route_row,
};
use crate::{
    metrics::names::ACTIVE,
    prometheus::{MonitoredRoute, MonitoringFacts},
};

/// The version of the format that Grafana 12 writes. Later ones convert it, and earlier ones read what they know.
const SCHEMA_VERSION: u32 = 41;

/// The longest `uid` that Grafana takes.
const MAX_UID: usize = 40;

/// The board of the app with these routes.
pub(crate) fn board(facts: &MonitoringFacts, routes: &[MonitoredRoute<'_>]) -> Value {
    let mut grid = Grid::default();
    let mut panels = grid.open_row("Overview", overview::panels(facts, routes));
    panels.extend(routes.iter().map(|route| grid.closed_row(&route.key(), route_row::panels(route))));
    json!({
        "uid": uid(&facts.app),
        "title": facts.app,
        "description": "Made by routekit from the routes of the app.",
        "tags": ["routekit"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": variables()},
        "panels": panels,
    })
}

fn variables() -> Value {
    let jobs = format!("label_values({ACTIVE}, job)");
    json!([
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1},
        {
            "name": "job",
            "label": "Job",
            "type": "query",
            "datasource": data_source(),
            "definition": jobs,
            "query": {"qryType": 1, "query": jobs, "refId": "jobs"},
            "refresh": 2,
            "sort": 1,
            "multi": true,
            "includeAll": true,
            "allValue": ".+",
            "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
        },
    ])
}

/// A `uid` from the name of the program. Names that are too long keep their beginning and a hash.
fn uid(app: &str) -> String {
    let safe = |char: char| if char.is_ascii_alphanumeric() || "-_".contains(char) { char } else { '-' };
    let uid: String = format!("routekit-{app}").chars().map(safe).collect();
    if uid.len() <= MAX_UID {
        return uid;
    }
    // FNV-1a, which is the same in each build.
    let hash = app.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}-{hash:08x}", &uid[..MAX_UID - 9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_is_short_and_has_only_safe_characters() {
        assert_eq!(uid("shop"), "routekit-shop");
        assert_eq!(uid("my shop/é"), "routekit-my-shop--");
        let long = "a-program-with-a-very-long-name-indeed";
        let (one, two) = (uid(&format!("{long}-1")), uid(&format!("{long}-2")));
        assert_eq!((one.len(), two.len()), (MAX_UID, MAX_UID));
        assert_ne!(one, two);
    }
}
