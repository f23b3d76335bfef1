//! How a step is written. What stands here is the format: it must not depend on how something is shown elsewhere.

use super::{Fingerprint, Kind};
use crate::{Action, Addr, Fate, Loss, Name, NodeIndex, Step, StreamStep};
use core::fmt::{Display, Result, Write};
use memberlist_proto::{
    Event, Evidence, FailureReason, HelperAnswer, Instant, Member, SuspicionReason,
    types::{Message, Node, State},
};

pub(super) const fn kind(step: &Step<'_>) -> Kind {
    match step {
        Step::Action(_) => Kind::Action,
        Step::Sent { .. } => Kind::Sent,
        Step::Lost { .. } => Kind::Lost,
        Step::Received { .. } => Kind::Received,
        Step::Message { .. } => Kind::Message,
        Step::Undecodable { .. } => Kind::Undecodable,
        Step::Stream(_) => Kind::Stream,
        Step::Timer => Kind::Timer,
        Step::Event(_) => Kind::Event,
        Step::Handled(_) => Kind::Handled,
    }
}

/// Writes a step, without the line feed.
pub(super) fn write(out: &mut String, at: Instant, node: NodeIndex, step: &Step<'_>) {
    // Writing to a string does not fail.
    let _ = line(out, at, node, step);
}

fn line(out: &mut String, at: Instant, node: NodeIndex, step: &Step<'_>) -> Result {
    write!(out, "{} {} {}", at.as_nanos(), node.0, kind(step).name())?;
    match step {
        Step::Action(action) => self::action(out, *action),
        Step::Sent { to, bytes, fate } => {
            write!(out, " {to}")?;
            blob(out, bytes)?;
            self::fate(out, *fate)
        }
        Step::Lost { from, bytes, why } => write!(out, " {from} {bytes} {}", loss(*why)),
        Step::Received { from, bytes } => {
            write!(out, " {from}")?;
            blob(out, bytes)
        }
        Step::Message { from, message } => {
            write!(out, " {from}")?;
            self::message(out, message)
        }
        Step::Undecodable { from, error } => {
            write!(out, " {from}")?;
            text(out, error)
        }
        Step::Stream(step) => stream(out, *step),
        Step::Timer => Ok(()),
        Step::Event(event) => self::event(out, event),
        Step::Handled(view) => write!(out, " {} {} {}", view.incarnation(), view.members(), view.health()),
    }
}

fn action(out: &mut String, action: Action) -> Result {
    match action {
        Action::Started(at) => write!(out, " started {at}"),
        Action::Join => out.write_str(" join"),
        Action::Leave => out.write_str(" leave"),
        Action::Rejoin => out.write_str(" rejoin"),
        Action::Crashed => out.write_str(" crashed"),
        Action::Vanished => out.write_str(" vanished"),
        Action::Paused(time) => write!(out, " paused {}", time.as_nanos()),
        Action::Blocked(time) => write!(out, " blocked {}", time.as_nanos()),
        Action::Processing(time) => write!(out, " processing {}", time.as_nanos()),
        Action::Clock(micros) => write!(out, " clock {micros}"),
        Action::Command => out.write_str(" command"),
    }
}

fn fate(out: &mut String, fate: Fate) -> Result {
    match fate {
        Fate::Arrives(at) => write!(out, " arrives {}", at.as_nanos()),
        Fate::Twice(first, second) => write!(out, " twice {} {}", first.as_nanos(), second.as_nanos()),
        Fate::Lost(why) => write!(out, " lost {}", loss(why)),
    }
}

const fn loss(why: Loss) -> &'static str {
    match why {
        Loss::Link => "link",
        Loss::Rule => "rule",
        Loss::Congestion => "congestion",
        Loss::Nobody => "nobody",
        Loss::Buffer => "buffer",
    }
}

