//! The connections to all peers, and those that are being opened.
//!
//! Usually a pair of nodes shares one connection, whoever opened it. Two that open one to each other at the same moment have two, agree
//! on one of them by a rule, and let the other one become idle.

use crate::ConnectFailure;
use crate::error::Goodbye;
use crate::link::{Link, Outgoing};
use futures_channel::oneshot;
use memberlist_sockets::lock;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Two connections that began within this time may have been opened by both sides at once.
const SIMULTANEOUS: Duration = Duration::from_secs(10);
/// After a failure that is ours, so long passes until the next attempt; calls in between fail at once with the same error.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Pool {
    table: Mutex<Table>,
    limits: Limits,
    /// Where others reach this node: settles which of two simultaneous connections is used.
    local: SocketAddr,
}

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) inbound: usize,
    pub(crate) outbound: usize,
    pub(crate) queue: usize,
}

#[derive(Default)]
struct Table {
    peers: HashMap<SocketAddr, Peer>,
    /// Counts uses, to know which connection was unused for longest.
    uses: u64,
}

#[derive(Default)]
struct Peer {
    links: Vec<Arc<Link>>,
    dial: Option<Dial>,
    failed: Option<(Instant, ConnectFailure)>,
}

/// A connection that is being opened, and what waits for it.
#[derive(Default)]
struct Dial {
    packets: VecDeque<Outgoing>,
    waiters: Vec<oneshot::Sender<Result<Arc<Link>, ConnectFailure>>>,
}

/// What becomes of a packet.
pub(crate) enum Route {
    /// It goes over this connection.
    Link(Arc<Link>, Outgoing),
    /// It waits for the connection that is being opened.
    Queued,
    /// It waits for a connection that the caller must open now.
    Dial,
    /// Too many packets wait.
    Full,
    /// No connection can be had now.
    Failed(ConnectFailure),
}

/// What becomes of a wish for a stream.
pub(crate) enum Wish {
    /// Open it on this connection.
    Link(Arc<Link>),
    /// The connection is being opened.
    Wait(oneshot::Receiver<Result<Arc<Link>, ConnectFailure>>),
    /// The caller must open a connection now.
    Dial(oneshot::Receiver<Result<Arc<Link>, ConnectFailure>>),
    /// No connection can be had now.
    Failed(ConnectFailure),
}

/// What waited for a connection that is there now.
pub(crate) struct Waiting {
    packets: VecDeque<Outgoing>,
    waiters: Vec<oneshot::Sender<Result<Arc<Link>, ConnectFailure>>>,
}

impl Pool {
    pub(crate) fn new(limits: Limits, local: SocketAddr) -> Self {
        Self { table: Mutex::default(), limits, local }
    }

    /// Finds a packet its way.
    pub(crate) fn route(&self, to: SocketAddr, packet: Outgoing) -> Route {
        let mut table = lock(&self.table);
        if let Some(link) = table.current(to, self.local) {
            return Route::Link(link, packet);
        }
        match table.dial(to, self.limits.outbound) {
            Err(failure) => Route::Failed(failure),
            Ok((dial, _)) if dial.packets.len() >= self.limits.queue => Route::Full,
            Ok((dial, began)) => {
                dial.packets.push_back(packet);
                if began { Route::Dial } else { Route::Queued }
            }
        }
    }

    /// Finds a connection for a stream.
    pub(crate) fn wish(&self, to: SocketAddr) -> Wish {
        let mut table = lock(&self.table);
        if let Some(link) = table.current(to, self.local) {
            return Wish::Link(link);
        }
        let (sender, receiver) = oneshot::channel();
        match table.dial(to, self.limits.outbound) {
            Err(failure) => Wish::Failed(failure),
            Ok((dial, began)) => {
                dial.waiters.retain(|waiter| !waiter.is_canceled());
                dial.waiters.push(sender);
                if began { Wish::Dial(receiver) } else { Wish::Wait(receiver) }
            }
        }
    }

