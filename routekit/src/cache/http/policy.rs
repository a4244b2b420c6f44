//! What one route caches by, made ready at start-up.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::HttpBody,
    extract::{OriginalUri, Request},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use crate::cache::{
    Cache, CacheTags, Counters, Entry, Key, Snapshot, Stamp, Tag,
    directives::{Concerns, Taken, Wishes},
    groups,
    key::KeyParts,
    outgoing::{Content, Outgoing},
    request::Asked,
    status::{CACHE_STATUS, Fwd, HIT, X_CACHE, X_CACHE_KEY},
    storable::{Rules, Storing},
    tag,
    template::{Places, Template, decoded},
};
use crate::{
    identity::Identity,
    observe::{Event, Report},
    route::{Audience, RequestText, spelling::Spellings},
};

/// How long a fill may take for which nobody says it: 30 s.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The largest body that is stored unless somebody says otherwise: 1 MiB.
pub(in crate::cache) const MAX_BODY: u64 = 1024 * 1024;

/// What a route caches by. One for each route, shared by all its requests.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Policy {
    pub(in crate::cache) cache: Cache,
    pub(in crate::cache) rules: Rules,
    /// How long a fill may take.
    pub(in crate::cache) deadline: Duration,
    pub(in crate::cache) debug_headers: bool,
    pub(in crate::cache) report: Report,
    pub(in crate::cache) stats: Arc<Counters>,
    /// What is done with HEAD.
    pub(in crate::cache) head: Head,
    /// Headers that are set further out in any case.
    pub(in crate::cache) overwritten: &'static [HeaderName],
    /// The path template.
    pub(in crate::cache) template: String,
    /// Where its placeholders stand.
    pub(in crate::cache) places: Places,
    pub(in crate::cache) tags: Vec<Template>,
    pub(in crate::cache) audience: Option<Audience>,
    pub(in crate::cache) partition: Option<RequestText>,
    pub(in crate::cache) key: Option<RequestText>,
    /// Whether what requests say in `Cache-Control` counts.
    pub(in crate::cache) honour_client_directives: bool,
    pub(in crate::cache) outgoing: Outgoing,
}

/// What is done with a request of HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Head {
    /// It is answered from what GET has stored, and passes by otherwise: nobody knows whether what is inside answers both.
    Looks,
    /// It is answered from what GET has stored, and the handler is asked with GET otherwise.
    Fills,
    /// It is all there is: a HEAD route of its own.
    Alone,
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Admitted {
    /// It is looked up.
    Taken(Taken),
    /// The handler is asked, whatever is stored.
    Passed(Fwd),
}

impl Policy {
    /// Whether the cache has a say in this request.
    #[inline]
    pub(in crate::cache) fn admits(&self, request: &Request) -> Admitted {
        let method = request.method();
        if *method != Method::GET && *method != Method::HEAD {
            return Admitted::Passed(Fwd::Method);
        }
        let concerns = Concerns::of(request.headers());
        if concerns.pass() || !request.body().is_end_stream() {
            return Admitted::Passed(Fwd::Bypass);
        }
        let known = || request.extensions().get::<Identity>().is_some();
        let credentials = match self.audience {
            // Of whoever is known, somebody has to say who may see the answer.
            None => concerns.credentials() || known(),
            Some(Audience::Everyone) => false,
            // Nobody knows whose they are.
            Some(Audience::User) if concerns.credentials() && !known() => return Admitted::Passed(Fwd::Bypass),
            Some(Audience::User) => false,
        };
        if credentials && *method == Method::HEAD {
            return Admitted::Passed(Fwd::Bypass);
        }
        let control = self.honour_client_directives && concerns.control();
        Admitted::Taken(Taken { control, conditions: concerns.conditions(), credentials })
    }

