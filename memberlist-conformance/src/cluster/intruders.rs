//! Peers that misbehave: garbage, silence, slowness, sudden ends.

use super::{Cluster, Node, calm, failing, joining::failed_join, ms};
use crate::{
    Fixture, Garbage,
    support::{Support, pattern},
};
use futures_util::{
    AsyncReadExt, AsyncWriteExt,
    future::{join, select},
};
use memberlist_core::{
    Error, Event, NativeWire, StreamFailure, Transport,
    types::{Message, StreamLimits, StreamMessage, Wire},
};
use smol_str::SmolStr;
use std::pin::pin;

/// The two still see each other, and talk both ways.
async fn unharmed<F: Fixture>(fixture: &F, nodes: &[Node<F>]) {
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    for (from, to) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
        let mut events = to.events();
        let address = to.advertise_address();
        let sent = from.send_reliable(&address, "unharmed?");
        if let Err(error) = fixture.within("a message is sent", sent).await {
            panic!("after an intruder: {error}");
        }
        fixture
            .event(&mut events, "a message arrives", |event| match event {
                Event::User { payload, .. } => (payload == "unharmed?").then_some(()),
                _ => None,
            })
            .await;
        // A packet may be lost.
        let ping = async { while from.ping(to.local_id()).await.is_err() {} };
        fixture.within("a ping is answered", ping).await;
    }
}

/// 9.5 `TestIngestPacket_CRC`, `TestHandleCommand`: packets of garbage, and real ones with a changed byte, are refused and counted.
pub(crate) async fn garbage_packets_change_nothing<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    let intruder = fixture.fresh().await;
    let to = nodes[0].advertise_address();
    let mut events = nodes[0].events();
    let real = failing::packet::<F>(fixture, &Message::User(pattern(9, 300).into()));
    let mut thrown: Vec<Vec<u8>> = (1..40_u8).map(|n| pattern(n, usize::from(n) * 30)).collect();
    thrown.push(vec![0; intruder.capabilities().max_packet]);
    thrown.extend((1..real.len()).step_by(17).map(|len| real[..len].to_vec()));
    let before = nodes[0].stats().decode_rejections;
    for bytes in &thrown {
        fixture.throw(&to, Garbage::Packet(bytes.clone().into())).await;
        if let Err(error) = intruder.send_packet(&to, bytes.clone().into()).await {
            panic!("throwing {} bytes: {error}", bytes.len());
        }
    }
    // Some may be lost.
    let again = async || drop(intruder.send_packet(&to, thrown[0].clone().into()).await);
    let counted = || nodes[0].stats().decode_rejections >= before + 20;
    fixture.repeating("garbage is counted", again, fixture.eventually("garbage is counted", counted)).await;
    unharmed(fixture, &nodes).await;
    assert_eq!(nodes[0].known().len(), 2, "garbage made a member");
    while let Some(event) = events.try_recv() {
        if let Event::User { payload, .. } = event {
            assert_eq!(payload, "unharmed?", "garbage passes for a message");
        }
    }
    fixture.end(nodes).await;
}

/// 9.5 `TestReadRemoteState_Limits`, `TestReadUserMsg_Limit`: streams of garbage, cut off ones, and lengths that are lies.
pub(crate) async fn garbage_streams_change_nothing<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    let intruder = fixture.fresh().await;
    let to = nodes[0].advertise_address();
    let real = frame::<F>(fixture, &StreamMessage::User(pattern(1, 5_000).into()));
    let mut thrown: Vec<Vec<u8>> = (1..20_u8).map(|n| pattern(n, usize::from(n) * 100)).collect();
    thrown.push(vec![0xFF; 100]);
    thrown.push(vec![0; 100]);
    thrown.extend((1..real.len()).step_by(400).map(|len| real[..len].to_vec()));
    let before = nodes[0].stats().streams_failed;
    for bytes in &thrown {
        fixture.throw(&to, Garbage::Stream(bytes.clone().into())).await;
        let Some(Ok(mut stream)) = fixture.briefly(ms(2_000), intruder.open_stream(&to)).await else {
            continue;
        };
        // It may be cut off before all is said, and that is right.
        let _cut_off = fixture.briefly(ms(2_000), stream.write_all(bytes)).await;
        let _cut_off = fixture.briefly(ms(2_000), stream.close()).await;
        fixture.ends("the end of a stream of garbage", &mut stream).await;
    }
    fixture
        .eventually("streams of garbage are counted", || {
            nodes[0].stats().streams_failed >= before + thrown.len() as u64 / 2
        })
        .await;
    unharmed(fixture, &nodes).await;
    assert_eq!(nodes[0].known().len(), 2, "garbage made a member");
    fixture.end(nodes).await;
}

