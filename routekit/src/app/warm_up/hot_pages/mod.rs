//! The hottest pages of the cache, which one process hands over to the next in a file.

mod file;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, uri::PathAndQuery};

use super::{plan::is_shared, target};
use crate::{app::declared::DeclaredRoute, cache::Cache, route::Method};

/// How many pages the file has at most. The warm-up requests all of them before the app is ready.
const MOST: usize = 500;

/// The longest URL in the file, in bytes.
const MAX_LENGTH: usize = 4096;

/// How often the file is written. A process that is started before the old one stops reads what that one wrote last.
const PERIOD: Duration = Duration::from_secs(60);

/// The hottest pages of an app, and their file.
#[derive(Debug)]
pub(in crate::app) struct HotPages {
    file: PathBuf,
    cache: Cache,
    /// For the path of each declared route, whether it has pages that all clients get.
    routes: matchit::Router<bool>,
    /// Whether the file could not be written. Only the first failure is logged.
    failed: AtomicBool,
}

impl HotPages {
    pub(in crate::app) fn new(file: PathBuf, cache: Cache, declared: &[DeclaredRoute]) -> Self {
        let mut by_path = BTreeMap::<&str, bool>::new();
        for declared in declared {
            let shared = by_path.entry(&declared.path).or_default();
            *shared |= declared.route.meta().method == Method::Get && has_pages(declared);
        }
        let mut routes = matchit::Router::new();
        for (path, shared) in by_path {
            // `route::check` reports paths that cannot be inserted.
            let _ = routes.insert(path, shared);
        }
        Self { file, cache, routes, failed: AtomicBool::new(false) }
    }

    /// The pages of the file that the app still has, hottest first. Whatever is wrong with the file, the app starts.
    pub(super) fn read(&self) -> Vec<(HeaderValue, PathAndQuery)> {
        let file = self.file.display();
        let lines = match file::read(&self.file) {
            Ok(Some(lines)) => lines,
            Ok(None) => return Vec::new(),
            Err(error) => {
                tracing::warn!(%file, %error, "the hot pages of the last process cannot be read");
                return Vec::new();
            }
        };
        let pages: Vec<_> = lines.iter().take(MOST).filter_map(|line| self.page(line)).collect();
        let skipped = lines.len() - pages.len();
        tracing::info!(%file, pages = pages.len(), skipped, "the warm-up includes the hot pages of the last process");
        pages
    }

    /// Replaces the file by the hottest pages of now. Without pages, the file stays as it is.
    ///
    /// A page that no client has requested again since it was stored is not handed on, so that neither single requests
    /// nor the warm-up itself fill the file.
    pub(in crate::app) fn write(&self) {
        let pages = self.cache.hot_pages().filter_map(|page| {
            let url = format!("http://{}{}", page.host.to_str().ok()?, page.target);
            // For some hosts, such as one with the port 80, the URL is that of another page.
            let again = self.page(&url)?;
            (url.len() <= MAX_LENGTH && again == (page.host, page.target)).then_some(url)
        });
        let urls: Vec<String> = pages.take(MOST).collect();
        if urls.is_empty() {
            return;
        }
        if let Err(error) = file::write(&self.file, &urls)
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            let file = self.file.display();
            tracing::warn!(%file, %error, "the hot pages cannot be kept for the next process");
        }
    }

    /// A future that writes the file again and again.
    pub(in crate::app) fn run(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        let pages = Arc::clone(self);
        async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let pages = Arc::clone(&pages);
                // A panic is logged by the runtime, and the next attempt may succeed.
                let _ = tokio::task::spawn_blocking(move || pages.write()).await;
            }
        }
    }

    /// The page of a URL, if a warm-up request for it fills the cache for other clients.
    fn page(&self, url: &str) -> Option<(HeaderValue, PathAndQuery)> {
        let (host, target) = target::page(url).ok()?;
        let is_shared = self.routes.at(target.path()).is_ok_and(|found| *found.value);
        Some((host.filter(|_| is_shared)?, target))
    }
}

/// Whether the cache key of the route's responses can be turned back into a URL, and all clients share them.
fn has_pages(declared: &DeclaredRoute) -> bool {
    is_shared(declared)
        && declared.policies.cache.is_some_and(|cache| cache.key().is_none() && cache.partition().is_none())
}
