//! The same on another runtime: nothing in the driver knows which one it is on.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

use agnostic::{RuntimeLite, smol::SmolRuntime};
use memberlist_core::{Event, Memberlist, Options, memory::MemoryNetwork};
use smol_str::SmolStr;
use std::time::Duration;

#[test]
fn nodes_join_talk_leave_and_shut_down_on_smol() {
    let limit = Duration::from_secs(60);
    let story = async {
        let network = MemoryNetwork::new(1);
        let (first, second) = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:1".parse().unwrap());
        let bind = |address| network.bind::<SmolRuntime>(address).unwrap();
        let a = Memberlist::start(SmolStr::new("a"), bind(first), Options::local()).await.unwrap();
        let b = Memberlist::start(SmolStr::new("b"), bind(second), Options::local()).await.unwrap();
        let mut events = a.events();
        b.join(first).await.unwrap();
        assert_eq!(b.num_members(), 2);
        // The other side answers first, and then merges what it was told.
        let mut looks = 0;
        while a.num_members() < 2 {
            looks += 1;
            assert!(looks < 10_000, "a does not merge");
            SmolRuntime::sleep(Duration::from_millis(5)).await;
        }
        b.send_reliable(&first, vec![1; 1 << 20]).await.unwrap();
        b.ping(a.local_id()).await.unwrap();
        b.leave(limit).await.unwrap();
        let mut story = vec![];
        while story.len() < 3 {
            match events.recv().await.unwrap() {
                Event::Joined(member) if member.node.id == "b" => story.push("joined"),
                Event::User { payload, .. } => {
                    assert_eq!(payload.len(), 1 << 20);
                    story.push("message");
                }
                Event::Left(_) => story.push("left"),
                _ => {}
            }
        }
        // A stream and packets keep no order among each other.
        story.sort_unstable();
        assert_eq!(story, ["joined", "left", "message"]);
        b.shutdown().await;
        a.shutdown().await;
        assert_eq!(network.bound(), []);
    };
    SmolRuntime::block_on(SmolRuntime::timeout(limit, story)).unwrap();
}
