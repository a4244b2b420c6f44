//! The style of the page, and the headers that allow it and nothing else.

use std::sync::LazyLock;

use http::{HeaderName, HeaderValue};

use crate::base::html_page;

pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--soft:#8882}\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem}\
h1 small{font-weight:400;opacity:.7;font-size:1rem}\
nav ul{list-style:none;padding:0;columns:24rem}\
nav li{break-inside:avoid;margin:.15rem 0}\
section{border-top:1px solid var(--line);padding:.5rem 0 1rem;margin-top:1rem}\
h3{margin:.5rem 0}h4{margin:1rem 0 .25rem}\
code,pre{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}\
pre{background:var(--soft);padding:.75rem;border-radius:.4rem;white-space:pre-wrap}\
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}\
td:first-child{white-space:nowrap}td code{overflow-wrap:normal}\
td p{margin:0}b[class]{display:inline-block;min-width:3.8rem;color:#1769aa}\
b.post{color:#2c7a3f}b.put,b.patch{color:#9a6700}b.delete{color:#b3261e}\
.deprecated{text-decoration:line-through}.note{opacity:.75}\
@media(prefers-color-scheme:dark){b[class]{color:#7cb8f2}b.post{color:#7fd196}b.put,b.patch{color:#e3b341}\
b.delete{color:#ff8a80}a{color:#8ab4f8}}";

static HEADERS: LazyLock<[(HeaderName, HeaderValue); 5]> =
    LazyLock::new(|| html_page::headers(&format!("'sha256-{}'", html_page::hash(STYLE)), ""));

/// The headers of the page.
pub(in crate::openapi) fn headers() -> [(HeaderName, HeaderValue); 5] {
    HEADERS.clone()
}