    /// A connection has been established; gives what waited for one. `Err` if there is no place for it.
    pub(crate) fn established(&self, link: &Arc<Link>) -> Result<(Waiting, Option<Arc<Link>>), ()> {
        let mut table = lock(&self.table);
        table.uses += 1;
        link.used(table.uses);
        let max = if link.dialled { self.limits.outbound } else { self.limits.inbound };
        let evicted =
            if table.count(link.dialled) >= max { Some(table.oldest(link.dialled).ok_or(())?) } else { None };
        if let Some(evicted) = &evicted {
            table.remove(evicted);
        }
        let peer = table.peers.entry(link.address).or_default();
        peer.links.push(Arc::clone(link));
        if link.sendable {
            peer.failed = None;
        }
        let dial = if link.dialled {
            peer.dial.take()
        } else if link.sendable {
            // Our own attempt goes on with nothing waiting for it.
            peer.dial.as_mut().map(std::mem::take)
        } else {
            None
        };
        let Dial { packets, waiters } = dial.unwrap_or_default();
        Ok((Waiting { packets, waiters }, evicted))
    }

    /// Whether packets wait for a connection to this peer.
    pub(crate) fn has_waiting(&self, to: SocketAddr) -> bool {
        let table = lock(&self.table);
        table.peers.get(&to).and_then(|peer| peer.dial.as_ref()).is_some_and(|dial| !dial.packets.is_empty())
    }

    /// Takes the packets that wait for a connection to this peer.
    pub(crate) fn take_waiting(&self, to: SocketAddr) -> VecDeque<Outgoing> {
        let mut table = lock(&self.table);
        let dial = table.peers.get_mut(&to).and_then(|peer| peer.dial.as_mut());
        dial.map(|dial| std::mem::take(&mut dial.packets)).unwrap_or_default()
    }

    /// Lets packets that were taken wait again, before those that have come since; gives how many have lost their peer.
    pub(crate) fn put_back(&self, to: SocketAddr, mut packets: VecDeque<Outgoing>) -> usize {
        let mut table = lock(&self.table);
        match table.peers.get_mut(&to).and_then(|peer| peer.dial.as_mut()) {
            Some(dial) => {
                packets.append(&mut dial.packets);
                dial.packets = packets;
                0
            }
            None => packets.len(),
        }
    }

    /// A connection could not be had; gives how many packets are lost with that.
    pub(crate) fn failed(&self, to: SocketAddr, failure: &ConnectFailure) -> usize {
        let mut table = lock(&self.table);
        let Some(peer) = table.peers.get_mut(&to) else { return 0 };
        let dial = peer.dial.take().unwrap_or_default();
        if !failure.is_remote() {
            peer.failed = Some((Instant::now(), failure.clone()));
        }
        // What was doubted remains, if it has come back; else it can go.
        for link in &peer.links {
            if link.is_silent() {
                link.close(Goodbye::Replaced);
            } else {
                link.trust();
            }
        }
        table.tidy(to);
        drop(table);
        for waiter in dial.waiters {
            let _ = waiter.send(Err(failure.clone()));
        }
        dial.packets.len()
    }

    /// A connection gives no answer: packets and streams shall take another one. Whether the caller must open it.
    pub(crate) fn doubt(&self, link: &Arc<Link>) -> Result<bool, ConnectFailure> {
        let mut table = lock(&self.table);
        link.doubt();
        if table.current(link.address, self.local).is_some() {
            return Ok(false);
        }
        match table.dial(link.address, self.limits.outbound) {
            Ok((_, began)) => Ok(began),
            Err(failure) => {
                // There is none better.
                link.trust();
                Err(failure)
            }
        }
    }

    /// The connections that a new one to the same peer replaces: those that gave no answer. One that has come back, and has streams, is
    /// spared; it will become idle.
    pub(crate) fn replaced(&self, to: SocketAddr) -> Vec<Arc<Link>> {
        let table = lock(&self.table);
        let links = table.peers.get(&to).map(|peer| peer.links.as_slice()).unwrap_or_default();
        let replaced = |link: &&Arc<Link>| link.was_doubted() && (link.is_silent() || !link.has_streams());
        links.iter().filter(replaced).cloned().collect()
    }

    /// A connection has ended.
    pub(crate) fn remove(&self, link: &Arc<Link>) {
        lock(&self.table).remove(link);
    }

