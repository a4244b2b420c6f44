//! The OpenAPI document of an app: what it says, that it is true, where it is served, and the page made from it.

mod conformance;
mod document;
mod page;
mod rules;
mod serve;
mod swagger_browser;
mod swagger_ui;

use http::Method;
use routekit::test::TestResponse;
use serde_json::Value;

/// The operation of a document.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    let operation = &document["paths"][path][method.to_ascii_lowercase()];
    assert!(operation.is_object(), "the document has no {method} {path}");
    operation
}

/// A validator for the schema at `pointer`, within its document.
fn validator(document: &Value, pointer: &str) -> jsonschema::Validator {
    let root = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        "paths": document["paths"],
        "$ref": format!("#{pointer}"),
    });
    jsonschema::options().should_validate_formats(true).build(&root).unwrap()
}

/// A part of a JSON pointer in the fragment of a URI.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

/// Asserts that the document names the status of a response, its media type and the headers that policies add, and that
/// its body matches the schema.
fn assert_documented(document: &Value, (method, path): (&Method, &str), response: &TestResponse) {
    let responses = &operation(document, method.as_str(), path)["responses"];
    let status = response.status().as_u16().to_string();
    let class = format!("{}XX", &status[..1]);
    let label = format!("{method} {path}: {status}");
    let key = [&*status, &*class, "default"].into_iter().find(|key| responses.get(key).is_some());
    let key = key.unwrap_or_else(|| panic!("{label} is not documented"));
    let documented = &responses[key];
    for name in response.headers().keys() {
        let is_of_policy =
            ["retry-after", "x-cache", "etag", "deprecation", "sunset", "www-authenticate", "age", "content-range"]
                .contains(&name.as_str())
                || name.as_str().contains("ratelimit")
                || name.as_str().starts_with("x-correlation");
        let headers = documented["headers"].as_object().into_iter().flatten();
        let is_documented = headers.into_iter().any(|(known, _)| known.eq_ignore_ascii_case(name.as_str()));
        assert!(is_documented || !is_of_policy, "{label} has {name}, which `{key}` does not");
    }
    let Some(content_type) = response.headers().get("content-type").filter(|_| !response.text().is_empty()) else {
        return;
    };
    let media_type = content_type.to_str().unwrap().split(';').next().unwrap().trim();
    assert!(documented["content"].get(media_type).is_some(), "{label} is {media_type}, and `{key}` is {documented:#}");
    // A part of a document is none.
    if !media_type.ends_with("json") || status == "206" {
        return;
    }
    let place = format!(
        "/paths/{}/{}/responses/{key}/content/{}/schema",
        escaped(path),
        method.as_str().to_ascii_lowercase(),
        escaped(media_type)
    );
    let body: Value = serde_json::from_str(response.text()).unwrap();
    let errors: Vec<String> = validator(document, &place).iter_errors(&body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{label}: {errors:?}\n{body:#}");
}
