//! What reaches a node: packets, streams and its timer, when its process can take them.

use super::*;

/// How many inputs a node that is overloaded handles before a timer that is due gets its turn.
const INPUTS_BEFORE_TIMER: u32 = 8;

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// Something reaches a machine: it is handled, or waits until the process can read.
    pub(super) fn arrive(&mut self, to: Addr, input: Input) {
        let (now, node) = (self.now, to.node());
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.is_up() && host.address == to)
        else {
            if let Input::Packet { from, bytes } = input {
                let lost = Step::Lost { from, bytes: bytes.len(), why: Loss::Nobody };
                self.observer.step(now, node, &lost);
            }
            return;
        };
        if host.ready_at() <= now && !host.has_work() {
            if host.processing.is_zero() {
                return self.input(node, input);
            }
            host.begin(now, input);
            return self.arrange_wake(node);
        }
        if let Input::Packet { from, bytes } = &input {
            if host.inbox_bytes + bytes.len() > self.socket_buffer {
                let lost = Step::Lost { from: *from, bytes: bytes.len(), why: Loss::Buffer };
                return self.observer.step(now, node, &lost);
            }
            host.inbox_bytes += bytes.len();
        }
        host.inbox.push_back(input);
        self.arrange_wake(node);
    }

    /// Makes sure that a node that can't send or read now is woken when it can.
    pub(super) fn arrange_wake(&mut self, node: NodeIndex) {
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let at = if host.outbox.is_empty() { host.ready_at() } else { host.sends_at() };
        let at = at.max(self.now);
        if host.wakes.is_none_or(|wakes| at < wakes) {
            host.wakes = Some(at);
            self.queue.push(at, Class::Arrival, Occurrence::Wake(node, host.life));
        }
    }

    /// A node can send or read (again): what it could not send goes out first, then it reads what waits.
    pub(super) fn wake(&mut self, node: NodeIndex, life: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.life == life) else { return };
        if host.wakes != Some(now) {
            return;
        }
        host.wakes = None;
        if host.sends_at() > now {
            return self.arrange_wake(node);
        }
        for output in core::mem::take(&mut host.outbox) {
            self.output(node, output);
        }
        loop {
            let Some(host) = self.hosts.get_mut(node.place()) else { return };
            if !host.has_work() {
                return;
            }
            if host.ready_at() > now {
                return self.arrange_wake(node);
            }
            let Some(input) = host.next_input(now) else { continue };
            self.input(node, input);
        }
    }

    fn input(&mut self, node: NodeIndex, input: Input) {
        match input {
            Input::Packet { from, bytes } => self.packet(node, from, bytes),
            Input::Stream(input) => self.stream_input(node, input),
        }
    }

    fn packet(&mut self, node: NodeIndex, from: Addr, bytes: Bytes) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        host.traffic.packets_received += 1;
        host.traffic.packet_bytes_received += bytes.len() as u64;
        let local = host.local(now);
        self.work = self.work.take().and_then(|work| host.endpoint.lend_workspace(work));
        self.observer.step(now, node, &Step::Received { from, bytes: &bytes });
        if host.endpoint.admit_packet(local, &from, bytes.len()) {
            let (observer, messages) = (&mut self.observer, &mut self.messages);
            let mut sink = |decoded: Result<_, _>| match decoded {
                Ok(message) => messages.push(message),
                Err(error) => observer.step(now, node, &Step::Undecodable { from, error: &error }),
            };
            if let Err(error) = host.endpoint.wire().decode_packet(&self.framing, bytes, &mut sink) {
                self.observer.step(now, node, &Step::Undecodable { from, error: &error });
                host.refuse(local, from, &error);
            }
            for message in self.messages.drain(..) {
                self.observer.step(now, node, &Step::Message { from, message: &message });
                host.endpoint.handle_message(local, from, message);
            }
        }
        self.flush(node);
        self.take_back(node);
    }

    pub(super) fn timer(&mut self, node: NodeIndex, life: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        if host.life != life || host.timer != Some(now) {
            return;
        }
        let busy = host.busy_until > now && host.postponed < INPUTS_BEFORE_TIMER;
        let until = if busy { host.paused_until.max(host.busy_until) } else { host.paused_until };
        if until > now {
            host.postponed += u32::from(busy);
            host.timer = Some(until);
            return self.queue.push_about(until, Class::Timer, node, Occurrence::Timer(node, life));
        }
        host.postponed = 0;
        host.timer = None;
        let local = host.local(now);
        if host.endpoint.poll_timeout().is_none_or(|at| at > local) {
            return self.rearm(node);
        }
        self.events += 1;
        self.observer.step(now, node, &Step::Timer);
        self.work = self.work.take().and_then(|work| host.endpoint.lend_workspace(work));
        host.endpoint.handle_timeout(local);
        self.flush(node);
        self.take_back(node);
    }
}