    /// The key of a request, and its partition, where that is not the cache's own.
    pub(in crate::cache) fn key(&self, request: &mut Request) -> (Key, Option<String>) {
        let (mut partition, mut custom) = (None, None);
        if self.partition.is_some() || self.key.is_some() {
            let (parts, body) = std::mem::take(request).into_parts();
            partition = self.partition.as_ref().map(|partition| partition.of(&parts));
            custom = self.key.as_ref().map(|key| key.of(&parts));
            *request = Request::from_parts(parts, body);
        }
        // HEAD routes of a path have answers of their own.
        let route = if self.head == Head::Alone { "HEAD" } else { &*self.template };
        let (uri, shown) = (asked_for(request), request.uri());
        let rewritten = (!is_same(uri, shown)).then(|| {
            let query = (uri.query() != shown.query()).then(|| shown.query());
            format!("{route} {} {query:?}", shown.path())
        });
        let parts = KeyParts {
            route: rewritten.as_deref().unwrap_or(route),
            partition: partition.as_deref().unwrap_or(self.cache.partition_name()),
            uri,
            headers: request.headers(),
            custom: custom.as_deref(),
            vary: &self.rules.vary,
            user: (self.audience == Some(Audience::User)).then(|| request.extensions().get()),
        };
        (parts.key(), partition)
    }

    /// A stored answer that is fresh, given out.
    pub(in crate::cache) fn hit(&self, entry: &Entry, now: Instant, head: bool) -> Response {
        self.report.event(Event::CacheHit);
        self.stats.hit();
        entry.give(now, head)
    }

    pub(in crate::cache) fn asked(
        &self,
        key: Key,
        partition: Option<String>,
        taken: Taken,
        request: &Request,
    ) -> Asked {
        let partition = partition.unwrap_or_else(|| self.cache.partition_name().to_owned());
        let headers = request.headers().clone();
        let wishes = Wishes::of(taken, &headers);
        let uris = (asked_for(request).clone(), request.uri().clone());
        let mut asked = Asked::new(key, headers, wishes, partition, uris);
        if self.audience == Some(Audience::User) {
            asked.identity = request.extensions().get().cloned();
        }
        asked
    }

    /// An answer as an entry, and, if answers of its key vary, what says so. What the handler has not said is added to the answer.
    pub(in crate::cache) fn entry(&self, asked: &Asked, response: &mut Response, made: &Made<'_>) -> Stored {
        let Made { storing, now, .. } = *made;
        let (key, varying) = asked.key_of(&storing.vary);
        let names = self.names_of(asked, response, made.spellings);
        let content = Content {
            vary: &self.rules.vary,
            status: response.status(),
            // The length of a HEAD route's answer is not that of its content, nor is its tag.
            body: (self.head != Head::Alone).then_some(made.body),
            age: storing.age,
            now: made.at,
            partition: &asked.partition,
            tags: &names,
        };
        let (added, ageing) = self.outgoing.add(response.headers_mut(), &content);
        let mut answer =
            Snapshot::new(response.status(), response.headers(), made.body).with_extensions(response.extensions());
        // As it is given out, so that nothing has to be added for each hit.
        if !made.body.is_empty() {
            answer.insert(header::CONTENT_LENGTH, made.body.len().into());
        }
        answer.insert(X_CACHE, HIT);
        if let Some(digest) = self.shown_key(&key) {
            answer.insert(X_CACHE_KEY, digest);
        }
        // Those that are written for each second have their place, too.
        answer.insert(header::AGE, storing.age.as_secs().into());
        answer.insert(CACHE_STATUS, HeaderValue::from_static(""));
        // A clone of a map has room for what is in it: the first header that is added would move all the others.
        for name in self.overwritten {
            answer.insert(name.clone(), HeaderValue::from_static(""));
        }
        let lifetime = if storing.explicit { storing.lifetime } else { self.cache.jittered(storing.lifetime) };
        let mut tags = self.tags_of(asked, &names);
        tags.extend(made.inherited.iter().filter(|tag| !tags.contains(tag)).copied().collect::<Vec<_>>());
        let entry = Entry::new(key, answer, made.stamp, now, lifetime.saturating_sub(storing.age))
            .with_age(storing.age)
            .with_reuse(storing.reuse)
            .with_added(added)
            .with_ageing(ageing)
            .with_tags(tags);
        let variants = (!varying.is_empty()).then(|| {
            let nothing = Snapshot::new(StatusCode::OK, &HeaderMap::new(), b"");
            let marker = Entry::new(asked.base.clone(), nothing, made.stamp, now, entry.lifetime());
            Arc::new(marker.with_variants(varying))
        });
        Stored { entry: Arc::new(entry), variants }
    }

