//! A few machines on a network that does them any harm, and then none.

use crate::{
    invariants::{truth, wrong},
    net::Net,
    solo::{Addr, Id, addr, ms, secs},
};
use arbitrary::{Arbitrary, Unstructured};
use memberlist_proto::{Event, Options};
use std::collections::BTreeSet;

#[derive(Arbitrary, Debug)]
enum Step {
    Run(u16),
    Loss(u8),
    Duplicate(u8),
    Latency(u8),
    Split(u8),
    Deaf(u8, bool),
    Whole,
    Pause(u8, u16, u8),
    Late(u8, u8),
    Crash(u8),
    Restart { which: u8, elsewhere: bool, newer: bool },
    Leave(u8),
    Rejoin(u8),
    Meta(u8, u8),
    Broadcast(u8),
}

/// Once the network behaves, all views become the truth; until then no process hears a broadcast twice.
pub fn cluster(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok((n, seed)) = <(u8, u8)>::arbitrary(&mut input) else { return };
    let n = 2 + Id::from(n % 4);
    let mut net = Net::cluster(n, &Options::lan(), seed.into());
    for id in 1..=n {
        let now = net.now;
        net.with(id, |m| m.set_seeds(now, (1..=n).map(addr).collect()));
    }
    let mut story = Story { n, fresh: 9_000, incarnation: 1, said: 0 };
    let mut steps = 0;
    while let Ok(step) = Step::arbitrary(&mut input)
        && !input.is_empty()
        && steps < 40
    {
        story.step(&mut net, step);
        steps += 1;
    }
    net.cut = Box::new(|_, _, _| false);
    (net.loss, net.duplicate, net.latency) = (0.0, 0.0, (ms(1), ms(5)));
    net.hosts.values_mut().for_each(|h| (h.inbox, h.lag) = (usize::MAX, ms(0)));
    let converged = net.run_until(secs(400), |net| wrong(net).is_empty());
    assert!(converged, "{n} nodes, at {}: {:#?}", net.now, wrong(&net));
    for host in net.hosts.values() {
        let mut heard = BTreeSet::new();
        for (at, event) in &host.events {
            if let Event::User { payload, .. } = event {
                assert!(heard.insert(payload.clone()), "{} hears {payload:?} again at {at}", host.id);
            }
        }
    }
}

struct Story {
    n: Id,
    fresh: Addr,
    incarnation: u32,
    said: u32,
}

impl Story {
    fn step(&mut self, net: &mut Net, step: Step) {
        let now = net.now;
        let running: Vec<Id> = truth(net).into_keys().collect();
        let pick = |from: &[Id], which: u8| from.get(usize::from(which) % from.len().max(1)).copied();
        match step {
            Step::Run(time) => net.run(ms(u64::from(time) % 20_000)),
            Step::Loss(p) => net.loss = f64::from(p % 6) / 10.0,
            Step::Duplicate(p) => net.duplicate = f64::from(p % 5) / 10.0,
            Step::Latency(most) => net.latency = (ms(1), ms(2 + 2 * u64::from(most))),
            Step::Split(side) => {
                net.cut = Box::new(move |a, b, _| side >> (a % 8) & 1 != side >> (b % 8) & 1)
            }
            Step::Deaf(which, streams) => {
                let deaf = 1 + Id::from(which) % self.n;
                net.cut = Box::new(move |_, to, stream| to == deaf && (streams || !stream));
            }
            Step::Whole => net.cut = Box::new(|_, _, _| false),
            Step::Pause(which, time, inbox) => {
                if let Some(id) = pick(&running, which).filter(|_| running.len() > 1) {
                    net.hosts
                        .values_mut()
                        .filter(|h| h.up && h.id == id)
                        .for_each(|h| h.inbox = inbox.into());
                    net.pause(id, ms(time.into()));
                }
            }
            Step::Late(which, by) => {
                let id = 1 + Id::from(which) % self.n;
                net.hosts.values_mut().filter(|h| h.id == id).for_each(|h| h.lag = ms(u64::from(by) * 3));
            }
            Step::Crash(which) => {
                if let Some(id) = pick(&running, which).filter(|_| running.len() > 1) {
                    net.crash(id);
                }
            }
            Step::Restart { which, elsewhere, newer } => self.restart(net, which, elsewhere, newer),
            Step::Leave(which) => {
                if let Some(id) = pick(&running, which).filter(|_| running.len() > 1) {
                    net.with(id, |m| drop(m.leave(now)));
                }
            }
            Step::Rejoin(which) => {
                let left: Vec<Id> = net.up().filter(|h| h.machine.has_left()).map(|h| h.id).collect();
                if let Some(id) = pick(&left, which) {
                    net.with(id, |m| drop(m.rejoin(now)));
                }
            }
            Step::Meta(which, meta) => {
                if let Some(id) = pick(&running, which) {
                    net.with(id, |m| drop(m.update_meta(now, vec![meta].into())));
                }
            }
            Step::Broadcast(which) => {
                self.said += 1;
                if let Some(id) = pick(&running, which) {
                    let payload = self.said.to_be_bytes().to_vec();
                    net.with(id, |m| drop(m.broadcast(now, None, payload.into())));
                }
            }
        }
    }

    fn restart(&mut self, net: &mut Net, which: u8, elsewhere: bool, newer: bool) {
        let down: Vec<Id> = (1..=self.n).filter(|id| !net.up().any(|h| h.id == *id)).collect();
        let Some(&id) = down.get(usize::from(which) % down.len().max(1)) else { return };
        net.hosts.retain(|_, h| h.up);
        let address = if !elsewhere && !net.hosts.contains_key(&addr(id)) {
            addr(id)
        } else {
            self.fresh += 1;
            self.fresh
        };
        self.incarnation += 1;
        let started = if newer { self.incarnation * 10 } else { 1 };
        net.start(id, address, Options::lan(), started);
        let seeds: Vec<Addr> =
            net.hosts.iter().filter(|(a, h)| h.up && **a != address).map(|(a, _)| *a).collect();
        let now = net.now;
        net.with(id, |m| {
            m.set_seeds(now, seeds.clone());
            drop(m.join(now, seeds, Default::default()));
        });
    }
}
