//! Things that handlers depend on: given once with `App::provide`, taken as [`Dep<T>`](crate::Dep).
//!
//! A dependency is found by its type, so there is one of each. Two pools of the same type get a newtype each. That every
//! dependency of every route was provided is checked at start-up, not on the first request.

mod dep;

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

pub use self::dep::{Dep, MissingDependency};

/// All dependencies of an app: the state that extractors of a route without `state = …` are given.
///
/// A clone is one reference count.
#[derive(Clone, Default)]
pub struct Deps(Arc<Values>);

type Values = HashMap<TypeId, Value, BuildHasherDefault<TypeIdHasher>>;

struct Value {
    type_name: &'static str,
    /// An `Arc<T>`.
    value: Box<dyn Any + Send + Sync>,
}

impl Deps {
    /// The dependency of type `T`, if it was provided.
    #[must_use]
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Option<Dep<T>> {
        let value = self.0.get(&TypeId::of::<T>())?;
        let arc = value.value.downcast_ref::<Arc<T>>().expect("a value is stored under the type it has");
        Some(Dep::new(Arc::clone(arc)))
    }

    /// Whether a dependency of that type was provided.
    pub(crate) fn contains(&self, id: TypeId) -> bool {
        self.0.contains_key(&id)
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values().map(|value| value.type_name)).finish()
    }
}

/// Dependencies while they are being provided.
#[derive(Default)]
pub(crate) struct DepsBuilder(Values);

impl DepsBuilder {
    /// Adds or replaces the dependency of type `T`; whether there was one already.
    pub(crate) fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) -> bool {
        let value = Value { type_name: type_name::<T>(), value: Box::new(value) };
        self.0.insert(TypeId::of::<T>(), value).is_some()
    }

    pub(crate) fn build(self) -> Deps {
        Deps(Arc::new(self.0))
    }
}

/// A `TypeId` is a hash already.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // `TypeId` calls `write_u64`; should that change, this stays correct.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}