    /// A digest of the key, where that is wanted.
    fn shown_key(&self, key: &Key) -> Option<HeaderValue> {
        let digest = || HeaderValue::from_str(&key.digest()).expect("hexadecimal digits are visible");
        self.debug_headers.then(digest)
    }

    /// Says it in an answer.
    pub(in crate::cache) fn mark_key(&self, key: &Key, response: &mut Response) {
        if let Some(digest) = self.shown_key(key) {
            response.headers_mut().insert(X_CACHE_KEY, digest);
        }
    }

    /// The names of its tags: those that the route declares, and those that the handler has found.
    fn names_of(&self, asked: &Asked, response: &Response, spellings: &Spellings) -> Vec<String> {
        let (places, told) = (&self.places, spellings.told());
        let declared = self.tags.iter().flat_map(|template| names(template, places, asked.shown.path(), &told));
        let found = response.extensions().get::<CacheTags>().into_iter().flat_map(CacheTags::names);
        declared.chain(found.map(str::to_owned)).chain(groups::of_answer(response.headers())).collect()
    }

    fn tags_of(&self, asked: &Asked, names: &[String]) -> Vec<Tag> {
        let (partition, path) = (&*asked.partition, asked.uri.path());
        let mut tags: Vec<Tag> = names.iter().map(|name| Tag::named(partition, name)).collect();
        tags.push(Tag::route(partition, &self.template));
        tags.push(Tag::path(partition, path));
        tags.extend(tag::prefixes(path).map(|prefix| Tag::prefix(partition, prefix)));
        tags.extend(asked.identity.as_ref().map(|identity| Tag::user(partition, identity)));
        tags
    }
}

/// An answer that is to be stored.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Made<'a> {
    pub(in crate::cache) body: &'a [u8],
    pub(in crate::cache) storing: &'a Storing,
    /// What the logical clock said before the handler was asked.
    pub(in crate::cache) stamp: Stamp,
    pub(in crate::cache) spellings: &'a Spellings,
    /// Tags of the answer that the handler has said still holds.
    pub(in crate::cache) inherited: &'a [Tag],
    pub(in crate::cache) now: Instant,
    /// The wall clock, since 1970.
    pub(in crate::cache) at: Duration,
}

/// What is put into the store.
#[derive(Debug)]
pub(in crate::cache) struct Stored {
    pub(in crate::cache) entry: Arc<Entry>,
    /// By what headers answers of the key vary. To be put first.
    pub(in crate::cache) variants: Option<Arc<Entry>>,
}

/// What the client asked for: a router that is nested in another one is shown only what is left of the path.
pub(in crate::cache) fn asked_for(request: &Request) -> &Uri {
    request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |original| &original.0)
}

/// Mostly one is a clone of the other.
fn is_same(one: &Uri, other: &Uri) -> bool {
    let text = |uri: &Uri| uri.path_and_query().map(|path| std::ptr::from_ref(path.as_str()));
    text(one) == text(other) && one.authority().is_none() && other.authority().is_none() || one == other
}

/// The names that a template stands for: as the path spells its placeholders, and, where that is different, as the handler's
/// arguments do.
pub(in crate::cache) fn names(
    template: &Template,
    places: &Places,
    path: &str,
    spellings: &[(&str, String)],
) -> Vec<String> {
    let written = |name: &str| places.written(path, name).map(decoded);
    let mut names = vec![template.fill(written)];
    if !template.is_fixed() && !spellings.is_empty() {
        let parsed = template.fill(|name| {
            let told = spellings.iter().find(|(told, _)| *told == name);
            told.map(|(_, value)| Cow::Borrowed(value.as_str())).or_else(|| written(name))
        });
        if parsed != names[0] {
            names.push(parsed);
        }
    }
    names
}
