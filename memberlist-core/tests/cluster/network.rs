//! The in-memory network itself: a ruler that measures wrong is worse than none.

use crate::harness::*;
use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt, FutureExt};
use memberlist_core::{
    Transport, TransportError,
    memory::{Conditions, MemoryError, MemoryNetwork},
};
use tokio::time::Instant;

fn pair(seed: u64) -> (MemoryNetwork, Net, Net) {
    let network = MemoryNetwork::new(seed);
    let (a, b) = (network.bind(address(1)).unwrap(), network.bind(address(2)).unwrap());
    (network, a, b)
}

/// What arrives within the next virtual seconds, as the numbers that were sent.
async fn arrivals(at: &Net) -> Vec<u32> {
    let mut arrived = vec![];
    while let Ok(packet) = tokio::time::timeout(ms(5_000), at.recv_packet()).await {
        arrived.push(u32::from_be_bytes(packet.unwrap().data.as_ref().try_into().unwrap()));
    }
    arrived
}

async fn send(from: &Net, to: u8, numbers: std::ops::Range<u32>) {
    for n in numbers {
        from.send_packet(&address(to), Bytes::copy_from_slice(&n.to_be_bytes())).await.unwrap();
    }
}

/// W-54
#[tokio::test(start_paused = true)]
async fn a_perfect_network_delivers_everything_once_in_order_at_once() {
    let (_network, a, b) = pair(1);
    send(&a, 2, 0..1_000).await;
    for n in 0..1_000u32 {
        let packet = b.recv_packet().now_or_never().expect("it is there").unwrap();
        assert_eq!((packet.from, packet.data.as_ref()), (address(1), &n.to_be_bytes()[..]));
    }
    assert!(b.recv_packet().now_or_never().is_none());
}

/// W-54
#[tokio::test(start_paused = true)]
async fn loss_and_duplication_follow_their_probabilities_and_the_seed() {
    let mut runs = vec![];
    for seed in [7, 7, 8] {
        let (network, a, b) = pair(seed);
        network.set_conditions(Conditions::perfect().with_loss(0.3));
        send(&a, 2, 0..10_000).await;
        let arrived = arrivals(&b).await;
        assert!((6_800..7_200).contains(&arrived.len()), "{} of 10,000 with a loss of 0.3", arrived.len());
        network.set_conditions(Conditions::perfect().with_duplication(0.2));
        send(&a, 2, 0..10_000).await;
        let twice = arrivals(&b).await;
        assert!((11_800..12_200).contains(&twice.len()), "{} with a duplication of 0.2", twice.len());
        runs.push((arrived, twice));
    }
    assert!(runs[0] == runs[1], "the same seed gives the same fate");
    assert!(runs[0] != runs[2], "another seed gives another");
}

/// W-54
#[tokio::test(start_paused = true)]
async fn delay_is_within_its_range_and_reordering_reorders() {
    let (network, a, b) = pair(1);
    network.set_conditions(Conditions::perfect().with_delay(ms(20)..ms(30)));
    for n in 0..50 {
        let sent = Instant::now();
        send(&a, 2, n..n + 1).await;
        b.recv_packet().await.unwrap();
        // The runtime's timers have a resolution of a millisecond.
        assert!((ms(20)..=ms(31)).contains(&sent.elapsed()), "{:?}", sent.elapsed());
    }
    let opened = Instant::now();
    a.open_stream(&address(2)).await.unwrap();
    assert!((ms(40)..=ms(62)).contains(&opened.elapsed()), "{:?}", opened.elapsed());
    network.set_conditions(Conditions::perfect().with_reordering(0.5));
    send(&a, 2, 0..100).await;
    let arrived = arrivals(&b).await;
    assert!(!arrived.is_sorted());
    let mut sorted = arrived;
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..100), "nothing is lost on the way");
}

/// W-54: a packet with a shorter way overtakes one that is waited for already
#[tokio::test(start_paused = true)]
async fn an_earlier_arrival_wakes_the_receiver_before_a_later_one() {
    let (network, a, b) = pair(1);
    let c = network.bind(address(3)).unwrap();
    network.set_link(address(1), address(2), Conditions::perfect().with_delay(ms(1_000)..ms(1_000)));
    send(&a, 2, 1..2).await;
    let started = Instant::now();
    let mut receiving = Box::pin(b.recv_packet());
    assert!(futures_util::poll!(&mut receiving).is_pending());
    send(&c, 2, 2..3).await;
    assert_eq!(receiving.await.unwrap().from, address(3));
    assert_eq!(started.elapsed(), ms(0));
    assert_eq!(b.recv_packet().await.unwrap().from, address(1));
}

