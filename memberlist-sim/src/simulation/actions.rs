//! What is done to nodes: starting, joining, leaving, and all that can go wrong with them.

use super::*;
use crate::Action;
use host::Phase;
use memberlist_proto::{
    CommandError, JoinOptions,
    types::{Incarnation, Meta, Node, NodeState, State, Versions},
};

/// How a node comes back after its process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// At the address that it had.
    SameAddress,
    /// At another one, as on another machine.
    NewAddress,
}

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    // ---- nodes ----

    /// Adds a node that runs and knows only itself.
    ///
    /// # Errors
    /// If no node can have such options.
    pub fn spawn(&mut self, options: &Options) -> Result<NodeIndex, CreateError> {
        self.spawn_speaking(options, self.wire.clone(), Versions::default())
    }

    /// Which node the next one will be that is added.
    #[must_use]
    pub fn next_node(&self) -> NodeIndex {
        NodeIndex(self.hosts.len() as u32)
    }

    /// As [`spawn`](Simulation::spawn), a node that speaks this wire, and says that it understands and speaks these versions; also after a restart.
    ///
    /// # Errors
    /// As [`spawn`](Simulation::spawn), or if it does not understand what it speaks.
    pub fn spawn_speaking(
        &mut self,
        options: &Options,
        wire: W,
        versions: Versions,
    ) -> Result<NodeIndex, CreateError> {
        let index = self.next_node();
        let address = Addr::new(index, 0);
        let local = LocalNode::new(Name(index), address)
            .with_incarnation(host::incarnation(self.now))
            .with_versions(versions);
        if *self.options != *options {
            self.options = Arc::new(options.clone());
        }
        let options = self.options.clone();
        let endpoint = self.endpoint_of(self.now, local, 0, &options, wire)?;
        self.hosts.push(Host::new(index, options, endpoint, address));
        self.act(index, Action::Started(address));
        self.flush(index);
        self.take_back(index);
        Ok(index)
    }

    /// Adds `n` nodes that all know each other already, as if they had long been a cluster. Nodes that were added before are none of it: they and
    /// these do not know each other.
    ///
    /// # Errors
    /// If no node can have such options.
    pub fn form(&mut self, n: usize, options: &Options) -> Result<(), CreateError> {
        let first = self.hosts.len();
        let at_once = M::AT_ONCE && first == 0;
        let states: Vec<_> = (first..first + n)
            .map(|index| {
                let index = NodeIndex(index as u32);
                NodeState {
                    node: Node::new(Name(index), Addr::new(index, 0)),
                    meta: Meta::EMPTY,
                    incarnation: host::incarnation(self.now),
                    state: State::Alive,
                    versions: Some(Versions::default()),
                    layers: self.layers(),
                }
            })
            .collect();
        for _ in 0..n {
            let index = self.spawn(options)?;
            let now = self.now;
            if at_once {
                continue;
            }
            if let Some(host) = self.hosts.get_mut(index.place()) {
                // They are all of this implementation: their versions fit.
                let _ = host.endpoint.restore(now, states.clone());
            }
            self.flush(index);
        }
        for index in self.nodes().filter(|_| at_once) {
            if let Some(host) = self.hosts.get_mut(index.place()) {
                M::introduce_to_all(&mut host.endpoint, self.now);
            }
            self.flush(index);
        }
        Ok(())
    }

    /// The node joins through these. If it does not run, nothing happens, and that is no error.
    ///
    /// # Errors
    /// As [`Endpoint::join`]; what comes of it the node reports with events.
    pub fn join(&mut self, node: NodeIndex, seeds: &[NodeIndex]) -> Result<(), CommandError> {
        self.join_with(node, seeds, JoinOptions::new())
    }

    /// As [`join`](Simulation::join), with these options.
    ///
    /// # Errors
    /// As [`Endpoint::join`].
    pub fn join_with(
        &mut self,
        node: NodeIndex,
        seeds: &[NodeIndex],
        options: JoinOptions,
    ) -> Result<(), CommandError> {
        let seeds = seeds.iter().map(|seed| self.address(*seed)).collect();
        self.told(node, Action::Join);
        self.tell(node, |endpoint, now| endpoint.join(now, seeds, options).map(|_| ())).unwrap_or(Ok(()))
    }

    /// The node says goodbye. Its process goes on, until it is [crashed](Simulation::crash). If it does not run, or has left, nothing happens.
    pub fn leave(&mut self, node: NodeIndex) {
        self.told(node, Action::Leave);
        self.tell(node, |endpoint, now| endpoint.leave(now));
    }

    /// A node that has left comes back, in the same process. It is to [join](Simulation::join) then. If it does not run, nothing happens, and that
    /// is no error.
    ///
    /// # Errors
    /// If it has not left.
    pub fn rejoin(&mut self, node: NodeIndex) -> Result<(), CommandError> {
        self.told(node, Action::Rejoin);
        self.tell(node, |endpoint, now| endpoint.rejoin(now)).unwrap_or(Ok(()))
    }

    /// Gives a command to the node's endpoint, and carries out what comes of it: at once, or when it can send again if it is paused or blocked.
    /// `None`: the node does not run. The time that the command is given is that of the node's own clock.
    pub fn command<T>(
        &mut self,
        node: NodeIndex,
        command: impl FnOnce(&mut Endpoint<Name, Addr, W, M>, Instant) -> T,
    ) -> Option<T> {
        self.told(node, Action::Command);
        self.tell(node, command)
    }

    pub(super) fn tell<T>(
        &mut self,
        node: NodeIndex,
        command: impl FnOnce(&mut Endpoint<Name, Addr, W, M>, Instant) -> T,
    ) -> Option<T> {
        let now = self.now;
        let host = self.hosts.get_mut(node.place()).filter(|host| host.is_up())?;
        let local = host.local(now);
        let result = command(&mut host.endpoint, local);
        self.flush(node);
        Some(result)
    }

    // ---- faults ----

    /// The process ends without goodbye; its machine refuses connections from now on (as after `kill -9`).
    pub fn crash(&mut self, node: NodeIndex) {
        self.end(node, Phase::Down, Action::Crashed);
    }

    /// The machine is gone: nobody answers, not even to refuse (as after a power cut).
    pub fn vanish(&mut self, node: NodeIndex) {
        self.end(node, Phase::Vanished, Action::Vanished);
    }

    fn end(&mut self, node: NodeIndex, phase: Phase, action: Action) {
        if let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.is_up()) {
            let life = host.life;
            host.end(phase);
            self.act(node, action);
            self.hang_up(node, life, phase == Phase::Down);
        }
    }

    /// A new process of the node starts, knowing nobody; an old one that still runs [crashes](Simulation::crash). It is neither paused nor
    /// blocked, whatever the old one was. It is to [join](Simulation::join) then.
    ///
    /// # Errors
    /// None that its first start did not have.
    pub fn restart(&mut self, node: NodeIndex, at: Restart) -> Result<(), CreateError> {
        self.crash(node);
        let now = self.now;
        let Some(host) = self.hosts.get(node.place()) else { return Ok(()) };
        let address = match at {
            Restart::SameAddress => host.address,
            Restart::NewAddress => Addr::new(node, host.address.moves().wrapping_add(1)),
        };
        let incarnation: Incarnation = host::incarnation(now);
        let local = LocalNode::new(Name(node), address)
            .with_incarnation(incarnation)
            .with_versions(host.endpoint.local().versions);
        let (options, clock, life) = (host.options.clone(), host.local(now), host.life + 1);
        let endpoint = self.endpoint_of(clock, local, life, &options, host.endpoint.wire().clone())?;
        if let Some(host) = self.hosts.get_mut(node.place()) {
            host.reborn(endpoint, address);
        }
        self.act(node, Action::Started(address));
        self.flush(node);
        Ok(())
    }

    /// The process is not scheduled for this long (a long garbage collection, a stopped process, a frozen virtual machine): it handles nothing
    /// and its timers are late. What arrives waits in its socket buffer; when it wakes it reads that first.
    pub fn pause(&mut self, node: NodeIndex, time: Duration) {
        let until = self.now + time;
        if let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.is_up()) {
            host.paused_until = host.paused_until.max(until);
            self.act(node, Action::Paused(time));
        }
    }

    /// The node neither sends nor receives for this long, but its timers run: the anomaly of the Lifeguard paper. Then everything that it
    /// wanted to send goes out, and it reads what has arrived.
    pub fn block(&mut self, node: NodeIndex, time: Duration) {
        let until = self.now + time;
        if let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.is_up()) {
            host.blocked_until = host.blocked_until.max(until);
            self.act(node, Action::Blocked(time));
        }
    }

    /// From now on the node takes this long for each packet and each piece of a stream: it has its effects when that time is over, and others
    /// wait meanwhile. Timers that are due wait, too, but not for more than 8 inputs. It holds for later processes of the node as well.
    pub fn set_processing(&mut self, node: NodeIndex, time: Duration) {
        if let Some(host) = self.hosts.get_mut(node.place()) {
            host.processing = time;
            self.act(node, Action::Processing(time));
        }
    }

    /// From now on the node's clock gains so many microseconds each second (negative: it loses them; at most all but one of the million). It
    /// holds for later processes of the node as well. The clock does not jump: it goes on from what it shows now.
    pub fn set_clock(&mut self, node: NodeIndex, micros_per_second: i32) {
        let now = self.now;
        if let Some(host) = self.hosts.get_mut(node.place()) {
            host.set_clock(now, micros_per_second);
            // Its timer is due at another time now.
            host.timer = None;
            self.act(node, Action::Clock(micros_per_second));
            self.rearm(node);
            self.rearm_streams(node);
        }
    }

    /// Does this when so much time has passed: before anything else that happens at that time.
    pub fn after(&mut self, time: Duration, deed: impl FnOnce(&mut Self) + 'static) {
        self.queue.push(self.now + time, Class::Action, Occurrence::Action(Box::new(deed)));
    }

    /// A node that runs is told something.
    fn told(&mut self, node: NodeIndex, action: Action) {
        if self.is_up(node) {
            self.act(node, action);
        }
    }

    fn act(&mut self, node: NodeIndex, action: Action) {
        self.observer.step(self.now, node, &Step::Action(action));
    }

    // ---- views ----

    /// How many nodes were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether no node was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// All nodes, also those that do not run.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeIndex> + use<O, W, M> {
        (0..self.hosts.len() as u32).map(NodeIndex)
    }

    /// Whether the node's process runs.
    #[must_use]
    pub fn is_up(&self, node: NodeIndex) -> bool {
        self.hosts.get(node.place()).is_some_and(Host::is_up)
    }

    /// Where the node is, or was last.
    #[must_use]
    pub fn address(&self, node: NodeIndex) -> Addr {
        self.hosts.get(node.place()).map_or(Addr::new(node, 0), |host| host.address)
    }

    /// The endpoint of a node that runs.
    #[must_use]
    pub fn endpoint(&self, node: NodeIndex) -> Option<&Endpoint<Name, Addr, W, M>> {
        self.hosts.get(node.place()).filter(|host| host.is_up()).map(|host| &host.endpoint)
    }

    /// What the node has sent and received so far.
    #[must_use]
    pub fn traffic(&self, node: NodeIndex) -> Traffic {
        self.hosts.get(node.place()).map_or_else(Traffic::default, |host| host.traffic)
    }

    /// How many things are still to happen: packets and parts of streams on their way, timers (also some that were overtaken by others), actions.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Whether every node that runs and has not left counts this many members; true if there is none.
    #[must_use]
    pub fn count_agree(&self, members: usize) -> bool {
        self.hosts
            .iter()
            .filter(|host| host.is_up() && !host.endpoint.has_left())
            .all(|host| host.endpoint.num_members() == members)
    }

    /// Whether every node that runs and has not left knows exactly these as members, at their right addresses, and suspects nobody; true if there
    /// is none.
    #[must_use]
    pub fn views_are_true(&self) -> bool {
        let truth: Vec<_> = self
            .hosts
            .iter()
            .filter(|host| host.is_up() && !host.endpoint.has_left())
            .map(|host| (Name(host.index), host.address))
            .collect();
        self.hosts.iter().filter(|host| host.is_up() && !host.endpoint.has_left()).all(|host| {
            host.endpoint.num_members() == truth.len()
                && truth.iter().all(|(name, address)| {
                    host.endpoint
                        .member(name)
                        .is_some_and(|m| m.state == State::Alive && m.node.address == *address)
                })
        })
    }
}
