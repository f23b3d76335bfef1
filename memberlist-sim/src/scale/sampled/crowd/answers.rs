//! What the counted answer.

use super::*;

impl Crowd {
    pub(super) fn packet<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        from: Addr,
        to: Addr,
        bytes: Bytes,
    ) {
        let me = to.node();
        if self.down.contains(&me) {
            return;
        }
        let now = tick_of(simulation);
        let mut messages = Vec::new();
        // Nodes send nothing that can't be read.
        let _ =
            NativeWire.decode_packet(&Framing::new(), bytes, &mut |message| messages.extend(message.ok()));
        for message in messages {
            match message {
                Message::Ping(ping) if ping.target.is_none_or(|target| target == Name(me)) => {
                    let ack = Ack { seq: ping.seq, payload: Bytes::new() };
                    self.send(simulation, to, from, &[Message::Ack(ack)]);
                }
                Message::IndirectPing(request) => self.relay(simulation, now, me, from, &request),
                Message::Ack(ack) => self.acked(simulation, &ack),
                Message::Suspect(suspect) if suspect.node == Name(me) => {
                    self.refute(now, Name(me), suspect.incarnation);
                }
                news => self.talk.hear(now, &news, &mut self.rng),
            }
        }
    }

    fn relay<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        now: u64,
        me: NodeIndex,
        requester: Addr,
        request: &IndirectPing<Name, Addr>,
    ) {
        let (target, seq) = (request.target.id.0, request.seq);
        let own = self.seq();
        let why = Why::Relay { by: me, requester, seq, nack: request.nack };
        self.asked.insert(own, Asked { of: target, why });
        self.at(now + self.probe_timeout, Deed::Nack(own));
        if target.place() < self.real {
            self.ping(simulation, me, target, own);
        } else if !self.down.contains(&target) {
            let lost = random::chance(&mut self.rng, self.loss) || random::chance(&mut self.rng, self.loss);
            if !lost {
                self.asked.remove(&own);
                let ack = vec![Message::Ack(Ack { seq, payload: Bytes::new() })];
                self.at(now + 2, Deed::Send(address(me), requester, ack));
            }
        }
    }

    fn acked<O: Observer>(&mut self, simulation: &mut Simulation<O>, ack: &Ack) {
        match self.asked.remove(&ack.seq) {
            Some(Asked { why: Why::Help { probe }, .. }) => {
                if !random::chance(&mut self.rng, self.loss) {
                    self.asked.remove(&probe);
                }
            }
            Some(Asked { why: Why::Relay { by, requester, seq, .. }, .. }) => {
                let ack = Message::Ack(Ack { seq, payload: Bytes::new() });
                self.send(simulation, address(by), requester, &[ack]);
            }
            Some(Asked { why: Why::Probe { .. }, .. }) | None => {}
        }
    }

    /// A real node opens a stream to one of the counted.
    pub(super) fn request<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        node: NodeIndex,
        request: StreamRequest<Name, Addr>,
    ) {
        let (me, now) = (request.to.node(), simulation.now());
        let sent = match (&request.kind, simulation.endpoint(node)) {
            (StreamRequestKind::PushPull { .. }, Some(endpoint)) => frame_len(&endpoint.local_states()),
            _ => 40,
        };
        let mut at = now;
        let reply = if matches!(request.kind, StreamRequestKind::Ping { .. }) { 20 } else { sent };
        let data = vec![0; sent.max(reply)];
        let legs = [(node, me, 0), (me, node, 0), (node, me, sent), (me, node, reply)];
        // Whoever is down answers the handshake with a refusal.
        let legs = if self.down.contains(&me) { legs.get(..2).unwrap_or_default() } else { &legs };
        for &(from, to, bytes) in legs {
            at = simulation.carried(from, to, at, data.get(..bytes).unwrap_or_default());
        }
        let at = at.min(request.deadline);
        self.at(tick_at(at) + 1, Deed::Answer(node, request, sent));
    }

    pub(super) fn answer<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        node: NodeIndex,
        request: &StreamRequest<Name, Addr>,
        sent: usize,
    ) {
        let id = request.id;
        if self.down.contains(&request.to.node()) {
            let failure = StreamFailure::Unreachable("refused or reset".into());
            simulation.outcome(node, |endpoint, now| endpoint.handle_stream_failure(now, id, failure));
            return;
        }
        if simulation.now() > request.deadline {
            let failure = StreamFailure::TimedOut;
            simulation.outcome(node, |endpoint, now| endpoint.handle_stream_failure(now, id, failure));
            return;
        }
        match &request.kind {
            StreamRequestKind::PushPull { .. } => {
                let states = self.view();
                simulation.count_stream(node, sent, frame_len(&states));
                simulation
                    .outcome(node, |endpoint, now| endpoint.handle_push_pull(now, Some(id), states).is_ok());
            }
            StreamRequestKind::Ping { seq, .. } => {
                let ack = Ack { seq: *seq, payload: Bytes::new() };
                simulation.count_stream(node, sent, 20);
                simulation.outcome(node, |endpoint, now| endpoint.handle_stream_ack(now, id, &ack));
            }
            _ => {}
        }
    }
}