/// W-54
#[tokio::test(start_paused = true)]
async fn a_cut_is_one_way_for_packets_and_both_ways_for_streams() {
    let (network, a, b) = pair(1);
    let mut old = a.open_stream(&address(2)).await.unwrap();
    network.cut(address(1), address(2));
    send(&a, 2, 0..5).await;
    send(&b, 1, 5..10).await;
    assert_eq!((arrivals(&b).await, arrivals(&a).await), (vec![], vec![5, 6, 7, 8, 9]));
    assert!(old.write_all(b"x").await.is_err());
    assert!(tokio::time::timeout(ms(60_000), b.open_stream(&address(1))).await.is_err());
    network.restore(address(1), address(2));
    send(&a, 2, 0..5).await;
    assert_eq!(arrivals(&b).await, [0, 1, 2, 3, 4]);
    network.partition(&[address(1)], &[address(2)]);
    send(&a, 2, 0..5).await;
    send(&b, 1, 0..5).await;
    assert_eq!((arrivals(&b).await, arrivals(&a).await), (vec![], vec![]));
    network.heal();
    b.open_stream(&address(1)).await.unwrap();
}

/// W-53
#[tokio::test(start_paused = true)]
async fn what_is_sent_is_recorded_and_what_is_injected_is_received() {
    let (network, a, b) = pair(1);
    network.record(2);
    network.set_conditions(Conditions::perfect().with_loss(1.0));
    send(&a, 2, 1..4).await;
    let recorded: Vec<_> =
        network.recorded().into_iter().map(|(from, to, data)| (from, to, data[3])).collect();
    assert_eq!(recorded, [(address(1), address(2), 2), (address(1), address(2), 3)]);
    network.inject(address(9), address(2), "injected");
    let packet = b.recv_packet().await.unwrap();
    assert_eq!((packet.from, packet.data), (address(9), Bytes::from("injected")));
    let mut stream = network.connect(address(9), address(1)).unwrap();
    let (from, mut theirs) = a.accept_stream().await.unwrap();
    assert_eq!(from, address(9));
    stream.write_all(b"hello").await.unwrap();
    stream.close().await.unwrap();
    let mut heard = String::new();
    theirs.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "hello");
}

/// W-55: single use, typed errors, and an address that is free again
#[tokio::test(start_paused = true)]
async fn a_transport_that_was_shut_down_refuses_everything_and_frees_its_address() {
    let (network, a, b) = pair(1);
    assert_eq!(network.bind::<TokioRuntime>(address(1)).err(), Some(MemoryError::AddressInUse(address(1))));
    let waiting = async { (a.recv_packet().await, a.accept_stream().await.map(drop)) };
    let ((), (packet, stream)) = futures_util::future::join(a.shutdown(), waiting).await;
    assert!(packet.unwrap_err().is_closed() && stream.unwrap_err().is_closed());
    assert!(a.send_packet(&address(2), Bytes::new()).await.unwrap_err().is_closed());
    assert!(a.open_stream(&address(2)).await.unwrap_err().is_closed());
    let refused = b.open_stream(&address(1)).await.unwrap_err();
    assert!(refused.is_remote() && refused == MemoryError::Refused(address(1)));
    let large = b.send_packet(&address(1), Bytes::from(vec![0; 65_508])).await.unwrap_err();
    assert_eq!(large, MemoryError::TooLarge { actual: 65_508, limit: 65_507 });
    let again = network.bind::<TokioRuntime>(address(1)).unwrap();
    // The old one's end does not take the new one's address away.
    drop(a);
    assert_eq!(network.bound(), [address(1), address(2)]);
    drop(again);
    assert_eq!(network.bound(), [address(2)]);
}

/// A writer faster than its reader waits, and learns of the reader's end
#[tokio::test(start_paused = true)]
async fn a_stream_holds_a_bounded_amount() {
    let (network, a, _b) = pair(1);
    let mut stream = network.connect(address(2), address(1)).unwrap();
    let (_, mut theirs) = a.accept_stream().await.unwrap();
    let all = vec![1; 100 << 10];
    let mut writing = Box::pin(stream.write_all(&all));
    assert!(futures_util::poll!(&mut writing).is_pending());
    let mut half = vec![0; 60 << 10];
    theirs.read_exact(&mut half).await.unwrap();
    writing.await.unwrap();
    drop(theirs);
    assert!(stream.write_all(b"x").await.is_err());
    let mut rest = vec![];
    assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
}
