use crate::harness::*;
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    Event, NativeWire,
    memory::MemoryNetwork,
    proto::RejectReason,
    types::{Framing, StreamLimits, StreamMessage, Wire},
};
use rand_core::Rng;
use smol_str::SmolStr;
use std::net::SocketAddr;
use tokio::{runtime::Handle, time::Instant};

fn noise(seed: u128) -> impl FnMut(usize) -> Vec<u8> {
    let mut rng = rand_pcg::Pcg64::new(seed, 1);
    move |len| {
        let mut bytes = vec![0; len];
        rng.fill_bytes(&mut bytes);
        bytes
    }
}

/// It stays a member, and the counters show it
#[tokio::test(start_paused = true)]
async fn garbage_packets_are_counted_and_change_nothing() {
    let network = MemoryNetwork::new(1);
    network.record(2_000);
    let nodes = cluster(&network, 3).await;
    let mut events = nodes[1].events();
    tokio::time::sleep(ms(2_000)).await;
    let real = network.recorded();
    let mut noise = noise(9);
    let before = nodes[0].stats();
    let mut sent = 0;
    for n in 0..3_000usize {
        // Noise, real packets cut short, and real packets with a flipped byte.
        let (_, _, packet) = &real[n % real.len()];
        let data = match n % 3 {
            0 => noise(n % 1_500),
            1 => packet[..n % packet.len()].to_vec(),
            _ => {
                let mut data = packet.to_vec();
                let at = n % data.len();
                data[at] ^= 1 << (n % 8);
                data
            }
        };
        network.inject(address(66), address(1), data);
        sent += 1;
        if n % 100 == 0 {
            tokio::time::sleep(ms(10)).await;
        }
    }
    eventually("all were looked at", || nodes[0].stats().packets_received >= before.packets_received + sent)
        .await;
    let rejected = nodes[0].stats().decode_rejections - before.decode_rejections;
    assert!(rejected >= sent - 10, "{rejected} of {sent} were refused");
    assert!(nodes[0].stats().decode_rejected("checksum_mismatch") > 0);
    tokio::time::sleep(ms(2_000)).await;
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::Suspected { .. } | Event::Failed { .. }), "{event:?}");
    }
    see_each_other(&nodes).await;
}

/// Each ends at its deadline without holding anything
#[tokio::test(start_paused = true)]
async fn slow_and_silent_streams_end_at_their_deadline_and_hold_nothing() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    tokio::time::sleep(ms(100)).await;
    let (tasks, before) = (Handle::current().metrics().num_alive_tasks(), nodes[0].stats());
    // A real frame, so that nothing but its slowness is wrong with it.
    let frame = Wire::<SmolStr, SocketAddr>::encode_frame(
        &NativeWire,
        &Framing::new(),
        &StreamLimits::default(),
        true,
        &StreamMessage::User(vec![7; 100_000].into()),
    )
    .unwrap();
    let started = Instant::now();
    let mut streams = vec![];
    for n in 0..30u8 {
        let mut stream = network.connect(address(100 + n), address(1)).unwrap();
        // A third says nothing, a third one byte, a third half of the frame.
        let said = match n % 3 {
            0 => 0,
            1 => 1,
            _ => frame.len() / 2,
        };
        stream.write_all(&frame[..said]).await.unwrap();
        streams.push(stream);
    }
    // One that sends a byte now and then gets no more time than the others.
    let mut slow = network.connect(address(140), address(1)).unwrap();
    for byte in frame.chunks(1) {
        if slow.write_all(byte).await.is_err() {
            break;
        }
        tokio::time::sleep(ms(50)).await;
    }
    for stream in &mut streams {
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
    }
    assert!((ms(990)..=ms(1_100)).contains(&started.elapsed()), "{:?}", started.elapsed());
    eventually("they are counted", || nodes[0].stats().streams_failed == before.streams_failed + 31).await;
    eventually("no task is left", || Handle::current().metrics().num_alive_tasks() <= tasks).await;
    see_each_other(&nodes).await;
}

/// A claim of 4 GiB, and nonsense, end at once
#[tokio::test(start_paused = true)]
async fn nonsense_on_a_stream_ends_it_at_once() {
    let network = MemoryNetwork::new(1);
    let a = node(&network, 1).await;
    let mut noise = noise(5);
    let started = Instant::now();
    for n in 0..100 {
        let mut stream = network.connect(address(100), address(1)).unwrap();
        let mut data = noise(200);
        if n % 2 == 0 {
            // A whole real frame with its length torn up to the sky.
            data = Wire::<SmolStr, SocketAddr>::encode_frame(
                &NativeWire,
                &Framing::new(),
                &StreamLimits::default(),
                true,
                &StreamMessage::User(vec![7; 100].into()),
            )
            .unwrap()
            .to_vec();
            for byte in data.iter_mut().skip(1).take(8) {
                *byte = 0xff;
            }
        }
        let _ = stream.write_all(&data).await;
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
    }
    assert!(started.elapsed() <= ms(50), "{:?}", started.elapsed());
    assert_eq!(a.stats().streams_failed, 100);
    assert_eq!(a.stats().decode_rejections, 100);
    let b = node(&network, 2).await;
    b.join(address(1)).await.unwrap();
}

