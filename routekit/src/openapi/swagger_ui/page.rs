//! The page, and the headers that allow what it needs.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use routekit_swagger_ui::{BUNDLE, FAVICON, STYLE};
use serde_json::Value;

use super::origins::origins;
use crate::{base::html_page, openapi::page::html::escape};

/// The margins of the page, as in the `index.css` of Swagger UI, and the link above it.
const MARGINS: &str = "body{margin:0;background:#fafafa}nav,noscript{display:block;max-width:1460px;margin:0 auto;\
                       padding:1rem 20px 0;box-sizing:border-box;font:14px/1.5 sans-serif}";

/// Relative URLs also work behind a base path. The validator badge would send the document to another host.
const START: &str = "SwaggerUIBundle({url:'../openapi.json',dom_id:'#swagger-ui',deepLinking:true,validatorUrl:null,\
                     persistAuthorization:false});";

/// The page with its headers.
#[derive(Debug, Clone)]
pub(in crate::openapi) struct SwaggerPage {
    headers: [(HeaderName, HeaderValue); 5],
    html: Bytes,
}

impl IntoResponse for SwaggerPage {
    fn into_response(self) -> Response {
        (self.headers, self.html).into_response()
    }
}

/// The page of `document`, which is `../openapi.json` for a browser that shows the page.
pub(in crate::openapi) fn page(document: &Value) -> SwaggerPage {
    let title = escape(document["info"]["title"].as_str().unwrap_or("API"));
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"icon\" type=\"image/png\" href=\"swagger/{}\">\
         <link rel=\"stylesheet\" href=\"swagger/{}\" integrity=\"{}\"><style>{MARGINS}</style></head><body>\
         <nav><a href=\"../docs\">Documentation without a script</a></nav>\
         <noscript>Swagger UI needs a script.</noscript><div id=\"swagger-ui\"></div>\
         <script src=\"swagger/{}\" integrity=\"{}\"></script><script>{START}</script></body></html>\n",
        FAVICON.name, STYLE.name, STYLE.integrity, BUNDLE.name, BUNDLE.integrity,
    );
    SwaggerPage { headers: headers(document), html: html.into() }
}

/// Scripts are allowed by their hashes; a style sheet in a file cannot be, and `'self'` allows it.
fn headers(document: &Value) -> [(HeaderName, HeaderValue); 5] {
    let mut servers = String::new();
    for origin in origins(document) {
        servers.push(' ');
        servers.push_str(origin);
    }
    let styles = format!("'self' 'sha256-{}'", html_page::hash(MARGINS));
    let more = format!(
        "script-src '{}' 'sha256-{}'; connect-src 'self'{servers}; img-src 'self' data:; ",
        BUNDLE.integrity,
        html_page::hash(START)
    );
    html_page::headers(&styles, &more)
}
