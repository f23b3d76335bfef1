use super::kept::Kept;
use super::outbox::Outbox;
use super::roster::{News, Roster};
use super::seen::Seen;
use crate::types::EncodeError;
use bytes::Bytes;
use memberlist_hashicorp::serf::{JoinIntent, PushPull, SerfMessage, UserEvent};
use smol_str::SmolStr;

/// What a [`SerfPresence`](super::SerfPresence) counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresenceStats {
    /// Intents to join or to leave that were news.
    pub intents: u64,
    /// Claims that this node leaves, which it contradicted.
    pub contradicted: u64,
    /// User events that were news.
    pub user_events: u64,
    /// Queries that were news. They are passed on, and not answered.
    pub queries: u64,
    /// States from push/pulls.
    pub states: u64,
    /// Messages that were heard before.
    pub repeated: u64,
    /// Messages and states that are not what their first byte says.
    pub malformed: u64,
    /// Messages that were not passed on: too many at once, or too long for a packet.
    pub not_passed_on: u64,
}

/// What to do with a message that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it to the delegate.
    Deliver,
    /// It was for us, or heard before, or malformed.
    Done,
}

/// What is known of the serf cluster, without a lock or a task.
#[derive(Debug)]
pub(in crate::hashicorp) struct Core {
    roster: Roster,
    events: Seen,
    kept: Kept,
    queries: Seen,
    outbox: Outbox,
    stats: PresenceStats,
}

impl Core {
    pub(super) fn new(name: SmolStr) -> Self {
        Self {
            roster: Roster::new(name),
            events: Seen::new(),
            kept: Kept::default(),
            queries: Seen::new(),
            outbox: Outbox::default(),
            stats: PresenceStats::default(),
        }
    }

    pub(super) const fn stats(&self) -> PresenceStats {
        self.stats
    }

    pub(super) const fn roster(&mut self) -> &mut Roster {
        &mut self.roster
    }

    /// A user message.
    pub(super) fn on_message(&mut self, message: &Bytes) -> Verdict {
        let news = match SerfMessage::decode(message) {
            Ok(SerfMessage::Join(intent)) => {
                let news = self.roster.on_join(&intent);
                return self.on_intent(news, message);
            }
            Ok(SerfMessage::Leave(intent)) => {
                let news = self.roster.on_leave(&intent);
                return self.on_intent(news, message);
            }
            Ok(SerfMessage::UserEvent(event)) => {
                let news = self.hear(&event);
                if news {
                    self.stats.user_events += 1;
                    self.pass_on(message.clone());
                }
                news
            }
            Ok(SerfMessage::Query(query)) => {
                let news = self.queries.is_news(query.time, query.id);
                self.stats.queries += u64::from(news);
                if news && !query.is_not_passed_on() {
                    self.pass_on(message.clone());
                }
                news
            }
            Ok(_) => true,
            Err(_) => {
                self.stats.malformed += 1;
                return Verdict::Done;
            }
        };
        if news {
            return Verdict::Deliver;
        }
        self.stats.repeated += 1;
        Verdict::Done
    }

    fn on_intent(&mut self, news: News, message: &Bytes) -> Verdict {
        match news {
            News::Old => self.stats.repeated += 1,
            News::New => {
                self.stats.intents += 1;
                self.pass_on(message.clone());
            }
            News::Wrong(intent) => self.contradict(&intent),
        }
        Verdict::Done
    }

    /// What we know, for a push/pull.
    pub(super) fn state(&self) -> Bytes {
        let mut state = PushPull {
            event_time: self.events.time(),
            events: self.kept.slots(),
            query_time: self.queries.time(),
            ..PushPull::default()
        };
        self.roster.tell(&mut state);
        state.encode().map(Bytes::from).unwrap_or_default()
    }

    /// A state that is none.
    pub(super) const fn on_malformed_state(&mut self) {
        self.stats.malformed += 1;
    }

    /// What another knows, from a push/pull. Gives the messages of the user events that were missed; with a join nothing was.
    pub(super) fn on_state(&mut self, state: &PushPull, join: bool) -> Vec<Bytes> {
        self.stats.states += 1;
        let mut missed = Vec::new();
        for slot in state.events.iter().flatten() {
            for said in &slot.events {
                let (name, payload) = (said.name.clone(), said.payload.clone());
                let event = UserEvent { time: slot.time, name, payload, coalesce: false };
                if self.hear(&event) && !join {
                    self.stats.user_events += 1;
                    missed.extend(event.encode().map(Bytes::from));
                }
            }
        }
        for (seen, time) in [(&mut self.events, state.event_time), (&mut self.queries, state.query_time)] {
            // It was not used for anything yet.
            if let Some(used) = time.checked_sub(1) {
                seen.witness(used);
            }
        }
        if let Some(intent) = self.roster.merge(state) {
            self.contradict(&intent);
        }
        missed
    }

    /// Whether an event is news. From now on it is known.
    fn hear(&mut self, event: &UserEvent) -> bool {
        let news = self.events.is_news(event.time, (&event.name, &event.payload));
        if news {
            self.kept.keep(event);
        }
        news
    }

    /// The message of an event of ours, which is then known here.
    pub(in crate::hashicorp) fn event(
        &mut self,
        name: SmolStr,
        payload: Bytes,
        coalesce: bool,
    ) -> Result<Bytes, EncodeError> {
        let event = UserEvent { time: self.events.time(), name, payload, coalesce };
        let message = event.encode()?;
        self.hear(&event);
        Ok(message.into())
    }

    /// The message that says that we have joined.
    pub(in crate::hashicorp) fn join(&mut self) -> Result<Bytes, EncodeError> {
        self.roster.join().encode().map(Bytes::from)
    }

    /// The message that says that we are about to leave.
    pub(in crate::hashicorp) fn leave(&mut self) -> Result<Bytes, EncodeError> {
        self.roster.leave().encode().map(Bytes::from)
    }

    /// What is to be passed on, of `limit` bytes together at most.
    pub(super) fn take(&mut self, limit: usize) -> Vec<Bytes> {
        let (messages, dropped) = self.outbox.take(limit);
        self.stats.not_passed_on += dropped;
        messages
    }

    fn contradict(&mut self, intent: &JoinIntent) {
        self.stats.contradicted += 1;
        if let Ok(message) = intent.encode() {
            self.pass_on(message.into());
        }
    }

    fn pass_on(&mut self, message: Bytes) {
        if !self.outbox.push(message) {
            self.stats.not_passed_on += 1;
        }
    }
}

#[cfg(test)]
mod tests;
