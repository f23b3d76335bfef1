use super::Item;
use alloc::collections::BTreeMap;

/// The end of a list.
const NIL: u32 = u32::MAX;

/// Items that were transmitted equally often and are equally long, the newest first.
///
/// A list that goes through the items. Who enters is nearly always newer than all (it has just been queued), or older than all (the newest
/// of the line before this one come first), and so takes its place at once. Who belongs between, because others overtook it, goes to a map beside
/// the list: so no order of arrivals makes anybody search the list.
#[derive(Debug)]
pub(super) struct Line {
    newest: u32,
    oldest: u32,
    /// By number.
    between: BTreeMap<u64, u32>,
}

/// An item's neighbours in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    newer: u32,
    older: u32,
    /// It stands in the map, and has none.
    between: bool,
}

impl Default for Links {
    fn default() -> Self {
        Self { newer: NIL, older: NIL, between: false }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self { newest: NIL, oldest: NIL, between: BTreeMap::new() }
    }
}

type Items<K> = [Option<Item<K>>];

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.newest == NIL && self.between.is_empty()
    }

    pub(super) fn enter<K>(&mut self, items: &mut Items<K>, index: u32) {
        let Some(number) = number(items, index) else { return };
        let mut links = Links::default();
        match (self::number(items, self.newest), self::number(items, self.oldest)) {
            (Some(newest), _) if number > newest => links.older = self.newest,
            (_, Some(oldest)) if number < oldest => links.newer = self.oldest,
            (None, _) | (_, None) => {}
            _ => {
                links.between = true;
                self.between.insert(number, index);
            }
        }
        set_links(items, index, links);
        if !links.between {
            self.join(items, links.newer, index);
            self.join(items, index, links.older);
        }
    }

    pub(super) fn leave<K>(&mut self, items: &mut Items<K>, index: u32) {
        let Some(item) = get(items, index) else { return };
        let Links { newer, older, between } = item.links;
        if between {
            self.between.remove(&item.number);
        } else {
            self.join(items, newer, older);
        }
    }

    /// Takes the newest out.
    pub(super) fn take_first<K>(&mut self, items: &mut Items<K>) -> Option<u32> {
        let listed = number(items, self.newest);
        let index = match self.between.last_key_value() {
            Some((number, index)) if listed.is_none_or(|listed| *number > listed) => *index,
            _ => self.newest,
        };
        get(items, index)?;
        self.leave(items, index);
        Some(index)
    }

    /// The oldest.
    pub(super) fn last<K>(&self, items: &Items<K>) -> Option<u32> {
        let listed = number(items, self.oldest);
        match self.between.first_key_value() {
            Some((number, index)) if listed.is_none_or(|listed| *number < listed) => Some(*index),
            _ => listed.map(|_| self.oldest),
        }
    }

    /// All of them, those of the map first.
    #[cfg(test)]
    pub(super) fn indices<K>(&self, items: &Items<K>) -> alloc::vec::Vec<u32> {
        let listed = core::iter::successors(get(items, self.newest).map(|_| self.newest), |index| {
            get(items, *index).map(|item| item.links.older).filter(|older| *older != NIL)
        });
        self.between.values().copied().chain(listed).collect()
    }

    /// Makes these two neighbours; `NIL` is the end of the list.
    fn join<K>(&mut self, items: &mut Items<K>, newer: u32, older: u32) {
        match get_mut(items, newer) {
            Some(item) => item.links.older = older,
            None => self.newest = older,
        }
        match get_mut(items, older) {
            Some(item) => item.links.newer = newer,
            None => self.oldest = newer,
        }
    }
}

fn get<K>(items: &Items<K>, index: u32) -> Option<&Item<K>> {
    items.get(index as usize)?.as_ref()
}

fn get_mut<K>(items: &mut Items<K>, index: u32) -> Option<&mut Item<K>> {
    items.get_mut(index as usize)?.as_mut()
}

fn number<K>(items: &Items<K>, index: u32) -> Option<u64> {
    get(items, index).map(|item| item.number)
}

fn set_links<K>(items: &mut Items<K>, index: u32, links: Links) {
    if let Some(item) = get_mut(items, index) {
        item.links = links;
    }
}
