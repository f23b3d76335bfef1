#![allow(clippy::unwrap_used)]

use super::*;
use memberlist_types::{NativeWire, Ping};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

type Machine = Endpoint<u32, u16, NativeWire>;
type Said = (Vec<Event<u32, u16>>, Vec<Transmit<u16>>, Vec<StreamRequest<u32, u16>>);

fn machine(id: u32) -> Machine {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(id.into()));
    let local = LocalNode::new(id, 1_000 + id as u16);
    Machine::new(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, rng).unwrap()
}

fn drain(machine: &mut Machine) -> Said {
    (
        core::iter::from_fn(|| machine.poll_event()).collect(),
        core::iter::from_fn(|| machine.poll_transmit()).collect(),
        core::iter::from_fn(|| machine.poll_request()).collect(),
    )
}

/// Two machines that take turns with one workspace say what two others say that have their own.
#[test]
fn a_lent_workspace_changes_nothing() {
    let mut own = [machine(1), machine(2)];
    let mut lent = [machine(1), machine(2)];
    let mut workspace = None;
    for step in 0..200_u32 {
        let now = Instant::START + Duration::from_millis(100 * u64::from(step));
        for (own, lent) in own.iter_mut().zip(&mut lent) {
            let source = Some(Node::new(10 + step % 7, 1_010 + (step % 7) as u16));
            let ping = Ping { seq: SequenceNumber(step), target: None, source };
            let from = 1_010 + (step % 7) as u16;
            workspace = workspace.take().and_then(|work| lent.lend_workspace(work));
            for machine in [&mut *own, &mut *lent] {
                machine.handle_message(now, from, Message::Ping(ping.clone()));
                if step % 10 == 0 {
                    let node = Node::new(10 + step % 7, from);
                    let alive = memberlist_types::Alive {
                        incarnation: Incarnation::new(1 + step),
                        node,
                        meta: Meta::EMPTY,
                        versions: Some(Versions::default()),
                        layers: Layers::BASE,
                    };
                    machine.handle_message(now, from, Message::Alive(alive));
                }
                machine.handle_timeout(now);
            }
            assert_eq!(drain(own), drain(lent));
            workspace = lent.take_workspace().or(workspace);
            assert!(workspace.is_some() && lent.work.is_none());
        }
    }
}

#[test]
fn a_workspace_with_outputs_is_neither_taken_nor_replaced() {
    let mut machine = machine(1);
    assert!(machine.take_workspace().is_none(), "it reports itself");
    assert!(machine.lend_workspace(Box::default()).is_some());
    assert!(matches!(machine.poll_event(), Some(Event::Joined(_))));
    assert!(machine.take_workspace().is_some());
    assert!(machine.take_workspace().is_none(), "it has none any more");
    assert!(machine.poll_event().is_none() && machine.lend_workspace(Box::default()).is_none());
}
