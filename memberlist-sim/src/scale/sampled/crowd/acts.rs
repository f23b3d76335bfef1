//! What the counted do of their own accord.

use super::*;

impl Crowd {
    pub(super) fn probe<O: Observer>(&mut self, simulation: &mut Simulation<O>, now: u64, node: NodeIndex) {
        let by = self.anybody();
        let seq = self.seq();
        self.asked.insert(seq, Asked { of: node, why: Why::Probe { by } });
        self.at(now + self.probe_timeout, Deed::ProbeOthers(seq));
        self.at(now + self.probe_interval, Deed::ProbeFailed(seq));
        self.ping(simulation, by, node, seq);
    }

    pub(super) fn probe_others<O: Observer>(&mut self, simulation: &mut Simulation<O>, seq: SequenceNumber) {
        let Some(Asked { of: target, why: Why::Probe { by } }) = self.asked.get(&seq) else { return };
        let (target, by) = (*target, *by);
        for _ in 0..self.indirect_checks {
            let helper = self.any_member();
            if helper == target || helper == by || self.down.contains(&helper) {
                continue;
            }
            if helper.place() < self.real {
                let request = self.indirect_ping(seq, by, target);
                self.send(simulation, address(by), address(helper), &[request]);
            } else if !random::chance(&mut self.rng, self.loss) {
                let help = self.seq();
                self.asked.insert(help, Asked { of: target, why: Why::Help { probe: seq } });
                self.ping(simulation, helper, target, help);
            }
        }
        if self.stream_ping && simulation.is_up(target) {
            let deadline = simulation.now()
                + Duration::from_millis(self.probe_interval.saturating_sub(self.probe_timeout));
            let mut at = simulation.now();
            for (from, to, bytes) in [(by, target, 0), (target, by, 0), (by, target, 40), (target, by, 20)] {
                at = simulation.carried(from, to, at, [0; 64].get(..bytes).unwrap_or_default());
            }
            if at < deadline {
                simulation.count_stream(target, 20, 40);
                self.asked.remove(&seq);
            }
        }
    }

    /// One of the counted probed a member that is down: its helpers among the real nodes are asked, too.
    pub(super) fn ask_real_helpers<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        at: u64,
        target: NodeIndex,
    ) {
        let by = self.anybody();
        for _ in 0..self.indirect_checks {
            let helper = self.any_member();
            if helper.place() < self.real && simulation.is_up(helper) && by != target {
                let seq = self.seq();
                let request = self.indirect_ping(seq, by, target);
                self.at(at, Deed::Send(address(by), address(helper), vec![request]));
            }
        }
    }

    pub(super) fn ask<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        by: NodeIndex,
        helper: NodeIndex,
        target: NodeIndex,
    ) {
        let seq = self.seq();
        let request = self.indirect_ping(seq, by, target);
        self.send(simulation, address(by), address(helper), &[request]);
    }

    /// One of the counted suspects a member: it tells it first, and then everybody.
    pub(super) fn accuse<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        now: u64,
        by: NodeIndex,
        of: NodeIndex,
    ) {
        let (name, incarnation) = (Name(of), self.incarnation(Name(of)));
        let suspect = Suspect { incarnation, node: name, from: Name(by) };
        self.talk.announce(now, &Message::Suspect(suspect.clone()), &mut self.rng);
        if of.place() < self.real {
            self.send(simulation, address(by), address(of), &[Message::Suspect(suspect)]);
        } else if !self.down.contains(&of) {
            // Told at once; if that is lost, by the gossip of the others.
            let lost = random::chance(&mut self.rng, self.loss);
            let wait = if lost { self.probe_timeout } else { 2 };
            self.at(now + wait, Deed::Refute(name, incarnation));
        }
    }

    pub(super) fn refute(&mut self, now: u64, name: Name, accused: Incarnation) {
        if self.down.contains(&name.0) || self.incarnation(name) > accused {
            return;
        }
        self.incarnations.insert(name, accused.next());
        let alive = Alive {
            incarnation: accused.next(),
            node: Node::new(name, address(name.0)),
            meta: Meta::EMPTY,
            versions: Some(Versions::default()),
            layers: Layers::BASE,
        };
        self.talk.announce(now, &Message::Alive(alive), &mut self.rng);
    }

    pub(super) fn hold_push_pull<O: Observer>(&mut self, simulation: &mut Simulation<O>, node: NodeIndex) {
        let states = self.view();
        let theirs = frame_len(&states);
        let ours = simulation.outcome(node, |endpoint, now| {
            let ours = frame_len(&endpoint.local_states());
            // A refusal is counted by the endpoint.
            let _ = endpoint.handle_push_pull(now, None, states);
            ours
        });
        if let Some(ours) = ours {
            simulation.count_stream(node, ours, theirs);
        }
    }
}
