//! The container of all dependencies.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use super::dep::Dep;

/// All dependencies of an app: the state of extractors on routes without `state = …`.
///
/// Cloning it clones one `Arc`.
#[derive(Clone, Default)]
pub struct Deps(Arc<DepMap>);

type DepMap = HashMap<TypeId, Value, BuildHasherDefault<TypeIdHasher>>;

struct Value {
    type_name: &'static str,
    /// Holds an `Arc<T>`.
    value: Box<dyn Any + Send + Sync>,
}

impl Deps {
    /// Returns the dependency of type `T`, if it was provided.
    #[must_use]
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Option<Dep<T>> {
        let value = self.0.get(&TypeId::of::<T>())?;
        let arc = value.value.downcast_ref::<Arc<T>>().expect("a value is stored under its own type");
        Some(Dep::new(Arc::clone(arc)))
    }

    /// Whether a dependency of this type was provided.
    pub(crate) fn contains(&self, id: TypeId) -> bool {
        self.0.contains_key(&id)
    }

    /// Whether a dependency was provided whose type has this name.
    pub(crate) fn contains_named(&self, type_name: &str) -> bool {
        self.type_names().any(|provided| provided == type_name)
    }

    /// The names of all types that were provided.
    pub(super) fn type_names(&self) -> impl Iterator<Item = &'static str> {
        self.0.values().map(|value| value.type_name)
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values().map(|value| value.type_name)).finish()
    }
}

/// Collects dependencies before the app starts.
#[derive(Default)]
pub(crate) struct DepsBuilder(DepMap);

impl DepsBuilder {
    /// Adds or replaces the dependency of type `T`. Returns whether it replaced one.
    pub(crate) fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) -> bool {
        let value = Value { type_name: type_name::<T>(), value: Box::new(value) };
        self.0.insert(TypeId::of::<T>(), value).is_some()
    }

    /// Adds the dependency of type `T` unless there is one.
    pub(crate) fn insert_if_absent<T: Send + Sync + 'static>(&mut self, value: T) {
        if !self.0.contains_key(&TypeId::of::<T>()) {
            self.insert(Arc::new(value));
        }
    }

    pub(crate) fn build(self) -> Deps {
        Deps(Arc::new(self.0))
    }
}

/// Passes the hash of a `TypeId` through.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // `TypeId` calls `write_u64`. If that changes, this is still correct.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}
