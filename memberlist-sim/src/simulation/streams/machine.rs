//! What machines do for streams: they dial, answer handshakes, and send again what was lost.

use super::{super::outputs::read_by, *};
use crate::{StreamStep, network::Carriage, simulation::tell::tell};
use memberlist_proto::{
    StreamFailure, StreamRequestKind,
    types::{Ping, StreamLimits},
};

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// The node opens a stream: what it sends for that, now or later.
    pub(in crate::simulation) fn begin_stream(
        &mut self,
        node: NodeIndex,
        request: StreamRequest<Name, Addr>,
    ) -> Option<Segment> {
        let id = self.streams.next();
        let said = self.dial(node, id, &request);
        let host = self.hosts.get_mut(node.place())?;
        let exchange = match said {
            Ok(exchange) => exchange,
            Err(failure) => {
                let local = host.local(self.now);
                host.endpoint.handle_stream_failure(local, request.id, failure);
                self.flush(node);
                return None;
            }
        };
        host.traffic.streams += 1;
        let at = host.global(request.deadline).max(self.now);
        let to = request.to;
        self.streams.begin(id, node, host.life, host.address, &request, exchange);
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Dial(to)));
        self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
        Some(Segment { id, to: End::Acceptor, content: Content::Dial, missing: 1, losses: 0 })
    }

    /// The conversation of a request, with what it says first.
    fn dial(
        &self,
        node: NodeIndex,
        id: ConversationId,
        request: &StreamRequest<Name, Addr>,
    ) -> Result<Exchange<Name, Addr>, StreamFailure> {
        let host = self.hosts.get(node.place()).ok_or(StreamFailure::Cancelled)?;
        let wire = host.endpoint.wire();
        let (limits, framing) = (StreamLimits::default(), read_by(wire, &self.framing, request.reads));
        let said = match &request.kind {
            StreamRequestKind::PushPull { join } => {
                let number = random::derive(self.seed, "conversation", id.0).max(1);
                let mut exchange = Exchange::dial_push_pull(wire, limits, number, *join);
                tell(&host.endpoint, &framing, &mut exchange).map(|()| exchange)
            }
            StreamRequestKind::Ping { target, seq } => {
                let source = Some(host.endpoint.local().node);
                let ping = StreamMessage::Ping(Ping { seq: *seq, target: Some(*target), source });
                Exchange::dial(wire, &framing, limits, &ping)
            }
            _ => return Err(StreamFailure::Cancelled),
        };
        said.map_err(|error| StreamFailure::Unreachable(format!("what was to be sent can't be: {error}")))
    }

    pub(in crate::simulation) fn send_segment(&mut self, mut segment: Segment) {
        let now = self.now;
        let Some(conversation) = self.streams.open(segment.id) else { return };
        let (from, to) = match segment.to {
            End::Dialler => (conversation.acceptor.node, conversation.dialler.node),
            End::Acceptor => (conversation.dialler.node, conversation.acceptor.node),
        };
        let bytes = match &segment.content {
            Content::Data(bytes) => bytes.clone(),
            _ => Bytes::new(),
        };
        let flight = Flight { at: now, from, to, medium: Medium::Stream, bytes: &bytes };
        match self.network.carry(&flight, segment.missing) {
            Carriage::Arrives(at) => {
                let party = conversation.party(segment.to);
                let at = at.max(party.last_arrival);
                party.last_arrival = at;
                if matches!((&segment.content, segment.to), (Content::Data(_), End::Acceptor)) {
                    conversation.unread += 1;
                }
                self.queue.push(at, Class::Arrival, Occurrence::Segment(segment));
            }
            Carriage::Stalled { segments, round_trip } => {
                segment.missing = segments;
                self.send_later(segment, round_trip);
            }
        }
    }

    /// Something was lost: it is sent again when the timeout is over.
    fn send_later(&mut self, mut segment: Segment, round_trip: Duration) {
        let handshake = !matches!(segment.content, Content::Data(_));
        let pause = pause(handshake, segment.losses, round_trip);
        segment.losses += 1;
        self.queue.push(self.now + pause, Class::Timer, Occurrence::Resend(segment));
    }

    /// Something arrives at a machine: its kernel answers handshakes, and hands the rest to the process.
    pub(in crate::simulation) fn segment_arrives(&mut self, segment: Segment) {
        let (id, to) = (segment.id, segment.to);
        let Some(conversation) = self.streams.get(id) else { return };
        let party = conversation.party(to);
        let host = self.hosts.get_mut(party.node.place()).filter(|host| {
            // Of a machine that is gone, or whose node is at another one now, nobody answers.
            host.address == party.address && host.phase != host::Phase::Vanished
        });
        let life = host.as_ref().filter(|host| host.is_up()).map(|host| host.life);
        if matches!(segment.content, Content::Dial)
            && let Some(life) = life
        {
            (party.life, party.connected) = (life, true);
        }
        let address = party.address;
        if life != Some(party.life) {
            let there = host.is_some();
            let unread = matches!(segment.content, Content::Data(_)) && to == End::Acceptor;
            if unread {
                self.streams.read(id);
            }
            match to {
                End::Acceptor if there => self.reply_to(id, End::Dialler, Content::Reset),
                // Whoever gets no answer goes on trying, and may find the machine back.
                End::Acceptor => self.send_later(segment, Duration::ZERO),
                // The life that had dialled is over.
                End::Dialler => drop(self.streams.end(id)),
            }
            return;
        }
        let input = match segment.content {
            Content::Dial => return self.reply_to(id, End::Dialler, Content::Accept),
            Content::Accept => StreamInput::Open(id),
            Content::Reset => StreamInput::Broken(id, "refused or reset"),
            Content::Data(bytes) => StreamInput::Data(id, to, bytes),
        };
        self.arrive(address, Input::Stream(input));
    }

    /// The process of a node has ended: its kernel breaks the streams that it had accepted and not answered. (What becomes of those that it had
    /// dialled nobody notices.)
    pub(in crate::simulation) fn hang_up(&mut self, node: NodeIndex, life: u32, answers: bool) {
        let ids = self.streams.which(|conversation| {
            let party = &conversation.acceptor;
            party.node == node && party.life == life && party.connected
        });
        for id in ids {
            let Some(conversation) = self.streams.get(id) else { continue };
            // What it had not read nobody will.
            conversation.unread = 0;
            if conversation.over {
                self.streams.running.remove(&id.0);
            } else if answers && !conversation.acceptor.spoke {
                self.reply_to(id, End::Dialler, Content::Reset);
            }
        }
    }

    /// The deadlines of the node's streams are at other times now, for its clock runs differently.
    pub(in crate::simulation) fn rearm_streams(&mut self, node: NodeIndex) {
        let Some(host) = self.hosts.get(node.place()) else { return };
        for id in self.streams.which(|conversation| conversation.dialler.node == node) {
            if let Some(conversation) = self.streams.open(id) {
                let at = host.global(conversation.deadline).max(self.now);
                self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
            }
        }
    }

    pub(super) fn reply_to(&mut self, id: ConversationId, to: End, content: Content) {
        self.send_segment(Segment { id, to, content, missing: 1, losses: 0 });
    }

    /// The time that the request had is over.
    pub(in crate::simulation) fn stream_deadline(&mut self, id: ConversationId) {
        let Some(conversation) = self.streams.open(id) else { return };
        let (node, life, deadline) =
            (conversation.dialler.node, conversation.dialler.life, conversation.deadline);
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.life == life && host.is_up())
        else {
            self.streams.end(id);
            return;
        };
        // The deadline is a timer of the process, on its own clock: it does not need its I/O, but it does need the process.
        let at = host.paused_until.max(host.global(deadline));
        if at > self.now {
            return self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
        }
        self.stream_input(node, StreamInput::TimedOut(id));
    }
}