fn stream(out: &mut String, step: StreamStep) -> Result {
    match step {
        StreamStep::Dial(peer) => write!(out, " dial {peer}"),
        StreamStep::Open(peer) => write!(out, " open {peer}"),
        StreamStep::Wrote(peer, bytes) => write!(out, " wrote {peer} {bytes}"),
        StreamStep::Read(peer, bytes) => write!(out, " read {peer} {bytes}"),
        StreamStep::Failed(peer) => write!(out, " failed {peer}"),
        StreamStep::Done(peer) => write!(out, " done {peer}"),
    }
}

pub(super) const fn state(state: State) -> &'static str {
    match state {
        State::Alive => "alive",
        State::Suspect => "suspect",
        State::Dead => "dead",
        State::Left => "left",
        _ => "other",
    }
}

fn message(out: &mut String, message: &Message<Name, Addr>) -> Result {
    match message {
        Message::Ping(ping) => {
            write!(out, " ping {}", ping.seq.0)?;
            name(out, ping.target)?;
            source(out, ping.source.as_ref())
        }
        Message::IndirectPing(ping) => {
            write!(out, " indirect-ping {} {} {}", ping.seq.0, ping.target.id.0, ping.target.address)?;
            out.write_str(if ping.nack { " nack" } else { " silent" })?;
            source(out, ping.source.as_ref())
        }
        Message::Ack(ack) => {
            write!(out, " ack {}", ack.seq.0)?;
            blob(out, &ack.payload)
        }
        Message::Nack(nack) => write!(out, " nack {}", nack.seq.0),
        Message::Suspect(suspect) => {
            write!(out, " suspect {} {} by {}", suspect.node.0, suspect.incarnation.value(), suspect.from.0)
        }
        Message::Alive(alive) => {
            write!(out, " alive {} {}", alive.node.id.0, alive.incarnation.value())?;
            write!(out, " {}", alive.node.address)?;
            blob(out, alive.meta.as_bytes())
        }
        Message::Dead(dead) => {
            write!(out, " dead {} {} by {}", dead.node.0, dead.incarnation.value(), dead.from.0)
        }
        Message::User(bytes) => {
            out.write_str(" user")?;
            blob(out, bytes)
        }
        Message::Broadcast(broadcast) => {
            write!(out, " broadcast {} {:016x}", broadcast.origin.0, broadcast.number)?;
            blob(out, &broadcast.payload)
        }
        // A kind that this version does not know.
        other => write!(out, " {:?}", other.kind()),
    }
}

fn event(out: &mut String, event: &Event<Name, Addr>) -> Result {
    match event {
        Event::Joined(member) => self::member(out, "joined", member),
        Event::Left(member) => self::member(out, "left", member),
        Event::Failed { member, reason } => {
            self::member(out, "failed", member)?;
            failure(out, reason)
        }
        Event::Updated { member, previous } => {
            self::member(out, "updated", member)?;
            write!(out, " was {}", previous.node.address)?;
            blob(out, member.meta.as_bytes())
        }
        Event::Suspected { member, reason } => {
            self::member(out, "suspected", member)?;
            suspicion(out, reason)
        }
        Event::Recovered { member, suspected_for } => {
            self::member(out, "recovered", member)?;
            write!(out, " after {}", suspected_for.as_nanos())
        }
        Event::Removed(member) => self::member(out, "removed", member),
        Event::Conflict { existing, claimed } => {
            self::member(out, "conflict", existing)?;
            write!(out, " claimed {}", claimed.address)
        }
        Event::Refuted { incarnation, accuser } => {
            write!(out, " refuted {}", incarnation.value())?;
            name(out, *accuser)
        }
        Event::IncarnationExhausted => out.write_str(" incarnation-exhausted"),
        Event::HealthChanged { score } => write!(out, " health {score}"),
        Event::User { from, payload } => {
            write!(out, " user {from}")?;
            blob(out, payload)
        }
        Event::PingCompleted { node, rtt, payload, command } => {
            write!(out, " ping-completed {} {}", node.id.0, rtt.as_nanos())?;
            blob(out, payload)?;
            optional(out, command.map(|command| command.0))
        }
        Event::PingFailed { node, command } => write!(out, " ping-failed {} {}", node.id.0, command.0),
        Event::ProbeAborted { node } => write!(out, " probe-aborted {}", node.id.0),
        Event::JoinProgress { id, result } => {
            write!(out, " join-progress {} {} {}", id.0, result.address, result.attempts)?;
            match &result.outcome {
                Ok(took) => write!(out, " reached {}", took.as_nanos()),
                Err(why) => text(out, why),
            }
        }
        Event::JoinFinished { id, reached } => write!(out, " join-finished {} {reached}", id.0),
        Event::LeaveFinished { confirmed } => write!(out, " leave-finished {confirmed}"),
        Event::BroadcastFinished { id, outcome } => {
            write!(out, " broadcast-finished {} {outcome:?}", id.0)
        }
        Event::Idle => out.write_str(" idle"),
        Event::Active => out.write_str(" active"),
        Event::Rejected(rejection) => {
            write!(out, " rejected {:?}", rejection.reason)?;
            name(out, rejection.about)?;
            optional(out, rejection.from)
        }
        // A kind that this version does not know.
        other => text(out, format_args!("{other:?}")),
    }
}

