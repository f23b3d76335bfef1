//! Whatever the handle offers can be awaited in a task of its own.
#![cfg(all(feature = "tokio", feature = "tcp"))]

use memberlist::prelude::*;

fn spawnable<F: Future + Send + 'static>(future: F) {
    drop(future);
}

#[tokio::test]
async fn every_future_of_the_handle_can_be_spawned() {
    let list =
        memberlist::tokio::builder("a").bind("127.0.0.1:0").options(Options::local()).start().await.unwrap();
    let address = list.advertise_address();
    let node = list.local_state().node;
    let second = Duration::from_secs(1);
    spawnable(memberlist::tokio::builder("b").bind("127.0.0.1:0").start());
    let (l, mut events) = (list.clone(), list.events());
    spawnable(async move { l.join(address).await });
    let l = list.clone();
    spawnable(async move { l.join_many([address, address], JoinOptions::default()).await });
    let l = list.clone();
    spawnable(async move { (l.leave(second).await, l.rejoin().await) });
    let l = list.clone();
    spawnable(async move { (l.ping(&"b".into()).await, l.ping_node(node).await) });
    let l = list.clone();
    spawnable(async move {
        (l.send(&address, "x").await, l.send_reliable(&address, "x").await, l.send_auto(&address, "x").await)
    });
    let l = list.clone();
    spawnable(
        async move { (l.update_meta("x").await, l.broadcast("x").map(memberlist::Broadcast::finished)) },
    );
    spawnable(async move { events.recv().await });
    list.shutdown().await;
    spawnable(async move { list.shutdown().await });
}
