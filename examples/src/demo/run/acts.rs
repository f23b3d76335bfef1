//! What happens on the stage, in order.

use super::{Play, Stop};
use crate::{
    demo::{reason::seconds, sight::Sight, timeline},
    notice::Notice,
};
use memberlist::prelude::*;
use std::net::SocketAddr;

pub(super) const BROADCAST: &str = "broadcast delivered";
pub(super) const DEAD: &str = "declared dead";

/// Gossip may miss a node, rarely; the next full exchange of state, every 30 s, makes up for it.
const JOIN: Duration = Duration::from_secs(45);
/// Up to 5 s until the first probe fails, then 4 s to contradict, and up to 24 s if nobody confirms.
const DETECTION: Duration = Duration::from_secs(60);
/// Gossip takes a second or two. With few nodes, of which each passes a broadcast on a few times to nodes picked at random, it misses
/// one in about two hundred runs; then it is repeated, which is a broadcast of its own.
const HEARING: Duration = Duration::from_secs(15);
const REPEAT: Duration = Duration::from_secs(4);
/// Between two steps, for the eye.
const PAUSE: Duration = Duration::from_secs(3);

impl Play {
    /// The whole play.
    pub(super) async fn acts(&mut self) -> Result<(), Stop> {
        let names = self.cast.names().to_vec();
        let (Some(first), Some(second)) = (names.first(), names.get(1)) else {
            return Err("a cluster needs two nodes".to_owned().into());
        };
        let victim = names.get(2).unwrap_or(second);
        self.assemble(&names, first).await?;
        self.pause(PAUSE).await?;
        self.broadcast(second).await?;
        self.pause(PAUSE).await?;
        let old = self.kill(victim).await?;
        self.pause(PAUSE).await?;
        self.restart(victim, old, first).await?;
        self.pause(PAUSE).await?;
        self.leave(second).await
    }

    /// All start, and join through the first.
    async fn assemble(&mut self, names: &[SmolStr], first: &SmolStr) -> Result<(), Stop> {
        let options = Options::lan().protocol;
        self.say(&format!(
            "{} nodes in this process, {}, on loopback, LAN options: a probe every {}, gossip every {}",
            names.len(),
            self.cast.kit(),
            seconds(options.probe_interval),
            seconds(options.gossip_interval),
        ));
        let mut addresses = Vec::new();
        for name in names {
            addresses.push((name.clone(), self.cast.start(name, None).await?));
        }
        let (_, seed) = addresses.first().cloned().ok_or_else(|| "no node was started".to_owned())?;
        self.say(&format!("all run, each alone; they join through {first} at {seed}"));
        let mut step = self.begin("all see all", "the joins", JOIN);
        for observer in names {
            for (other, address) in addresses.iter().filter(|(other, _)| other != observer) {
                step.expect(observer, Sight::Joined(other.clone(), *address));
            }
        }
        self.steps.push(step);
        for name in self.cast.others(first) {
            self.join(&name, first, seed)?;
        }
        self.complete(1).await
    }

    fn join(&self, name: &SmolStr, through: &SmolStr, seed: SocketAddr) -> Result<(), String> {
        let (who, through) = (name.clone(), through.clone());
        let quiet = self.cast.names().len() > timeline::DETAILED_UP_TO;
        self.cast.act(name, async move |list| {
            match list.join(vec![seed.into()], JoinOptions::default()).await {
                Ok(report) => {
                    let took = report.results().find_map(|result| result.outcome.as_ref().ok().copied());
                    if quiet {
                        return String::new();
                    }
                    format!("{who} joined through {through} in {}", seconds(took.unwrap_or_default()))
                }
                Err(error) => format!("{who} cannot join: {error}"),
            }
        })
    }

    /// One says something to all.
    async fn broadcast(&mut self, speaker: &SmolStr) -> Result<(), Stop> {
        let notice = Notice::new(speaker.clone(), "hello, all of you");
        let mut step = self.begin(BROADCAST, "the broadcast", HEARING);
        for observer in self.cast.others(speaker) {
            step.expect(&observer, Sight::Heard(notice.clone()));
        }
        let (began, deadline) = (step.began, step.deadline());
        let first = self.steps.len();
        self.steps.push(step);
        self.say(&format!("{speaker} broadcasts \"{}\"", notice.text));
        let mut repeat = began;
        loop {
            repeat += REPEAT;
            self.told.say(&notice);
            let sent = self.cast.list(speaker)?.broadcast(notice.encode().into());
            drop(sent.map_err(|error| format!("{speaker} cannot broadcast: {error}"))?);
            if self.look_on(repeat.min(deadline), first).await? || repeat >= deadline {
                return self.complete(1).await;
            }
            let deaf = self.steps.last().map(|step| step.missing().join("; ")).unwrap_or_default();
            self.say(&format!("{speaker} repeats it, since gossip is best effort: {deaf}"));
        }
    }

    /// One ends without a goodbye. Returns where it was.
    async fn kill(&mut self, victim: &SmolStr) -> Result<SocketAddr, Stop> {
        let address = self.cast.list(victim)?.address();
        let mut suspected = self.begin("suspected", "the kill", DETECTION);
        let mut dead = self.begin(DEAD, "the kill", DETECTION);
        for observer in self.cast.others(victim) {
            suspected.expect(&observer, Sight::Suspected(victim.clone()));
            dead.expect(&observer, Sight::Failed(victim.clone()));
        }
        self.steps.extend([suspected, dead]);
        self.cast.kill(victim).await;
        self.say(&format!("{victim} is killed: no goodbye, its sockets at {address} are closed"));
        self.complete(2).await?;
        Ok(address)
    }

    /// It comes back under its name, at another port.
    async fn restart(&mut self, victim: &SmolStr, old: SocketAddr, through: &SmolStr) -> Result<(), Stop> {
        let address = self.cast.start(victim, Some(old)).await?;
        self.say(&format!(
            "{victim} is restarted under its name, at {address} now, and joins through {through}"
        ));
        let mut step = self.begin("rejoined", "the restart", JOIN);
        for observer in self.cast.others(victim) {
            step.expect(&observer, Sight::Joined(victim.clone(), address));
            step.expect(victim, Sight::Joined(observer.clone(), self.cast.list(&observer)?.address()));
        }
        self.steps.push(step);
        let seed = self.cast.list(through)?.address();
        self.join(victim, through, seed)?;
        self.complete(1).await
    }

    /// One says goodbye.
    async fn leave(&mut self, leaver: &SmolStr) -> Result<(), Stop> {
        let mut step = self.begin("left", "the goodbye", Duration::from_secs(30));
        for observer in self.cast.others(leaver) {
            step.expect(&observer, Sight::Left(leaver.clone()));
        }
        self.steps.push(step);
        self.say(&format!("{leaver} leaves: it says goodbye"));
        let who = leaver.clone();
        self.cast.act(leaver, async move |list| match list.leave(Duration::from_secs(10)).await {
            Ok(confirmed) => format!("{who} has left; {confirmed} confirmed that they heard it"),
            Err(error) => format!("{who}: {error}"),
        })?;
        self.complete(1).await?;
        // The leaver's own last words.
        self.pause(Duration::from_millis(500)).await
    }
}
