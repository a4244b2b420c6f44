//! What a program says about its API as a whole.

use serde_json::Value;

/// The title of an API, its version, and everything else that no route says.
///
/// ```
/// use routekit::{openapi::ApiInfo, prelude::*};
///
/// #[get("/parcels")]
/// async fn parcels() -> Json<Vec<u64>> {
///     Json(vec![7])
/// }
///
/// # fn main() -> Result<(), routekit::Error> {
/// let info = ApiInfo::new("Parcels", "1.4.0").server("https://api.example.com");
/// let document = App::with_routes(routes![parcels]).api_info(info).openapi()?;
/// assert_eq!(document.as_json()["info"]["title"], "Parcels");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ApiInfo {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) servers: Vec<String>,
    pub(super) members: Vec<(String, Value)>,
    /// Documents of hand-written routers.
    pub(super) merged: Vec<Value>,
}

impl ApiInfo {
    /// Creates the info of an API with this title. `version` is that of the document, such as
    /// `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            version: version.into(),
            description: None,
            servers: Vec::new(),
            members: Vec::new(),
            merged: Vec::new(),
        }
    }

    /// Describes the API, in Markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Adds the URL of a server. Without one, clients use the server that they got the document from.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(url.into());
        self
    }

    /// Adds a server unless there is one.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn or_server(self, url: String) -> Self {
        if self.servers.is_empty() { self.server(url) } else { self }
    }

    /// Sets a member of `info`, such as `contact` or `license`. One that is named `title`, `version` or `description`
    /// replaces it.
    #[must_use]
    pub fn with(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.push((member.into(), value.into()));
        self
    }

    /// Adds the document of a hand-written router: its `paths`, `components` and `tags`. What a route or an earlier
    /// document says already stays as it is, and is a [warning](super::OpenApiDocument::warnings).
    #[must_use]
    pub fn merge(mut self, document: Value) -> Self {
        self.merged.push(document);
        self
    }
}
