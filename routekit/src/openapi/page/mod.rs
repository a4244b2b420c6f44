//! A page with the documentation of an app, made from its OpenAPI document. It needs no script, and no other host.

mod curl;
mod example;
pub(super) mod html;
mod listed;
mod operation;
mod schema;
mod style;

use serde_json::Value;

pub(super) use self::style::headers;
use self::{
    html::{escape, paragraphs},
    listed::{Operation, operations},
};

/// A link to Swagger UI.
const SWAGGER_UI: &str = if cfg!(feature = "swagger-ui") { " · <a href=\"docs/swagger\">Swagger UI</a>" } else { "" };

/// The page of `document`. Examples use `url` if the document names no server.
pub(super) fn page(document: &Value, url: &str) -> String {
    let url = document["servers"][0]["url"].as_str().unwrap_or(url).trim_end_matches('/');
    let operations = operations(document);
    let info = &document["info"];
    let title = escape(info["title"].as_str().unwrap_or("API"));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{}</style></head><body><header>\
         <h1>{title} <small>{}</small></h1>{}<p>{} operations · <a href=\"openapi.json\">OpenAPI document</a>\
         {SWAGGER_UI}</p></header><main>",
        style::STYLE,
        escape(info["version"].as_str().unwrap_or_default()),
        paragraphs(info["description"].as_str().unwrap_or_default()),
        operations.len(),
    );
    page.push_str(&contents(&operations));
    for operation in &operations {
        page.push_str(&operation::section(document, operation, url));
    }
    page.push_str(&schemas(document));
    page.push_str("</main></body></html>\n");
    page
}

/// The list of all operations, with a link to each.
fn contents(operations: &[Operation<'_>]) -> String {
    let mut list = String::from("<nav aria-label=\"Operations\">");
    let mut of_tag = None;
    for operation in operations {
        let tag = operation.tag();
        if of_tag != Some(tag) {
            if of_tag.is_some() {
                list.push_str("</ul>");
            }
            if !tag.is_empty() {
                list.push_str(&format!("<h2>{}</h2>", escape(tag)));
            }
            list.push_str("<ul>");
            of_tag = Some(tag);
        }
        list.push_str(&format!(
            "<li><a href=\"#{}\">{}</a> {}</li>",
            operation.anchor(),
            html::name(operation.method, operation.path),
            escape(operation.value["summary"].as_str().unwrap_or_default()),
        ));
    }
    if of_tag.is_some() {
        list.push_str("</ul>");
    }
    list.push_str("</nav>");
    list
}

fn schemas(document: &Value) -> String {
    let Some(schemas) = document["components"]["schemas"].as_object().filter(|schemas| !schemas.is_empty()) else {
        return String::new();
    };
    let sections = schemas.iter().map(|(name, value)| schema::section(name, value));
    format!("<h2>Schemas</h2>{}", sections.collect::<String>())
}