/// Inbound streams are bounded; who finds no place is closed, and a place comes free at the deadline
#[tokio::test(start_paused = true)]
async fn inbound_streams_are_bounded() {
    let network = MemoryNetwork::new(1);
    let mut options = options().with_max_inbound_streams(4usize);
    options.protocol.stream_timeout = ms(5_000);
    let a = node_with(&network, 1, Void::new(), options).await;
    let idle: Vec<_> = (0..4).map(|n| network.connect(address(100 + n), address(1)).unwrap()).collect();
    eventually("all places are taken", || a.stats().streams_accepted == 4).await;
    let started = Instant::now();
    let mut fifth = network.connect(address(104), address(1)).unwrap();
    let mut rest = Vec::new();
    soon(fifth.read_to_end(&mut rest)).await.unwrap();
    assert_eq!((a.stats().streams_accepted, a.stats().streams_refused), (4, 1));
    assert!(started.elapsed() <= ms(1_100), "it waited for a place no longer than a second");
    drop(idle);
    // Places are free again: a join gets one.
    let b = node(&network, 2).await;
    b.join(address(1)).await.unwrap();
    assert_eq!(a.num_members(), 2);
}

/// TestTransport_TcpListenBackoff
#[tokio::test(start_paused = true)]
async fn a_failing_accept_backs_off_and_recovers() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let before = nodes[0].stats().transport_errors;
    network.set_failing(address(1), true);
    // Only accepting shall fail here, so nothing is sent meanwhile.
    network.partition(&[address(1)], &[address(2)]);
    tokio::time::sleep(ms(4_000)).await;
    let failed = nodes[0].stats().transport_errors - before;
    let by_sending = nodes[0].stats().packets_failed;
    let by_accepting = failed - by_sending;
    assert!((9..=13).contains(&by_accepting), "{by_accepting} failures in four seconds");
    network.set_failing(address(1), false);
    network.heal();
    see_each_other(&nodes).await;
    let started = Instant::now();
    network.set_failing(address(1), true);
    nodes[0].shutdown().await;
    assert!(started.elapsed() <= ms(1_250));
}

/// A flood from one address is cut at its budget, and the others are still heard
#[tokio::test(start_paused = true)]
async fn a_flood_from_one_address_is_cut_at_its_budget() {
    let network = MemoryNetwork::new(1);
    let mut options = options();
    options.protocol.max_peer_bytes = 10_000;
    let a = node_with(&network, 1, Void::new(), options).await;
    let b = node(&network, 2).await;
    b.join(address(1)).await.unwrap();
    let before = a.stats().decode_rejections;
    for _ in 0..100 {
        network.inject(address(66), address(1), Bytes::from(vec![0; 1_000]));
    }
    eventually("all were looked at", || {
        let reason = memberlist_core::proto::RejectReason::PeerBudget;
        a.stats().protocol.rejected(reason) + a.stats().decode_rejections - before >= 100
    })
    .await;
    assert!(a.stats().decode_rejections - before <= 20);
    tokio::time::sleep(ms(1_000)).await;
    assert_eq!((a.num_members(), b.num_members()), (2, 2));
}

/// A node of another kind of cluster, or one with the wrong wire: whoever runs this one is told.
#[tokio::test(start_paused = true)]
async fn another_wire_is_a_counted_rejection_that_is_told() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 1).await;
    let mut events = nodes[0].events();
    // A ping, an encrypted packet and a labelled one of HashiCorp's library, as they begin.
    for first in [0x00, 0x01, 0xf4] {
        network.inject(address(99), address(1), vec![first, 0x82, 0xa4]);
    }
    let mut stream = network.connect(address(98), address(1)).unwrap();
    stream.write_all(&[0x06, 0x83, 0xa4]).await.unwrap();
    eventually("all were looked at", || nodes[0].stats().decode_rejected("bad_magic") == 4).await;
    assert_eq!(nodes[0].stats().protocol.rejected(RejectReason::AnotherWire), 4);
    let mut told = 0;
    while let Some(event) = events.try_recv() {
        if let Event::Rejected(rejection) = event {
            assert_eq!(rejection.reason, RejectReason::AnotherWire);
            told += 1;
        }
    }
    assert_eq!(told, 1, "not for each");
}
