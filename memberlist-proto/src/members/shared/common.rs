use super::arena::Arena;
use crate::{
    Prefetch,
    members::record::{Profile, Profiles, Record},
};
use alloc::{rc::Rc, sync::Arc, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    fmt,
    hash::BuildHasher,
};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use memberlist_types::{Address, Id};

/// No version.
const NONE: u32 = u32::MAX;
/// A newer version becomes the common one when one store in so many holds it.
const SPREAD: u32 = 3;

/// What the nodes of one simulation say of themselves, each once, however many others know it. Every node's [`Shared`](super::Shared)
/// store is made from it.
///
/// A member has a place here, and versions: a new one whenever it says something new, each stored once. One of them is the common one;
/// a store needs memory only for where it differs. When a newer version has spread, it becomes the common one.
pub struct Common<I, A>(pub(super) Rc<Table<I, A>>);

impl<I, A> Clone for Common<I, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I: Id, A: Address> Default for Common<I, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, A> fmt::Debug for Common<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common")
            .field("members", &self.0.places.borrow().len())
            .field("versions", &self.0.versions.len())
            .field("stores", &self.0.stores.get())
            .finish()
    }
}

impl<I: Id, A: Address> Common<I, A> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Rc::new(Table {
            versions: Arena::new(),
            places: RefCell::default(),
            index: RefCell::new(HashTable::new()),
            hasher: DefaultHashBuilder::default(),
            profiles: RefCell::default(),
            addresses: RefCell::new(None),
            changes: RefCell::default(),
            stores: Cell::new(0),
        }))
    }

    /// How many members were ever heard of.
    #[must_use]
    pub fn members(&self) -> usize {
        self.0.places.borrow().len()
    }

    /// How many different things they said of themselves.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.0.versions.len() as usize
    }
}

pub(super) struct Table<I, A> {
    versions: Arena<Version<I, A>>,
    places: RefCell<Vec<Place>>,
    index: RefCell<HashTable<u32>>,
    hasher: DefaultHashBuilder,
    profiles: RefCell<Profiles>,
    /// The places of all who ever were at an address; kept only if somebody asks.
    addresses: RefCell<Option<HashMap<A, Vec<u32>>>>,
    /// How the common versions changed, in order. Each store has gone along with the first so many.
    changes: RefCell<Vec<Change>>,
    pub(super) stores: Cell<u32>,
}

/// What a member said of itself: a record in state `Alive` without anything rare.
struct Version<I, A> {
    record: Record<I, A>,
    place: u32,
    /// The version of the same member that was made before it.
    older: u32,
    /// How many stores name this version, because it is not the common one (for them).
    holders: Cell<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    current: u32,
    newest: u32,
    /// How many changes there were up to the one that made this version the common one.
    changed: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) place: u32,
    pub(super) old: u32,
    pub(super) new: u32,
    /// How many changes there were up to the one of the same place before this.
    before: u32,
}

impl<I: Id, A: Address> Table<I, A> {
    pub(super) fn len(&self) -> usize {
        self.places.borrow().len()
    }

    pub(super) fn profile(&self, profile: Profile) -> Arc<Profile> {
        self.profiles.borrow_mut().share(profile)
    }

    pub(super) fn record(&self, version: u32) -> Option<&Record<I, A>> {
        self.versions.get(version).map(|version| &version.record)
    }

    pub(super) fn find(&self, id: &I) -> Option<u32> {
        let index = self.index.borrow();
        index
            .find(self.hasher.hash_one(id), |place| self.id(*place).is_some_and(|other| other == id))
            .copied()
    }

    /// Probably what [`find`](Self::find) finds, without a look at the record.
    pub(super) fn guess(&self, id: &I) -> Option<u32> {
        self.index.borrow().find(self.hasher.hash_one(id), |_| true).copied()
    }

    /// Prefetches the common version of the member at this place.
    pub(super) fn prefetch(&self, place: u32, by: &impl Prefetch) {
        let version = self.places.borrow().get(place as usize).map(|place| place.current);
        if let Some(cell) = version.and_then(|version| self.versions.cell(version)) {
            by.item(cell);
        }
    }

