//! Whom the table has forgotten, and how far it had come: an old sign of life, which anybody may have recorded, must not bring back the dead.
//!
//! A sign of life that is no newer than the end of the same node is either old, or its node lives and does not know that it was declared
//! dead (a partition that lasted longer than the dead are remembered). So it is not believed, and not ignored either: the node itself is told
//! of its death. If it lives it refutes, above that, and is then believed; a record of what it once said can't.

use super::*;
use memberlist_types::{Alive, Dead};

/// How many are remembered; the oldest give way. (No more than the table may have, either.)
const REMEMBERED: usize = 16_384;
/// Addresses that are told of one end within `admission::REPORT_INTERVAL`: what somebody says of a former one must not keep
/// the present one from hearing of it.
const MAX_TOLD: usize = 4;

/// One that is not in the table any more.
struct Grave<A> {
    /// At which incarnation it ended.
    incarnation: Incarnation,
    left: bool,
    /// Who was told of it lately.
    told: Vec<(Instant, A)>,
    /// Its place in the order of burials.
    number: u64,
}

/// All whose end is remembered.
pub(super) struct Forgotten<I, A> {
    graves: HashMap<I, Grave<A>>,
    /// The oldest first. Those that were dug again or opened since have another number now, or none.
    order: VecDeque<(u64, I)>,
    buried: u64,
}

impl<I: Id, A: Address> Forgotten<I, A> {
    pub(super) fn new() -> Self {
        Self { graves: HashMap::new(), order: VecDeque::new(), buried: 0 }
    }

    pub(super) fn bury(&mut self, id: I, incarnation: Incarnation, left: bool, max: usize) {
        let max = max.min(REMEMBERED);
        self.buried += 1;
        let number = self.buried;
        self.order.push_back((number, id.clone()));
        self.graves.insert(id, Grave { incarnation, left, told: Vec::new(), number });
        while self.graves.len() > max || self.order.len() > 2 * max {
            let Some((number, id)) = self.order.pop_front() else { return };
            if self.graves.get(&id).is_some_and(|grave| grave.number == number) {
                self.graves.remove(&id);
            }
        }
    }

    /// It is back.
    pub(super) fn open(&mut self, id: &I) {
        self.graves.remove(id);
    }

    /// At which incarnation it left, if it did, and not before this one.
    pub(super) fn departure(&self, id: &I, incarnation: Incarnation) -> Option<Incarnation> {
        let grave = self.graves.get(id).filter(|grave| grave.left && incarnation <= grave.incarnation)?;
        Some(grave.incarnation)
    }

    /// Whether a sign of life of this incarnation is from before the end.
    pub(super) fn is_old(&self, id: &I, incarnation: Incarnation) -> bool {
        self.graves.get(id).is_some_and(|grave| incarnation <= grave.incarnation)
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// A sign of life of a forgotten node, from before its end: it is asked itself.
    pub(super) fn on_ghost(&mut self, now: Instant, alive: Alive<I, A>) {
        let Some(grave) = self.forgotten.graves.get_mut(&alive.node.id) else { return };
        grave.told.retain(|(at, _)| now.since(*at) < admission::REPORT_INTERVAL);
        let known = grave.told.iter().any(|(_, address)| *address == alive.node.address);
        if known || grave.told.len() >= MAX_TOLD {
            return;
        }
        grave.told.push((now, alive.node.address.clone()));
        self.stats.ghosts += 1;
        let (incarnation, node, left) = (grave.incarnation, alive.node.id.clone(), grave.left);
        // One that is so far behind might not believe it, and never be seen again: it is asked on a stream.
        if incarnation > alive.incarnation.saturating_add(self.options.max_incarnation_jump) {
            return self.verify(now, alive);
        }
        let from = if left { node.clone() } else { self.id.clone() };
        let dead = Message::Dead(Dead { incarnation, node, from });
        self.transmit(alive.node.address, &[dead], None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inc(value: u32) -> Incarnation {
        Incarnation::new(value)
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_give_way() {
        let mut forgotten = Forgotten::<u32, u16>::new();
        for id in 0..1_000u32 {
            forgotten.bury(id, inc(5), false, 10);
        }
        assert_eq!((forgotten.graves.len(), forgotten.order.len()), (10, 10));
        assert!(!forgotten.is_old(&989, inc(5)) && forgotten.is_old(&990, inc(5)));
        // The same ones over and over take no more.
        for round in 0..1_000u32 {
            forgotten.open(&(990 + round % 10));
            forgotten.bury(990 + round % 10, inc(round), false, 10);
        }
        assert_eq!(forgotten.graves.len(), 10);
        assert!(forgotten.order.len() <= 20);
        assert!((990..1_000).all(|id| forgotten.is_old(&id, inc(0))));
    }

    #[test]
    fn only_what_is_newer_than_the_end_is_new() {
        let mut forgotten = Forgotten::<u32, u16>::new();
        forgotten.bury(1u32, inc(5), true, 10);
        assert!(forgotten.is_old(&1, inc(4)) && forgotten.is_old(&1, inc(5)));
        assert!(!forgotten.is_old(&1, inc(6)) && !forgotten.is_old(&2, inc(1)));
        forgotten.open(&1);
        assert!(!forgotten.is_old(&1, inc(1)));
    }
}
