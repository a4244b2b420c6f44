//! A curl command that calls an operation.

use serde_json::Value;

use super::{example::example, listed::Operation};

/// The command, for a POSIX shell. Credentials are variables, such as `$TOKEN`.
pub(super) fn line(document: &Value, operation: &Operation<'_>, base: &str) -> String {
    let value = operation.value;
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    let mut arguments = Vec::new();
    for parameter in value["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let given = parameter["examples"].as_object().and_then(|all| all.values().next()).map(|given| &given["value"]);
        let text = given.cloned().unwrap_or_else(|| example(document, &parameter["schema"]));
        let text = text_of(&text);
        match (parameter["in"].as_str(), parameter["required"] == true) {
            (Some("path"), _) => path = path.replace(&format!("{{{name}}}"), &encoded(&text)),
            (Some("query"), true) => query.push(format!("{}={}", encoded(name), encoded(&text))),
            (Some("header"), true) => arguments.push(format!("-H {}", quoted(&format!("{name}: {text}")))),
            _ => {}
        }
    }
    let mut url = format!("{base}{path}");
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    arguments.extend(credentials(document, value));
    let body = value["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    if let Some((media_type, media)) = body {
        arguments.extend(body_arguments(document, media_type, &media["schema"]));
    }
    let method = match operation.method {
        "get" => String::new(),
        "head" => " --head".to_owned(),
        method => format!(" -X {}", method.to_ascii_uppercase()),
    };
    let arguments: String = arguments.iter().map(|argument| format!(" {argument}")).collect();
    format!("curl{method} {}{arguments}", quoted(&url))
}

fn body_arguments(document: &Value, media_type: &str, schema: &Value) -> Vec<String> {
    let kind = |media_type: &str| format!("-H {}", quoted(&format!("content-type: {media_type}")));
    match media_type {
        "application/x-www-form-urlencoded" => {
            let fields = example(document, schema);
            let fields = fields.as_object().into_iter().flatten();
            fields
                .map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={}", text_of(value)))))
                .collect()
        }
        "multipart/form-data" => vec!["-F 'file=@file.txt'".to_owned()],
        "*/*" | "application/octet-stream" => {
            vec![kind("application/octet-stream"), "--data-binary @file.bin".to_owned()]
        }
        media_type if media_type.ends_with("json") => {
            vec![kind(media_type), format!("-d {}", quoted(&example(document, schema).to_string()))]
        }
        media_type => vec![kind(media_type), "-d 'text'".to_owned()],
    }
}

/// The first alternative, unless there is none, or it needs no credentials.
fn credentials(document: &Value, operation: &Value) -> Option<String> {
    let alternative = operation["security"][0].as_object()?;
    let (name, _) = alternative.iter().next()?;
    let scheme = &document["components"]["securitySchemes"][name];
    let header = |name: &str, value: &str| format!("-H {}\"{value}\"", quoted(&format!("{name}: ")));
    match (scheme["type"].as_str()?, scheme["scheme"].as_str(), scheme["in"].as_str()) {
        ("http", Some("basic"), _) => Some("-u \"$USER_NAME:$PASSWORD\"".to_owned()),
        ("http", Some(scheme), _) => {
            let mut letters = scheme.chars();
            let capital = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
            let scheme: String = capital.chain(letters).collect();
            Some(format!("-H {}\"$TOKEN\"", quoted(&format!("authorization: {scheme} "))))
        }
        ("oauth2" | "openIdConnect", ..) => Some(header("authorization", "Bearer $TOKEN")),
        ("apiKey", _, Some("header")) => Some(header(scheme["name"].as_str()?, "$KEY")),
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text as a part of a URL.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
        .replace("%7E", "~")
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn command_has_everything_that_is_required() {
        let document = json!({
            "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },
        });
        let value = json!({
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 1 } },
                { "name": "a b", "in": "query", "required": true, "schema": { "enum": ["it's"] } },
                { "name": "page", "in": "query", "schema": { "type": "integer" } },
            ],
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } },
            } } } },
            "security": [{ "bearer": [] }],
        });
        let operation = Operation { method: "put", path: "/users/{id}", value: &value };
        assert_eq!(
            line(&document, &operation, "https://api.example.com"),
            r#"curl -X PUT 'https://api.example.com/users/1?a%20b=it%27s' -H 'authorization: Bearer '"$TOKEN" -H 'content-type: application/json' -d '{"name":"text"}'"#
        );
    }
}
