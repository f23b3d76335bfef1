use crate::{Tls, bind, identity, loopback, until, within};
use agnostic::Runtime;
use memberlist_core::{Event, Memberlist, Options};
use memberlist_net::NetOptions;
use memberlist_tls::self_signed::Authority;
use std::time::Duration;

on_every_runtime! {
    cluster_joins_talks_and_leaves_over_tls;
    cluster_joins_with_packets_inside_tls;
    stranger_joins_nobody;
}

async fn start<R: Runtime>(id: u64, options: NetOptions, authority: &Authority) -> Node<R> {
    let transport = bind::<R>(options, &identity(authority).tls_options().unwrap()).await;
    Memberlist::start(id, transport, Options::local()).await.unwrap()
}

type Node<R> =
    Memberlist<Tls<R>, memberlist_core::VoidDelegate<u64, std::net::SocketAddr>, memberlist_core::NativeWire>;

async fn lives<R: Runtime>(options: NetOptions) {
    let authority = Authority::new().unwrap();
    let a = start::<R>(1, options.clone(), &authority).await;
    let b = start::<R>(2, options.clone(), &authority).await;
    let c = start::<R>(3, options, &authority).await;
    let seed = a.advertise_address();
    within::<R, _>(b.join(seed)).await.unwrap();
    within::<R, _>(c.join(seed)).await.unwrap();
    until::<R>(|| [&a, &b, &c].iter().all(|node| node.num_members() == 3)).await;
    let mut events = a.events();
    let big = vec![1; 1 << 20];
    within::<R, _>(b.send_reliable(&seed, big.clone())).await.unwrap();
    let heard = async {
        loop {
            if let Event::User { payload, .. } = events.recv().await.unwrap() {
                return payload;
            }
        }
    };
    assert!(within::<R, _>(heard).await == big);
    within::<R, _>(b.ping(&3)).await.unwrap();
    within::<R, _>(c.leave(Duration::from_secs(30))).await.unwrap();
    until::<R>(|| a.num_members() == 2 && b.num_members() == 2).await;
    for node in [a, b, c] {
        within::<R, _>(node.shutdown()).await;
    }
}

async fn cluster_joins_talks_and_leaves_over_tls<R: Runtime>() {
    lives::<R>(loopback()).await;
}

async fn cluster_joins_with_packets_inside_tls<R: Runtime>() {
    lives::<R>(loopback().with_streams_only(true)).await;
}

async fn stranger_joins_nobody<R: Runtime>() {
    let a = start::<R>(1, loopback(), &Authority::new().unwrap()).await;
    let stranger = start::<R>(2, loopback(), &Authority::new().unwrap()).await;
    let error = within::<R, _>(stranger.join(a.advertise_address())).await.unwrap_err();
    assert!(format!("{error:?} {error}").contains("no authority that this node trusts"), "{error:?}");
    assert_eq!((a.num_members(), stranger.num_members()), (1, 1));
    within::<R, _>(stranger.shutdown()).await;
    within::<R, _>(a.shutdown()).await;
}
