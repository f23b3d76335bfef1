//! The nodes of the demonstration.

use super::{
    sight::{self, Sight, Sighting},
    table::View,
};
use crate::notice::{Notice, Notices};
use memberlist::prelude::*;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::mpsc;

/// Sightings that wait to be looked at; the observers' own queues hold many more.
const SIGHTINGS: usize = 8_192;

/// All nodes, running or not.
pub(crate) struct Cast {
    epoch: Instant,
    label: String,
    sightings: mpsc::Sender<Sighting>,
    names: Vec<SmolStr>,
    running: HashMap<SmolStr, Actor>,
}

struct Actor {
    list: TcpMemberlist,
    notices: Arc<Mutex<Notices>>,
}

impl Cast {
    /// So many nodes, `n1` and on; none runs yet. What they see comes out of the receiver.
    pub(crate) fn new(nodes: usize, label: &str) -> (Self, mpsc::Receiver<Sighting>) {
        let (sightings, receiver) = mpsc::channel(SIGHTINGS);
        let names = (1..=nodes).map(|n| format!("n{n}").into()).collect();
        let cast = Self {
            epoch: Instant::now(),
            label: label.to_owned(),
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
    pub(crate) fn list(&self, name: &SmolStr) -> Result<&TcpMemberlist, String> {
        self.running.get(name).map(|actor| &actor.list).ok_or_else(|| format!("{name} does not run"))
    }

    /// Starts a node on a free port, but not on this one.
    pub(crate) async fn start(
        &mut self,
        name: &SmolStr,
        but: Option<SocketAddr>,
    ) -> Result<SocketAddr, String> {
        let list = loop {
            let list = memberlist::tokio::builder(name.clone())
                .bind("127.0.0.1:0")
                .label(&self.label)
                .options(Options::lan())
                .start()
                .await
                .map_err(|error| format!("{name} cannot start: {error}"))?;
            if Some(list.advertise_address()) != but {
                break list;
            }
            list.shutdown().await;
        };
        let address = list.advertise_address();
        let notices = Arc::new(Mutex::new(Notices::new(name.clone())));
        tokio::spawn(watch(list.clone(), self.epoch, Arc::clone(&notices), self.sightings.clone()));
        self.running.insert(name.clone(), Actor { list, notices });
        Ok(address)
    }

    /// Ends a node without a goodbye: its tasks stop, its sockets are closed.
    pub(crate) async fn kill(&mut self, name: &SmolStr) {
        if let Some(actor) = self.running.remove(name) {
            actor.list.shutdown().await;
        }
    }

    /// Lets a node do something in the background; what came of it stands in the timeline then.
    pub(crate) fn act<F>(&self, name: &SmolStr, action: impl FnOnce(TcpMemberlist) -> F) -> Result<(), String>
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

    /// A notice of this node.
    pub(crate) fn notice(&self, name: &SmolStr, text: &str) -> Result<Notice, String> {
        let actor = self.running.get(name).ok_or_else(|| format!("{name} does not run"))?;
        Ok(lock(&actor.notices).write(text))
    }

    /// What each node sees.
    pub(crate) fn views(&self) -> Vec<View> {
        let view = |name: &SmolStr| {
            let sees = self.running.get(name).map(|actor| {
                let states: HashMap<_, _> =
                    actor.list.known().into_iter().map(|member| (member.node.id, member.state)).collect();
                self.names.iter().map(|other| states.get(other).copied()).collect()
            });
            View { observer: name.clone(), sees }
        };
        self.names.iter().map(view).collect()
    }

    /// Ends all.
    pub(crate) async fn close(&mut self) {
        futures_util::future::join_all(self.running.values().map(|actor| actor.list.shutdown())).await;
        self.running.clear();
    }
}

/// Tells what a node sees, until it ends; and passes on the notices that are news to it.
///
/// It holds the node only weakly: a handle here would keep it running for ever.
async fn watch(
    list: TcpMemberlist,
    epoch: Instant,
    notices: Arc<Mutex<Notices>>,
    out: mpsc::Sender<Sighting>,
) {
    let observer = list.local_id().clone();
    let (members, mut events) = list.members_and_events();
    let handle = list.downgrade();
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
        if let Event::User { payload, .. } = &event {
            let news = Notice::decode(payload).is_some_and(|notice| lock(&notices).is_news(&notice));
            if !news {
                continue;
            }
            if let Some(list) = handle.upgrade() {
                // Refused only while leaving, or if far too much is queued: then others pass it on.
                let _ = list.broadcast(payload.clone());
            }
        }
        seen.extend(sight::of_event(&event));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