/// A peer that opens a stream, says half of something, and is gone.
pub(crate) async fn peer_that_vanishes_mid_stream_harms_nobody<F: Fixture>(fixture: &F) {
    let options = || {
        let mut options = calm();
        // So that no other stream is counted.
        options.protocol.push_pull_interval = ms(0);
        options
    };
    let nodes = fixture.cluster(2, options).await;
    let to = nodes[0].advertise_address();
    let real = frame::<F>(fixture, &StreamMessage::User(pattern(1, 500_000).into()));
    let mut events = nodes[0].events();
    for say in [1, 100, real.len() / 2, real.len() - 1] {
        let before = nodes[0].stats().streams_failed;
        // Only what has come can be missed: a medium may drop what its sender does not live to deliver.
        let served = || nodes[0].stats().streams_accepted;
        let already = served();
        let intruder = fixture.fresh().await;
        let mut stream = fixture.open(&intruder, &to).await;
        fixture.write(&mut stream, &real[..say]).await;
        fixture.eventually("a stream is served", || served() > already).await;
        fixture.within("a shutdown", intruder.shutdown()).await;
        drop((stream, intruder));
        let noticed = || nodes[0].stats().streams_failed > before;
        fixture.eventually(&format!("a peer that vanishes after {say} bytes is noticed"), noticed).await;
    }
    unharmed(fixture, &nodes).await;
    while let Some(event) = events.try_recv() {
        if let Event::User { payload, .. } = event {
            assert_eq!(payload, "unharmed?", "half a message passes for one");
        }
    }
    fixture.end(nodes).await;
}

/// A peer that takes a join and is gone before it answers: the join fails as soon as it is noticed, not only at the deadline.
pub(crate) async fn join_through_a_peer_that_vanishes_fails_before_its_deadline<F: Fixture>(fixture: &F) {
    let peer = fixture.fresh().await;
    let address = peer.advertise_address().clone();
    let mut options = calm();
    // Longer than anybody waits here.
    options.protocol.stream_timeout = fixture.patience() * 10;
    let node = fixture.node("node", options).await;
    let vanish = async {
        let (_, mut stream) = fixture.accept(&peer).await;
        fixture.read(&mut stream, 1).await;
        drop(stream);
    };
    let (failure, ()) = join(failed_join(fixture, &node, &address), vanish).await;
    assert!(
        matches!(failure, StreamFailure::Unreachable(_) | StreamFailure::Invalid(_)),
        "a peer vanished, and the join fails with: {failure}"
    );
    assert_eq!(node.num_members(), 1);
    fixture.end([node]).await;
}

/// Complaint 26: a peer that takes nothing of a large message costs no more than the deadline, and nobody else anything.
pub(crate) async fn peer_that_reads_nothing_holds_up_nobody<F: Fixture>(fixture: &F) {
    let options = || {
        let mut options = calm();
        options.protocol.stream_timeout = ms(3_000);
        options
    };
    let nodes = fixture.cluster(2, options).await;
    let peer = fixture.fresh().await;
    let accept = async {
        let (_, stream) = fixture.accept(&peer).await;
        stream
    };
    // More than any buffer on the way takes.
    let payload = vec![7; 18 << 20];
    let stuck = nodes[0].send_reliable(peer.advertise_address(), payload);
    let (stuck, _held, ()) = futures_util::future::join3(stuck, accept, unharmed(fixture, &nodes)).await;
    assert!(
        matches!(stuck, Err(Error::Stream(StreamFailure::TimedOut))),
        "nobody read a large message, and sending it ends with: {stuck:?}"
    );
    unharmed(fixture, &nodes).await;
    fixture.end(nodes).await;
}

/// A peer that says one byte now and then is served until the deadline, and nobody waits for it meanwhile.
pub(crate) async fn peer_that_drips_is_ended_at_the_deadline<F: Fixture>(fixture: &F) {
    let options = || {
        let mut options = calm();
        options.protocol.stream_timeout = ms(3_000);
        options
    };
    let nodes = fixture.cluster(2, options).await;
    let intruder = fixture.fresh().await;
    let to = nodes[0].advertise_address();
    let real = frame::<F>(fixture, &StreamMessage::User(pattern(1, 60_000).into()));
    let before = nodes[0].stats().streams_failed;
    let mut dripping = Vec::new();
    for _ in 0..8 {
        let stream = fixture.open(&intruder, &to).await;
        let (reader, writer) = stream.split();
        dripping.push((reader, writer));
    }
    let drip = async {
        let drips = dripping.iter_mut().map(async |(_, writer)| {
            for byte in real.chunks(1) {
                if writer.write_all(byte).await.is_err() || writer.flush().await.is_err() {
                    return;
                }
                fixture.pause().await;
            }
        });
        futures_util::future::join_all(drips).await;
        std::future::pending::<()>().await;
    };
    let served = async {
        unharmed(fixture, &nodes).await;
        fixture
            .eventually("those who drip are ended", || nodes[0].stats().streams_failed >= before + 8)
            .await;
    };
    select(pin!(drip), pin!(served)).await;
    drop(dripping);
    unharmed(fixture, &nodes).await;
    fixture.end(nodes).await;
}

/// A frame as a node of the fixture's cluster would put it on a stream.
fn frame<F: Fixture>(fixture: &F, message: &StreamMessage<SmolStr, crate::AddressIn<F>>) -> bytes::Bytes {
    NativeWire
        .encode_frame(&fixture.framing(), &StreamLimits::default(), true, message)
        .unwrap_or_else(|error| panic!("a frame can't be made: {error}"))
}
