//! Whether a response is what the OpenAPI document says.

use http::Method;
use serde_json::{Value, json};

use super::{matched::matched, response::TestResponse, test_app::TestApp};

impl TestResponse {
    /// Asserts that the response is what the [OpenAPI document](crate::openapi) of its app says: its status, its media
    /// type, and a JSON body that matches the schema, formats included. Call it in tests of every kind of response.
    ///
    /// ```
    /// use routekit::{config::Config, prelude::*, test::TestApp};
    /// use schemars::JsonSchema;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize, JsonSchema)]
    /// struct Parcel {
    ///     grams: u32,
    /// }
    ///
    /// #[get("/parcels/{id}")]
    /// async fn parcel(id: u64) -> Json<Parcel> {
    ///     Json(Parcel { grams: 400 })
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = TestApp::new(App::with_routes(routes![parcel]).config(Config::default()));
    /// app.get("/parcels/7").send().await.assert_matches_schema();
    /// app.get("/parcels/seven").send().await.assert_matches_schema(); // the 400 of the extractor
    /// # }
    /// ```
    ///
    /// # Panics
    /// If it is not; the message names the operation, and each place in the body that does not match. Also if the
    /// document has no such operation, or if the response does not come from
    /// [`TestRequest::send`](super::TestRequest::send).
    #[track_caller]
    pub fn assert_matches_schema(&self) {
        let Some((app, method, path)) = self.origin() else {
            panic!("the response does not come from `TestRequest::send`");
        };
        if let Err(reason) = check(self, app, method, path) {
            panic!("{method} {path}: {reason}");
        }
    }
}

fn check(response: &TestResponse, app: &TestApp, method: &Method, path: &str) -> Result<(), String> {
    let document = app.table().openapi();
    let document = document.as_json();
    let path = match matched(app.table(), method, path) {
        Some(row) => crate::openapi::path_of(&row.path),
        None => hand_written(document, path).ok_or("the document has no operation with this method and path")?,
    };
    let item = &document["paths"][&path];
    let is_head = *method == Method::HEAD;
    let method = if is_head && item["head"].is_null() { &Method::GET } else { method };
    let operation = method.as_str().to_ascii_lowercase();
    let responses = &item[&operation]["responses"];
    let status = response.status().as_u16().to_string();
    let class = format!("{}XX", &status[..1]);
    let keys = [&*status, &*class, "default"];
    let key = keys.into_iter().find(|key| responses.get(key).is_some());
    let key = key.ok_or_else(|| format!("the status {status} is not in the document of `{path}`"))?;
    let content = responses[key]["content"].as_object().filter(|content| !content.is_empty());
    let body = response.bytes();
    let (Some(content), false) = (content, body.is_empty()) else {
        let has_none = is_head || ["204", "205", "304"].contains(&&*status);
        return match (content, body.is_empty()) {
            (Some(_), true) if !has_none => Err(format!("the {status} has no body, and the document says it has one")),
            // The document of an app with problems in its own format does not know them.
            (None, false) if !response.status().is_client_error() && !response.status().is_server_error() => {
                Err(format!("the {status} has a body, and the document says it has none"))
            }
            _ => Ok(()),
        };
    };
    let essence = |media_type: &str| media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let media_type = essence(response.header("content-type").unwrap_or_default());
    let covers =
        |range: &str| range == "*/*" || range.strip_suffix('*').is_some_and(|start| media_type.starts_with(start));
    let known = content.keys().find(|known| essence(known) == media_type);
    let Some(known) = known.or_else(|| content.keys().find(|known| covers(&essence(known)))) else {
        let known: Vec<&str> = content.keys().map(String::as_str).collect();
        let known = known.join(", ");
        return Err(format!("the {status} has the media type `{media_type}`, and the document says {known}"));
    };
    // A 206 has only a part of the JSON.
    if !(media_type == "application/json" || media_type.ends_with("+json")) || status == "206" {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let place = ["paths", &path, &operation, "responses", key, "content", known, "schema"];
    let mismatches = mismatches(document, &place, &value)?;
    if mismatches.is_empty() {
        return Ok(());
    }
    Err(format!("the body of the {status} does not match its schema:\n  {}\n{value:#}", mismatches.join("\n  ")))
}

/// The path of a hand-written router, as a merged document writes it.
fn hand_written(document: &Value, path: &str) -> Option<String> {
    let mut paths = matchit::Router::new();
    for template in document["paths"].as_object()?.keys() {
        let _ = paths.insert(template.clone(), template);
    }
    Some(paths.at(path).ok()?.value.to_string())
}

/// What in a value does not match the schema at a place of a document.
fn mismatches(document: &Value, place: &[&str], value: &Value) -> Result<Vec<String>, String> {
    // A JSON pointer in the fragment of a URI.
    let escape = |name: &&str| {
        let pointer = name.replace('~', "~0").replace('/', "~1");
        percent_encoding::utf8_percent_encode(&pointer, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        "paths": document["paths"],
        "$ref": format!("#/{}", place.iter().map(escape).collect::<Vec<_>>().join("/")),
    });
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&root)
        .map_err(|error| format!("the document has no valid schema for it: {error}"))?;
    let shown = |error: jsonschema::ValidationError<'_>| {
        let place = error.instance_path().to_string();
        format!("{}: {error}", if place.is_empty() { "/" } else { &place })
    };
    Ok(validator.iter_errors(value).map(shown).collect())
}
