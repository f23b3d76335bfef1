//! Our node, and what it was told.

use crate::agent::{PORT, address};
use memberlist::core::Transport;
use memberlist::core::delegate::{
    AliveDelegate, ConflictDelegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate,
};
use memberlist::hashicorp::serf::{self, SerfMessage, Tags, UserEvent};
use memberlist::hashicorp::{self, HashicorpWire, SerfMember, SerfPresence};
use memberlist::prelude::*;
use memberlist::types::Versions;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// Keeps what it is told.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    messages: Arc<Mutex<Vec<SerfMessage>>>,
    states: Arc<Mutex<usize>>,
}

impl NodeDelegate<SocketAddr> for Notes {
    async fn notify_message(&self, _from: SocketAddr, message: bytes::Bytes) {
        let message = SerfMessage::decode(&message).expect("only serf's messages are delivered");
        self.messages.lock().unwrap().push(message);
    }

    async fn merge_remote_state(&self, state: bytes::Bytes, _join: bool) {
        serf::PushPull::decode(&state).expect("only serf's states are delivered");
        *self.states.lock().unwrap() += 1;
    }
}

impl AliveDelegate<SmolStr, SocketAddr> for Notes {
    fn filters_alive(&self) -> bool {
        false
    }
}
impl ConflictDelegate<SmolStr, SocketAddr> for Notes {}
impl EventDelegate<SmolStr, SocketAddr> for Notes {}
impl MergeDelegate<SmolStr, SocketAddr> for Notes {}
impl PingDelegate<SmolStr, SocketAddr> for Notes {}
impl Delegate for Notes {
    type Id = SmolStr;
    type Address = SocketAddr;
}

type List = TcpMemberlist<SerfPresence<Notes>, HashicorpWire>;

/// How our node is started.
pub(crate) struct Plan {
    name: SmolStr,
    bind: SocketAddr,
    tags: Tags,
    wire: HashicorpWire,
    keyring: Option<Keyring>,
    versions: Versions,
}

impl Plan {
    /// With the fast timing, that of the agents.
    pub(crate) fn new(name: &str) -> Self {
        let (tags, wire) = (Tags::new(), HashicorpWire::new());
        let bind = (address(), PORT).into();
        Self { name: name.into(), bind, tags, wire, keyring: None, versions: serf::VERSIONS }
    }

    pub(crate) fn at(mut self, bind: SocketAddr) -> Self {
        self.bind = bind;
        self
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key, value);
        self
    }

    pub(crate) fn wire(mut self, wire: HashicorpWire) -> Self {
        self.wire = wire;
        self
    }

    pub(crate) fn keyring(mut self, keyring: &Keyring) -> Self {
        self.keyring = Some(keyring.clone());
        self
    }

    pub(crate) fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    pub(crate) async fn start(self) -> Ours {
        let notes = Notes::default();
        let presence = SerfPresence::new(self.name.clone()).with_tags(&self.tags).unwrap();
        let options = hashicorp::local().with_versions(self.versions);
        let mut builder = memberlist::tokio::builder(self.name).bind(self.bind);
        if let Some(keyring) = self.keyring {
            builder = builder.keyring(keyring);
        }
        let builder =
            builder.options(options).wire(self.wire).delegate(presence.with_delegate(notes.clone()));
        let node = builder.start().await.unwrap();
        let events = node.events();
        Ours { node, notes, events, seen: Vec::new(), address: self.bind }
    }
}

/// What can become of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Suspected,
    Failed,
    Left,
    Updated,
}

/// A node of ours that runs. Dropping it ends it.
pub(crate) struct Ours {
    pub(crate) node: List,
    pub(crate) address: SocketAddr,
    notes: Notes,
    events: Events<SmolStr, SocketAddr>,
    seen: Vec<Event<SmolStr, SocketAddr>>,
}

impl Ours {
    pub(crate) fn name(&self) -> &str {
        self.node.local_id()
    }

    pub(crate) async fn join(&self, address: impl ToString) {
        self.node.join(address.to_string()).await.unwrap();
        drop(self.node.announce_serf().unwrap());
    }

    /// The members' names, in order.
    pub(crate) fn members(&self) -> Vec<String> {
        let mut names: Vec<_> = self.node.members().iter().map(|it| it.node.id.to_string()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn state(&self, name: &str) -> Option<State> {
        self.node.member(&name.into()).map(|member| member.state)
    }

    pub(crate) fn tag(&self, name: &str, key: &str) -> Option<String> {
        let member = self.node.member(&name.into())?;
        Tags::from_meta(&member.meta).unwrap().get(key).map(String::from)
    }

    /// Whether this ever happened to the node of this name.
    pub(crate) fn saw(&mut self, name: &str, fate: Fate) -> bool {
        self.listen();
        let mut fates = self.seen.iter().filter_map(|event| match event {
            Event::Suspected { member, .. } => Some((Fate::Suspected, member)),
            Event::Failed { member, .. } => Some((Fate::Failed, member)),
            Event::Left(member) => Some((Fate::Left, member)),
            Event::Updated { member, .. } => Some((Fate::Updated, member)),
            _ => None,
        });
        fates.any(|(it, member)| it == fate && member.node.id == name)
    }

    fn listen(&mut self) {
        while let Some(event) = self.events.try_recv() {
            self.seen.push(event);
        }
    }

    /// The user events that its delegate was told.
    pub(crate) fn user_events(&self) -> Vec<UserEvent> {
        let messages = self.notes.messages.lock().unwrap();
        let events = messages.iter().filter_map(|message| match message {
            SerfMessage::UserEvent(event) => Some(event.clone()),
            _ => None,
        });
        events.collect()
    }

    /// Whether it contradicted somebody who suspected it.
    pub(crate) fn refuted(&mut self) -> bool {
        self.listen();
        self.seen.iter().any(|event| matches!(event, Event::Refuted { .. }))
    }

    /// How many states its delegate was told.
    pub(crate) fn states(&self) -> usize {
        *self.notes.states.lock().unwrap()
    }

    /// What it refused, and what its presence found malformed; nothing, if all is well.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.listen();
        let rejected = self.seen.iter().filter(|event| matches!(event, Event::Rejected(_)));
        let mut complaints: Vec<_> = rejected.map(|event| format!("{event:?}")).collect();
        let malformed = self.node.delegate().stats().malformed;
        if malformed > 0 {
            complaints.push(format!("{malformed} malformed"));
        }
        complaints
    }

    /// Ends it as a crash would: the sockets are gone without a goodbye.
    pub(crate) async fn kill(self) {
        self.node.transport().shutdown().await;
        self.node.shutdown().await;
    }
}
