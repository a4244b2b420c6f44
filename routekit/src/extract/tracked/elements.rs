//! Reads only some of the elements of an input: the items of its lists and the entries of its maps.
//!
//! Elements are numbered in the order of the input, an element before those inside it. A window is a range of numbers.
//! An element is read if it or an element inside it is in the window; others are skipped. So a window is a valid input
//! with fewer items and entries.
//!
//! serde does not say whether it reads a list or a tuple if it buffers the value, or a map or a struct with flattened
//! fields. So buffered elements and the first entries of a map are always read.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

/// The first entries of a map, which may be the fields of a struct.
const FIELDS: usize = 64;

/// The elements of an input, and those that are read.
#[derive(Debug)]
pub(in crate::extract) struct Elements {
    /// The number of each element and of those inside it; 0 stands for the end of a list. Empty while all elements
    /// before the window are read.
    sizes: Vec<u32>,
    window: RefCell<Range<usize>>,
    /// The sizes, if they are counted.
    counted: Option<RefCell<Vec<u32>>>,
    /// The number of the next element.
    next: Cell<usize>,
    /// How many elements outside the window were read.
    outside: Cell<usize>,
}

/// How the elements of a list or a map are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementKind {
    /// Items of a list.
    Item,
    /// Entries of a map.
    Entry,
    /// Values of an unknown kind.
    Buffered,
    /// Values of a tuple, an array or a struct, which are not elements.
    Field,
}

impl ElementKind {
    fn may_be_skipped(self, index: usize) -> bool {
        match self {
            Self::Item => true,
            Self::Entry => index >= FIELDS,
            Self::Buffered | Self::Field => false,
        }
    }
}

impl Elements {
    fn new(sizes: Vec<u32>, window: Range<usize>, counted: Option<RefCell<Vec<u32>>>) -> Self {
        Self { sizes, window: RefCell::new(window), counted, next: Cell::new(0), outside: Cell::new(0) }
    }

    /// The first elements.
    pub(in crate::extract) fn first(count: usize) -> Self {
        Self::new(Vec::new(), 0..count, None)
    }

    /// All elements, which are counted.
    pub(in crate::extract) fn count() -> Self {
        Self::new(Vec::new(), 0..usize::MAX, Some(RefCell::default()))
    }

    /// Starts to read the input.
    pub(in crate::extract) fn start(&self) {
        self.next.set(0);
        self.outside.set(0);
        self.counted.iter().for_each(|counted| counted.borrow_mut().clear());
    }

    /// The elements that were counted, to be read in windows.
    pub(in crate::extract) fn counted(&self) -> Self {
        let sizes = self.counted.as_ref().map(RefCell::take).unwrap_or_default();
        Self::new(sizes, 0..0, None)
    }

    pub(in crate::extract) fn set_window(&self, window: Range<usize>) {
        self.window.replace(window);
    }

    /// How many elements there are, if they were counted.
    pub(in crate::extract) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// How many elements outside the window were read.
    pub(in crate::extract) fn outside(&self) -> usize {
        self.outside.get()
    }

    /// Whether to skip the next element, which has this index in its list or map.
    pub(super) fn skips(&self, kind: ElementKind, index: usize) -> bool {
        if kind == ElementKind::Field || self.counted.is_some() {
            return false;
        }
        let number = self.next.get();
        // The size of an element is not known in a window without sizes, and nothing behind the window is read.
        let size = if self.sizes.is_empty() { 1 } else { self.sizes.get(number).map_or(0, |size| *size as usize) };
        let window = self.window.borrow();
        let is_outside = number >= window.end || number + size <= window.start;
        let skips = is_outside && size > 0 && kind.may_be_skipped(index);
        self.next.set(number + if skips { size } else { 1 });
        if is_outside && size > 0 && !skips {
            self.outside.set(self.outside.get() + 1);
        }
        skips
    }

    /// An element, or the end of a list or map, is read.
    pub(super) fn enter(&self, kind: ElementKind) -> Option<usize> {
        let mut counted = self.counted.as_ref().filter(|_| kind != ElementKind::Field)?.borrow_mut();
        counted.push(0);
        Some(counted.len() - 1)
    }

    /// The element with this number is read.
    pub(super) fn leave(&self, number: Option<usize>) {
        if let (Some(counted), Some(number)) = (&self.counted, number) {
            let mut counted = counted.borrow_mut();
            counted[number] = u32::try_from(counted.len() - number).unwrap_or(u32::MAX);
        }
    }
}
