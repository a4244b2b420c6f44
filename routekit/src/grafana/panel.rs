//! Panels and their places in the grid.

use serde_json::{Value, json};

/// Columns of the grid.
const COLUMNS: u32 = 24;

/// A panel without a place.
#[derive(Debug)]
pub(super) struct Panel {
    kind: &'static str,
    title: String,
    unit: &'static str,
    /// Expressions with the legends of their series.
    queries: Vec<(String, &'static str)>,
    size: (u32, u32),
}

/// Numbers panels, and places them in the grid.
#[derive(Debug, Default)]
pub(super) struct Grid {
    last_id: u32,
    /// The first free line.
    line: u32,
}

/// The data source that the variable chooses.
pub(super) fn data_source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

impl Panel {
    /// A graph. Three fit side by side.
    pub(super) fn graph(title: impl Into<String>, unit: &'static str) -> Self {
        Self { kind: "timeseries", title: title.into(), unit, queries: Vec::new(), size: (8, 8) }
    }

    /// The last value of an expression as a number.
    pub(super) fn number(title: impl Into<String>, unit: &'static str) -> Self {
        Self { kind: "stat", size: (4, 4), ..Self::graph(title, unit) }
    }

    /// Adds an expression, with the legend of its series.
    pub(super) fn query(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        self.queries.push((expr.into(), legend));
        self
    }

    fn into_json(self, id: u32, (x, y): (u32, u32)) -> Value {
        let Self { kind, title, unit, queries, size: (w, h) } = self;
        let target = |(index, (expr, legend)): (usize, (String, &str))| {
            let ref_id = char::from(b'A' + u8::try_from(index).unwrap_or(0)).to_string();
            json!({
                "refId": ref_id,
                "datasource": data_source(),
                "editorMode": "code",
                "expr": expr,
                "legendFormat": legend,
                "range": true,
            })
        };
        let targets: Vec<Value> = queries.into_iter().enumerate().map(target).collect();
        let options = match kind {
            "stat" => json!({
                "colorMode": "value",
                "graphMode": "area",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            }),
            _ => json!({
                "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
        };
        json!({
            "id": id,
            "type": kind,
            "title": title,
            "datasource": data_source(),
            "gridPos": {"h": h, "w": w, "x": x, "y": y},
            "fieldConfig": {"defaults": {"min": 0, "unit": unit}, "overrides": []},
            "options": options,
            "targets": targets,
        })
    }
}

impl Grid {
    /// Places an open row with its panels below it.
    pub(super) fn open_row(&mut self, title: &str, panels: Vec<Panel>) -> Vec<Value> {
        let row = self.row(title, false);
        let mut placed = vec![row];
        let (panels, end) = self.place(panels);
        placed.extend(panels);
        self.line = end;
        placed
    }

    /// Places a closed row, which contains its panels and takes one line.
    pub(super) fn closed_row(&mut self, title: &str, panels: Vec<Panel>) -> Value {
        let mut row = self.row(title, true);
        row["panels"] = self.place(panels).0.into();
        row
    }

    /// A row without panels.
    fn row(&mut self, title: &str, collapsed: bool) -> Value {
        let place = json!({"h": 1, "w": COLUMNS, "x": 0, "y": self.line});
        self.line += 1;
        let id = self.next_id();
        json!({"id": id, "type": "row", "title": title, "collapsed": collapsed, "gridPos": place, "panels": []})
    }

    /// Places the panels from the first free line on, from left to right. Returns the line after them.
    fn place(&mut self, panels: Vec<Panel>) -> (Vec<Value>, u32) {
        let (mut x, mut y, mut height) = (0, self.line, 0);
        let mut placed = Vec::with_capacity(panels.len());
        for panel in panels {
            let (w, h) = panel.size;
            // Panels of one height are in one line.
            if x + w > COLUMNS || (x > 0 && h != height) {
                (x, y) = (0, y + height);
            }
            height = h;
            let id = self.next_id();
            placed.push(panel.into_json(id, (x, y)));
            x += w;
        }
        (placed, y + height)
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }
}