    fn id(&self, place: u32) -> Option<&I> {
        let newest = self.places.borrow().get(place as usize)?.newest;
        self.record(newest).map(|record| &record.node.id)
    }

    /// A place for a member that nobody has heard of; what is said of it is the common version.
    pub(super) fn add(&self, record: Record<I, A>) -> u32 {
        let hash = self.hasher.hash_one(&record.node.id);
        let place = self.len() as u32;
        let version = self.versions.push(Version { record, place, older: NONE, holders: Cell::new(0) });
        self.places.borrow_mut().push(Place { current: version, newest: version, changed: 0 });
        self.index
            .borrow_mut()
            .insert_unique(hash, place, |other| self.id(*other).map_or(0, |id| self.hasher.hash_one(id)));
        self.moved(version);
        place
    }

    /// The version of the member at this place that says the same as this record.
    pub(super) fn version(&self, place: u32, record: &Record<I, A>) -> u32 {
        let Some(newest) = self.places.borrow().get(place as usize).map(|place| place.newest) else {
            return NONE;
        };
        let mut next = newest;
        while let Some(version) = self.versions.get(next) {
            if version.record.says_the_same(record) {
                return next;
            }
            next = version.older;
        }
        let version = self.versions.push(Version {
            record: record.clone(),
            place,
            older: newest,
            holders: Cell::new(0),
        });
        if let Some(place) = self.places.borrow_mut().get_mut(place as usize) {
            place.newest = version;
        }
        self.moved(version);
        version
    }

    /// The common version for a store that has gone along with so many changes.
    pub(super) fn current(&self, place: u32, changes: u32) -> u32 {
        let places = self.places.borrow();
        let Some(place) = places.get(place as usize) else { return NONE };
        if place.changed <= changes {
            return place.current;
        }
        let log = self.changes.borrow();
        let (mut version, mut changed) = (place.current, place.changed);
        while changed > changes
            && let Some(change) = log.get(changed as usize - 1)
        {
            (version, changed) = (change.old, change.before);
        }
        version
    }

    pub(super) fn changes(&self) -> u32 {
        self.changes.borrow().len() as u32
    }

    pub(super) fn change(&self, n: u32) -> Option<Change> {
        self.changes.borrow().get(n as usize).copied()
    }

    /// One more store names this version. If enough do, it becomes the common one.
    pub(super) fn hold(&self, number: u32) {
        let Some(version) = self.versions.get(number) else { return };
        let holders = version.holders.get() + 1;
        version.holders.set(holders);
        let mut places = self.places.borrow_mut();
        let Some(place) = places.get_mut(version.place as usize) else { return };
        // Never back to an older one, so that there is an end to it.
        if number > place.current && u64::from(holders) * u64::from(SPREAD) > u64::from(self.stores.get()) {
            let mut log = self.changes.borrow_mut();
            log.push(Change { place: version.place, old: place.current, new: number, before: place.changed });
            place.current = number;
            place.changed = log.len() as u32;
        }
    }

    pub(super) fn let_go(&self, version: u32) {
        if let Some(version) = self.versions.get(version) {
            version.holders.set(version.holders.get().saturating_sub(1));
        }
    }

    // ---- addresses ----

    pub(super) fn index_addresses(&self) {
        if self.addresses.borrow().is_none() {
            *self.addresses.borrow_mut() = Some(HashMap::new());
            for version in 0..self.versions.len() {
                self.moved(version);
            }
        }
    }

    fn moved(&self, version: u32) {
        if let Some(version) = self.versions.get(version) {
            self.settle(version.place, &version.record.node.address);
        }
    }

    /// Somebody believes that the member at this place is at this address.
    pub(super) fn settle(&self, place: u32, address: &A) {
        if let Some(addresses) = self.addresses.borrow_mut().as_mut() {
            let places = addresses.entry(address.clone()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }

    /// The places of all whom anybody ever believed to be at this address.
    pub(super) fn at_address(&self, address: &A) -> Vec<u32> {
        self.addresses
            .borrow()
            .as_ref()
            .and_then(|addresses| addresses.get(address))
            .cloned()
            .unwrap_or_default()
    }
}
