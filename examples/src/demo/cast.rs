//! The nodes of the demonstration.

use super::{
    kit::Kit,
    node::Node,
    sight::{self, Sight, Sighting},
    table::View,
};
use memberlist::{prelude::*, types::KeyUse};
use std::{collections::HashMap, net::SocketAddr, time::Instant};
use tokio::sync::mpsc;

/// Sightings that wait to be looked at; the observers' own queues hold many more.
const SIGHTINGS: usize = 8_192;

/// All nodes, running or not.
pub(crate) struct Cast {
    epoch: Instant,
    kit: Kit,
    /// Of all nodes that were started.
    keyrings: Vec<Keyring>,
    sightings: mpsc::Sender<Sighting>,
    names: Vec<SmolStr>,
    running: HashMap<SmolStr, Node>,
}

impl Cast {
    /// So many nodes, `n1` and on; none runs yet. What they see comes out of the receiver.
    pub(crate) fn new(nodes: usize, kit: Kit) -> (Self, mpsc::Receiver<Sighting>) {
        let (sightings, receiver) = mpsc::channel(SIGHTINGS);
        let names = (1..=nodes).map(|n| format!("n{n}").into()).collect();
        let cast = Self {
            epoch: Instant::now(),
            kit,
            keyrings: Vec::new(),
            sightings,
            names,
            running: HashMap::new(),
        };
        (cast, receiver)
    }

    /// Since the start of the demonstration.
    pub(crate) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// What the nodes are made with.
    pub(crate) fn kit(&self) -> &Kit {
        &self.kit
    }

    /// How many packets and frames all nodes have encrypted and decrypted themselves; nothing if they have no keys.
    pub(crate) fn ciphered(&self) -> Option<(u64, u64)> {
        let keys: Vec<_> = self.keyrings.iter().flat_map(Keyring::keys).collect();
        let sum = |count: fn(&KeyUse) -> u64| keys.iter().map(count).sum();
        (!keys.is_empty()).then(|| (sum(|key| key.encrypted), sum(|key| key.decrypted)))
    }

    pub(crate) fn names(&self) -> &[SmolStr] {
        &self.names
    }

    /// The running nodes but this one, in order.
    pub(crate) fn others(&self, name: &SmolStr) -> Vec<SmolStr> {
        self.names
            .iter()
            .filter(|other| *other != name && self.running.contains_key(*other))
            .cloned()
            .collect()
    }

    /// The handle of a running node.
    pub(crate) fn list(&self, name: &SmolStr) -> Result<&Node, String> {
        self.running.get(name).ok_or_else(|| format!("{name} does not run"))
    }

    /// Starts a node on a free port, but not on this one.
    pub(crate) async fn start(
        &mut self,
        name: &SmolStr,
        but: Option<SocketAddr>,
    ) -> Result<SocketAddr, String> {
        let list = loop {
            let list = self.kit.start(name, SocketAddr::from(([127, 0, 0, 1], 0))).await?;
            if Some(list.address()) != but {
                break list;
            }
            list.shutdown().await;
        };
        let address = list.address();
        self.keyrings.extend(list.keyring());
        tokio::spawn(watch(list.clone(), self.epoch, self.sightings.clone()));
        self.running.insert(name.clone(), list);
        Ok(address)
    }

    /// Ends a node without a goodbye: its tasks stop, its sockets are closed.
    pub(crate) async fn kill(&mut self, name: &SmolStr) {
        if let Some(list) = self.running.remove(name) {
            list.shutdown().await;
        }
    }

    /// Lets a node do something in the background; what came of it stands in the timeline then.
    pub(crate) fn act<F>(&self, name: &SmolStr, action: impl FnOnce(Node) -> F) -> Result<(), String>
    where
        F: Future<Output = String> + Send + 'static,
    {
        let (observer, epoch, out) = (name.clone(), self.epoch, self.sightings.clone());
        let action = action(self.list(name)?.clone());
        tokio::spawn(async move {
            let detail = action.await;
            let noted = Sighting { at: epoch.elapsed(), observer, sight: Sight::Noted, detail };
            // Nobody listens any more only if the demonstration is over.
            let _ = out.send(noted).await;
        });
        Ok(())
    }

    /// What each node sees.
    pub(crate) fn views(&self) -> Vec<View> {
        let view = |name: &SmolStr| {
            let sees = self.running.get(name).map(|list| {
                let states: HashMap<_, _> =
                    list.known().into_iter().map(|member| (member.node.id, member.state)).collect();
                self.names.iter().map(|other| states.get(other).copied()).collect()
            });
            View { observer: name.clone(), sees }
        };
        self.names.iter().map(view).collect()
    }

    /// Ends all.
    pub(crate) async fn close(&mut self) {
        futures_util::future::join_all(self.running.values().map(|list| list.shutdown())).await;
        self.running.clear();
    }
}

/// Tells what a node sees, until it ends. It does not hold the node: a handle here would keep it running for ever.
async fn watch(list: Node, epoch: Instant, out: mpsc::Sender<Sighting>) {
    let observer = list.id().clone();
    let (members, mut events) = list.members_and_events();
    drop(list);
    let mut seen: Vec<(Sight, String)> = members
        .into_iter()
        .map(|member| (Sight::Joined(member.node.id, member.node.address), String::new()))
        .collect();
    loop {
        for (sight, detail) in seen.drain(..) {
            let sighting = Sighting { at: epoch.elapsed(), observer: observer.clone(), sight, detail };
            if out.send(sighting).await.is_err() {
                return;
            }
        }
        let Some(event) = events.recv().await else { return };
        seen.extend(sight::of_event(&event));
    }
}