fn member(out: &mut String, what: &str, member: &Member<Name, Addr>) -> Result {
    let (node, state) = (&member.node, state(member.state));
    write!(out, " {what} {} {} {state} {}", node.id.0, node.address, member.incarnation.value())
}

fn failure(out: &mut String, reason: &FailureReason<Name>) -> Result {
    write!(out, " by {} after {}", reason.declared_by.0, reason.suspected_for.as_nanos())?;
    write!(out, " health {} confirmed", reason.health_score)?;
    reason.confirmed_by.iter().try_for_each(|name| write!(out, " {}", name.0))
}

fn suspicion(out: &mut String, reason: &SuspicionReason<Name>) -> Result {
    write!(out, " by {} health {}", reason.accuser.0, reason.health_score)?;
    match &reason.evidence {
        Evidence::Probe(report) => {
            let stream = if report.stream_tried { "stream" } else { "-" };
            write!(out, " probe {} {stream}", report.took.as_nanos())?;
            report.helpers.iter().try_for_each(|(helper, answer)| {
                let answer = if *answer == HelperAnswer::Nack { "nack" } else { "silent" };
                write!(out, " {}:{answer}", helper.0)
            })
        }
        Evidence::Accusation => out.write_str(" accusation"),
        Evidence::PushPull { state } => write!(out, " push-pull {}", self::state(*state)),
        other => text(out, format_args!("{other:?}")),
    }
}

/// The length and the fingerprint of bytes.
fn blob(out: &mut String, bytes: &[u8]) -> Result {
    if bytes.is_empty() {
        out.write_str(" 0 -")
    } else {
        write!(out, " {} {:016x}", bytes.len(), Fingerprint::of(bytes))
    }
}

fn name(out: &mut String, name: Option<Name>) -> Result {
    optional(out, name.map(|name| name.0))
}

fn source(out: &mut String, source: Option<&Node<Name, Addr>>) -> Result {
    match source {
        Some(source) => write!(out, " {} {}", source.id.0, source.address),
        None => out.write_str(" -"),
    }
}

fn optional(out: &mut String, value: Option<impl Display>) -> Result {
    match value {
        Some(value) => write!(out, " {value}"),
        None => out.write_str(" -"),
    }
}

/// Words that come from elsewhere: whatever they are, they stay on their line.
fn text(out: &mut String, text: impl Display) -> Result {
    struct Plain<'a>(&'a mut String);
    impl Write for Plain<'_> {
        fn write_str(&mut self, text: &str) -> Result {
            self.0.extend(text.chars().map(|c| if c.is_control() { '?' } else { c }));
            Ok(())
        }
    }
    write!(Plain(out), " {text}")
}
