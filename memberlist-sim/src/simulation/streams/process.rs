//! What the processes at both ends of a stream say and understand.

use super::{super::outputs::read_by, *};
use crate::{
    StreamStep,
    network::segments,
    simulation::{host::Output, tell::tell},
};
use memberlist_proto::{
    ExchangeOutput, MergeError, StreamFailure,
    types::{EncodeError, NodeState, StreamLimits},
};

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// The process handles what it notices of a stream.
    pub(in crate::simulation) fn stream_input(&mut self, node: NodeIndex, input: StreamInput) {
        match input {
            StreamInput::Open(id) => self.opened(node, id),
            StreamInput::Data(id, end, bytes) => self.data(node, id, end, &bytes),
            StreamInput::Broken(id, why) => {
                self.failed(node, id, StreamFailure::Unreachable(why.into()));
            }
            StreamInput::TimedOut(id) => self.failed(node, id, StreamFailure::TimedOut),
        }
    }

    fn failed(&mut self, node: NodeIndex, id: ConversationId, failure: StreamFailure) {
        let now = self.now;
        let Some((request, peer)) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        self.observer.step(now, node, &Step::Stream(StreamStep::Failed(peer)));
        let local = host.local(now);
        host.endpoint.handle_stream_failure(local, request, failure);
        self.flush(node);
    }

    /// The stream is open: the one that dialled says what it has to say.
    fn opened(&mut self, node: NodeIndex, id: ConversationId) {
        let Some(conversation) = self.streams.open(id) else { return };
        let to = conversation.acceptor.address;
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Open(to)));
        self.write(node, id, End::Dialler);
    }

    /// Sends what the exchange of this end has to write, if there is anything. It travels as one, so that it stays in order.
    fn write(&mut self, node: NodeIndex, id: ConversationId, end: End) -> bool {
        let now = self.now;
        let Some(conversation) = self.streams.get(id) else { return false };
        let peer = conversation.party(end.other()).address;
        let party = conversation.party(end);
        let mut writes = Vec::new();
        while let Some(bytes) = party.exchange.as_mut().and_then(Exchange::poll_write) {
            writes.push(bytes);
        }
        let bytes = match writes.as_slice() {
            [] => return false,
            [all] => all.clone(),
            parts => Bytes::from(parts.concat()),
        };
        party.spoke = true;
        let Some(host) = self.hosts.get_mut(node.place()) else { return false };
        host.traffic.stream_bytes_sent += bytes.len() as u64;
        self.observer.step(now, node, &Step::Stream(StreamStep::Wrote(peer, bytes.len())));
        let missing = segments(bytes.len());
        let segment = Segment { id, to: end.other(), content: Content::Data(bytes), missing, losses: 0 };
        if host.sends_at() > now {
            host.outbox.push(Output::Segment(segment));
            self.arrange_wake(node);
        } else {
            self.send_segment(segment);
        }
        true
    }

    fn data(&mut self, node: NodeIndex, id: ConversationId, end: End, bytes: &Bytes) {
        let now = self.now;
        let Some(conversation) = self.streams.get(id).filter(|open| end == End::Acceptor || !open.over)
        else {
            return;
        };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        host.traffic.stream_bytes_received += bytes.len() as u64;
        let peer = conversation.party(end.other()).address;
        self.observer.step(now, node, &Step::Stream(StreamStep::Read(peer, bytes.len())));
        let exchange = conversation.party(end).exchange.get_or_insert_with(|| {
            let number = random::derive(self.seed, "answer", id.0).max(1);
            Exchange::accept(StreamLimits::default()).answering_as(number)
        });
        let judged = exchange.handle_data(host.endpoint.wire(), &self.framing, bytes);
        let output = exchange.poll_output();
        match (end, output) {
            (_, None) => {
                if let Err(error) = judged {
                    self.observer.step(now, node, &Step::Undecodable { from: peer, error: &error });
                    let local = host.local(now);
                    host.refuse(local, peer, &error);
                    match end {
                        End::Dialler => self.failed(node, id, StreamFailure::Invalid(error)),
                        End::Acceptor => self.answer(node, id),
                    }
                }
            }
            (End::Acceptor, Some(output)) => self.asked(node, id, output),
            (End::Dialler, Some(output)) => self.answered(node, id, output),
        }
        if end == End::Acceptor {
            self.streams.read(id);
        }
    }

    /// The accepting side says what it has to say, or hangs up.
    fn answer(&mut self, node: NodeIndex, id: ConversationId) {
        if !self.write(node, id, End::Acceptor) {
            self.reply_to(id, End::Dialler, Content::Reset);
        }
    }

    /// The accepting side has read a request.
    fn asked(&mut self, node: NodeIndex, id: ConversationId, output: ExchangeOutput<Name, Addr>) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let local = host.local(now);
        let mut merge = None;
        let reply = match output {
            ExchangeOutput::PushPullRequest(theirs) => {
                let fits = host.endpoint.check_versions(&theirs.states);
                let layers = theirs.states.first().map_or(Layers::BASE, |state| state.layers);
                merge = Some((theirs.states, fits.is_ok()));
                match fits {
                    Ok(()) => Some(Reply::States(layers)),
                    Err(error) => Some(Reply::Message(StreamMessage::Error(error.to_string().into()))),
                }
            }
            ExchangeOutput::Ping(ping) => {
                let ack = host.endpoint.handle_stream_ping(local, &ping);
                ack.map(|ack| Reply::Message(StreamMessage::Ack(ack)))
            }
            _ => None,
        };
        // What can't be said, or is not for us to say, is silence.
        let _ = reply.map(|reply| self.reply(node, id, reply));
        self.answer(node, id);
        if let (Some((states, fits)), Some(host)) = (merge, self.hosts.get_mut(node.place())) {
            // A refusal is counted by the endpoint.
            let _ = if fits {
                merge_checked(&mut host.endpoint, local, states)
            } else {
                host.endpoint.handle_push_pull(local, None, states)
            };
        }
        self.flush(node);
    }

    fn reply(&mut self, node: NodeIndex, id: ConversationId, reply: Reply) -> Result<(), EncodeError> {
        let exchange = self.streams.get(id).and_then(|conversation| conversation.acceptor.exchange.as_mut());
        let (Some(exchange), Some(host)) = (exchange, self.hosts.get(node.place())) else { return Ok(()) };
        let wire = host.endpoint.wire();
        match reply {
            Reply::States(layers) => {
                tell(&host.endpoint, &read_by(wire, &self.framing, Some(layers)), exchange)
            }
            Reply::Message(message) => exchange.reply(wire, &read_by(wire, &self.framing, None), &message),
        }
    }

    /// The dialling side has read the answer.
    fn answered(&mut self, node: NodeIndex, id: ConversationId, output: ExchangeOutput<Name, Addr>) {
        let now = self.now;
        let Some((request, peer)) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let local = host.local(now);
        match output {
            ExchangeOutput::PushPullReply(theirs) => {
                // A refusal is told to whoever asked, by the endpoint.
                let _ = host.endpoint.handle_push_pull(local, Some(request), theirs.states);
            }
            ExchangeOutput::Ack(ack) => host.endpoint.handle_stream_ack(local, request, &ack),
            ExchangeOutput::Refused(why) => {
                host.endpoint.handle_stream_failure(local, request, StreamFailure::Refused(why));
            }
            _ => {}
        }
        self.observer.step(now, node, &Step::Stream(StreamStep::Done(peer)));
        self.flush(node);
    }
}

/// Merges a peer's request whose versions were found to fit, without looking at them once more.
fn merge_checked<W: Wire<Name, Addr>, M: Membership>(
    endpoint: &mut Endpoint<Name, Addr, W, M>,
    now: Instant,
    states: Vec<NodeState<Name, Addr>>,
) -> Result<(), MergeError> {
    let Some(mut merge) = endpoint.begin_merge(now, None, states.len())? else { return Ok(()) };
    endpoint.merge_states(now, &mut merge, states);
    endpoint.finish_merge(now, merge)
}
