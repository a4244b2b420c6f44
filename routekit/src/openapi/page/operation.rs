//! The section of one operation.

use serde_json::Value;

use super::{
    curl,
    html::{self, escape, paragraphs, table, with_code},
    listed::Operation,
    schema::type_of,
};

pub(super) fn section(document: &Value, operation: &Operation<'_>, url: &str) -> String {
    let value = operation.value;
    let deprecated = if value["deprecated"] == true { " class=\"deprecated\"" } else { "" };
    let mut section = format!(
        "<section id=\"{}\"><h3{deprecated}>{}</h3>",
        operation.anchor(),
        html::name(operation.method, operation.path)
    );
    for text in [&value["summary"], &value["description"]] {
        section.push_str(&paragraphs(text.as_str().unwrap_or_default()));
    }
    section.push_str(&security(document, value));
    section.push_str(&part("Parameters", parameters(value)));
    section.push_str(&part("Body", body(value)));
    section.push_str(&part("Responses", responses(value)));
    section.push_str(&part("Policies", policies(value)));
    section.push_str(&format!("<h4>Try it</h4><pre>{}</pre></section>", escape(&curl::line(document, operation, url))));
    section
}

fn part(title: &str, content: String) -> String {
    if content.is_empty() { content } else { format!("<h4>{title}</h4>{content}") }
}

/// What a client needs to be identified.
fn security(document: &Value, operation: &Value) -> String {
    let Some(alternatives) = operation["security"].as_array() else { return String::new() };
    let name = |alternative: &Value| {
        let schemes = alternative.as_object()?;
        let (name, rights) = schemes.iter().next()?;
        let scheme = &document["components"]["securitySchemes"][name];
        let shown = match scheme["type"].as_str() {
            Some("apiKey") => {
                format!("the header <code>{}</code>", escape(scheme["name"].as_str().unwrap_or_default()))
            }
            _ => format!("the scheme <code>{}</code>", escape(scheme["scheme"].as_str().unwrap_or(name))),
        };
        let rights: Vec<String> = rights.as_array()?.iter().filter_map(|right| right.as_str().map(escape)).collect();
        Some(if rights.is_empty() { shown } else { format!("{shown} with {}", rights.join(", ")) })
    };
    let named: Vec<String> = alternatives.iter().filter_map(name).collect();
    match (alternatives.is_empty(), named.len() < alternatives.len()) {
        (true, _) => "<p class=\"note\">Open to everyone.</p>".to_owned(),
        (_, true) => format!("<p class=\"note\">Credentials are optional: {}.</p>", named.join(" or ")),
        _ => format!("<p class=\"note\">Requires {}.</p>", named.join(" or ")),
    }
}

fn parameters(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let rows = parameters.map(|parameter| {
        let required = if parameter["required"] == true { "required" } else { "" };
        [
            format!("<code>{}</code>", escape(parameter["name"].as_str().unwrap_or_default())),
            format!("{} {required}", escape(parameter["in"].as_str().unwrap_or_default())),
            type_of(&parameter["schema"]),
            paragraphs(parameter["description"].as_str().unwrap_or_default()),
        ]
    });
    table(["Name", "In", "Type", ""], &rows.collect::<Vec<_>>())
}

/// The content of a body or a response: its types, each with its media type.
fn content(value: &Value) -> String {
    let content = value["content"].as_object().into_iter().flatten();
    let shown =
        content.map(|(media_type, media)| format!("{} <code>{}</code>", type_of(&media["schema"]), escape(media_type)));
    shown.collect::<Vec<_>>().join("<br>")
}

fn body(operation: &Value) -> String {
    let body = &operation["requestBody"];
    if body.is_null() {
        return String::new();
    }
    let optional = if body["required"] == true { "" } else { " (optional)" };
    format!("<p>{}{optional}</p>", content(body))
}

fn responses(operation: &Value) -> String {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let rows = responses.map(|(status, response)| {
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers: Vec<String> = headers.map(|(name, _)| format!("<code>{}</code>", escape(name))).collect();
        [
            format!("<code>{}</code>", escape(status)),
            with_code(response["description"].as_str().unwrap_or_default()),
            content(response),
            headers.join(" "),
        ]
    });
    table(["Status", "", "Content", "Headers"], &rows.collect::<Vec<_>>())
}

/// The members `x-routekit-…`.
fn policies(operation: &Value) -> String {
    let members = operation.as_object().into_iter().flatten();
    let policies = members.filter_map(|(name, value)| Some((name.strip_prefix("x-routekit-")?, value.as_object()?)));
    let rows = policies.flat_map(|(policy, settings)| {
        settings.iter().map(move |(setting, value)| {
            let values: Vec<String> = match value {
                Value::Array(values) => values.iter().filter_map(|value| value.as_str().map(escape)).collect(),
                value => value.as_str().map(escape).into_iter().collect(),
            };
            let name = if policy.replace('-', "_") == *setting {
                escape(policy)
            } else {
                format!("{}: {}", escape(policy), escape(setting))
            };
            [name, values.join("<br>")]
        })
    });
    table(["Policy", "Setting"], &rows.collect::<Vec<_>>())
}