    /// The peer has refused us after all.
    pub(crate) fn refused(&self, to: SocketAddr, failure: ConnectFailure) {
        lock(&self.table).peers.entry(to).or_default().failed = Some((Instant::now(), failure));
    }

    /// A living connection with this peer.
    pub(crate) fn find(&self, peer: SocketAddr) -> Option<Arc<Link>> {
        let mut table = lock(&self.table);
        let current = table.current(peer, self.local);
        let any = || table.peers.get(&peer)?.links.iter().find(|link| !link.is_closed()).cloned();
        current.or_else(any)
    }

    /// Connections now: inbound and outbound.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let table = lock(&self.table);
        (table.count(false), table.count(true))
    }
}

impl Waiting {
    /// Hands the connection to whom waited for it; gives the packets that waited.
    pub(crate) fn resolve(self, link: &Arc<Link>) -> VecDeque<Outgoing> {
        for waiter in self.waiters {
            let _ = waiter.send(Ok(Arc::clone(link)));
        }
        self.packets
    }
}

impl Table {
    /// The connection that is used to send to this peer.
    fn current(&mut self, to: SocketAddr, local: SocketAddr) -> Option<Arc<Link>> {
        let links = &self.peers.get(&to)?.links;
        let usable = |link: &&Arc<Link>| link.sendable && !link.is_closed() && !link.is_silent();
        let newest = links.iter().filter(usable).max_by_key(|link| link.established)?;
        // Both sides see the same address order, so both choose the connection that the lower one opened.
        let agreed = links
            .iter()
            .filter(usable)
            .filter(|link| link.dialled == (local < to))
            .filter(|link| newest.established.duration_since(link.established) < SIMULTANEOUS)
            .max_by_key(|link| link.established);
        let link = Arc::clone(agreed.unwrap_or(newest));
        self.uses += 1;
        link.used(self.uses);
        Some(link)
    }

    /// The attempt to connect to this peer, and whether it begins now.
    fn dial(&mut self, to: SocketAddr, max: usize) -> Result<(&mut Dial, bool), ConnectFailure> {
        let known = self.peers.get(&to);
        if let Some((at, failure)) = known.and_then(|peer| peer.failed.as_ref())
            && at.elapsed() < RETRY_AFTER
        {
            return Err(failure.clone());
        }
        if known.is_none_or(|peer| peer.dial.is_none()) {
            // Looked through only when something is opened, which costs far more.
            self.peers.retain(|_, peer| !peer.is_idle());
            if self.peers.values().filter(|peer| peer.dial.is_some()).count() >= max {
                return Err(ConnectFailure::TooMany);
            }
        }
        let peer = self.peers.entry(to).or_default();
        let began = peer.dial.is_none();
        Ok((peer.dial.get_or_insert_default(), began))
    }

    fn count(&self, dialled: bool) -> usize {
        let links = self.peers.values().flat_map(|peer| &peer.links);
        links.filter(|link| link.dialled == dialled).count()
    }

    /// The connection of this direction that was unused for longest and has no streams.
    fn oldest(&self, dialled: bool) -> Option<Arc<Link>> {
        let links = self.peers.values().flat_map(|peer| &peer.links);
        let idle = links.filter(|link| link.dialled == dialled && !link.has_streams());
        idle.min_by_key(|link| link.last_use()).cloned()
    }

    fn remove(&mut self, link: &Arc<Link>) {
        if let Some(peer) = self.peers.get_mut(&link.address) {
            peer.links.retain(|other| !Arc::ptr_eq(other, link));
        }
        self.tidy(link.address);
    }

    fn tidy(&mut self, peer: SocketAddr) {
        if self.peers.get(&peer).is_some_and(Peer::is_idle) {
            self.peers.remove(&peer);
        }
    }
}

impl Peer {
    /// Nothing is known that is worth keeping.
    fn is_idle(&self) -> bool {
        self.links.is_empty()
            && self.dial.is_none()
            && self.failed.as_ref().is_none_or(|(at, _)| at.elapsed() >= RETRY_AFTER)
    }
}
