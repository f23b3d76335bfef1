//! Memory that is fetched before it is needed.
//!
//! Each event belongs to another node than the one before, and the nodes of a large cluster fit into no near cache: whoever handles one event
//! after the other waits for main memory a dozen times in each. But it is known whose turn comes next. So what they will need is asked for ahead of
//! their time, and comes while others have their turn. Nothing that happens depends on it.

use super::*;
use memberlist_proto::{Prefetch, types::Node};
use prefetch_index::prefetch_index;

/// Asks the processor for it, and does not wait.
struct Ask;

/// Bytes that come together.
const LINE: usize = 64;

impl Prefetch for Ask {
    #[inline(always)]
    fn memory(&self, address: usize, len: usize) {
        // Of a list that has nothing at all an address is reckoned: it need not be there, since nobody looks at it.
        let nothing: &[u8] = &[];
        let first = address.wrapping_sub(nothing.as_ptr() as usize);
        (0..len).step_by(LINE).for_each(|line| prefetch_index(nothing, first.wrapping_add(line)));
        // The last line, if it does not begin with one. (A word never lies on two.)
        if len > size_of::<usize>() {
            prefetch_index(nothing, first.wrapping_add(len - 1));
        }
    }
}

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// Asks for what the next events need.
    pub(super) fn look_ahead(&mut self, end: Instant) {
        let Self { queue, hosts, .. } = self;
        let first = |node: NodeIndex, kept: &Option<_>| {
            Ask.item(kept);
            if let Some(host) = hosts.get(node.place()) {
                host.prefetch(&Ask);
            }
        };
        let second = |occurrence: &Occurrence<O, W, M>| {
            let (node, from) = match occurrence {
                Occurrence::Packet { from, to, bytes } => {
                    Ask.memory(bytes.as_ptr() as usize, bytes.len());
                    (to.node(), Some(Node::new(Name(from.node()), *from)))
                }
                Occurrence::Timer(node, _) => (*node, None),
                _ => return,
            };
            if let Some(host) = hosts.get(node.place()) {
                host.endpoint.prefetch_lists(from.as_ref(), &Ask);
            }
        };
        queue.look_ahead(end, first, second);
    }

    /// Takes the workspace back from a node that has had its turn.
    pub(super) fn take_back(&mut self, node: NodeIndex) {
        let host = self.hosts.get_mut(node.place());
        if let Some(work) = host.and_then(|host| host.endpoint.take_workspace()) {
            self.work = Some(work);
        }
    }
}
