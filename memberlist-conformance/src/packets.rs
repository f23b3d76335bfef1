//! Packets: best effort, whole, and with the right sender.

use crate::{
    Fixture,
    fixture::AddressIn,
    support::{PAUSE, Support, assert_same, pattern},
};
use memberlist_core::{Packet, Transport, TransportError};
use std::collections::BTreeMap;

/// W-52, W-55, 9.4 `TestMemberlist_SendTo`: both ways, every byte, and the sender is the address at which it is reached.
pub(crate) async fn packets_arrive_whole_and_name_their_sender<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for len in [1, 2, 100, 1_400] {
        let there = fixture.deliver(&a, &b, pattern(1, len)).await;
        assert_eq!(&there.from, a.advertise_address(), "the sender of a packet");
        let back = fixture.deliver(&b, &a, pattern(2, len)).await;
        assert_eq!(&back.from, b.advertise_address(), "the sender of an answer");
    }
}

/// The sender's address is good for an answer.
pub(crate) async fn answer_to_the_sender_of_a_packet_arrives<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let asked = fixture.deliver(&a, &b, "ping").await;
    let answer = async || {
        if let Err(error) = b.send_packet(&asked.from, "ack".into()).await {
            panic!("answering {}: {error}", asked.from);
        }
    };
    let heard = async { while fixture.received(a.recv_packet().await).data != "ack" {} };
    fixture.repeating("the answer arrives", answer, heard).await;
}

/// `Capabilities::max_packet` is true.
pub(crate) async fn packet_of_the_largest_size_arrives<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let max = a.capabilities().max_packet;
    for len in [max / 2, max - 1, max] {
        let packet = fixture.deliver(&a, &b, pattern(3, len)).await;
        assert_eq!(packet.data.len(), len);
    }
}

/// Complaint 17: what does not fit is an error of ours, nothing of it is sent, and the next packet goes through.
pub(crate) async fn packet_over_the_limit_is_refused_here<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let max = a.capabilities().max_packet;
    for len in [max + 1, max + 1_000] {
        let sent = fixture
            .within(
                "sending a packet that is too large",
                a.send_packet(b.advertise_address(), pattern(4, len).into()),
            )
            .await;
        let Err(error) = sent else { panic!("a packet of {len} bytes is sent, and {max} is the limit") };
        assert!(!error.is_closed(), "a packet that is too large is taken for the end: {error}");
        assert!(!error.is_remote(), "a packet that is too large is blamed on the peer: {error}");
    }
    let refuse =
        |packet: Packet<_>| panic!("{} bytes of a packet that was refused arrive", packet.data.len());
    fixture.deliver_past(&a, &b, "fits", refuse).await;
}

/// 9.4 `TestIngestPacket_ExportedFunc_EmptyMessage`
pub(crate) async fn empty_packet_is_refused_here<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let sent = fixture
        .within("sending an empty packet", a.send_packet(b.advertise_address(), Default::default()))
        .await;
    let Err(error) = sent else { panic!("an empty packet is sent") };
    assert!(!error.is_closed() && !error.is_remote(), "an empty packet is blamed on others: {error}");
    fixture.deliver_past(&a, &b, "not empty", |packet| assert!(!packet.data.is_empty(), "it arrives")).await;
}

/// Packets are neither joined nor split nor changed, however fast they follow each other; and most of them arrive.
pub(crate) async fn packets_keep_their_bounds_in_a_burst<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    // The way is open before the burst.
    fixture.deliver(&a, &b, "first").await;
    let burst = |number: u8| [&[number][..], &pattern(number, 1 + 20 * usize::from(number))].concat();
    for number in 0..64 {
        if let Err(error) = a.send_packet(b.advertise_address(), burst(number).into()).await {
            panic!("packet {number} of a burst: {error}");
        }
    }
    let mut heard = BTreeMap::<u8, u32>::new();
    fixture
        .deliver_past(&a, &b, "last", |packet| {
            if packet.data == "first" {
                return;
            }
            let number = packet.data.first().copied().unwrap_or_default();
            assert_same(&format!("packet {number} of a burst"), &packet.data, &burst(number));
            *heard.entry(number).or_default() += 1;
        })
        .await;
    assert!(heard.len() >= 32, "of a burst of 64 packets {} arrive", heard.len());
}

/// Each packet bears the address of who sent it, also when many do at once.
pub(crate) async fn senders_are_not_mixed_up<F: Fixture>(fixture: &F) {
    let receiver = fixture.fresh().await;
    let mut senders = Vec::new();
    for _ in 0..8 {
        senders.push(fixture.fresh().await);
    }
    let mut heard = vec![false; senders.len()];
    let send = async || {
        for (number, sender) in senders.iter().enumerate() {
            let packet = vec![number as u8; 50 + number];
            if let Err(error) = sender.send_packet(receiver.advertise_address(), packet.into()).await {
                panic!("sender {number}: {error}");
            }
        }
    };
    let receive = async {
        while heard.contains(&false) {
            let Packet { from, data } = fixture.received(receiver.recv_packet().await);
            let number = data.first().copied().map_or(usize::MAX, usize::from);
            let Some(sender) = senders.get(number) else { panic!("a packet that nobody sent") };
            assert_eq!(&from, sender.advertise_address(), "the sender of packet {number}");
            assert_eq!(data, vec![number as u8; 50 + number]);
            heard[number] = true;
        }
    };
    fixture.repeating("a packet of each sender arrives", send, receive).await;
}

/// W-55: who takes no packets holds a bounded number of them, and gets the newest when he takes them again.
///
/// A transport keeps less than 18,000 packets of 1,400 bytes.
pub(crate) async fn packets_that_nobody_takes_are_bounded<F: Fixture>(fixture: &F) {
    const FLOOD: usize = 24_000;
    const BOUND: usize = 18_000;
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let packet = bytes::Bytes::from(pattern(5, 1_400));
    for _ in 0..FLOOD {
        let send = a.send_packet(b.advertise_address(), packet.clone());
        match fixture.briefly(PAUSE * 20, send).await {
            // It makes the sender wait: bounded by that.
            None => break,
            Some(Err(error)) if error.is_closed() => panic!("a flood ends the sender: {error}"),
            Some(_) => {}
        }
    }
    let mut held = 0;
    fixture.deliver_past(&a, &b, "after the flood", |_| held += 1).await;
    assert!(held < BOUND, "{held} of {FLOOD} packets were kept, and nobody had asked for them");
}

/// Packets to an address that nobody has do not keep others from arriving, nor do the answers that they provoke.
pub(crate) async fn vanished_receiver_disturbs_nobody<F: Fixture>(fixture: &F) {
    let (a, b, gone) = (fixture.fresh().await, fixture.fresh().await, fixture.fresh().await);
    fixture.deliver(&a, &gone, "are you there?").await;
    let address: AddressIn<F> = gone.advertise_address().clone();
    fixture.within("a shutdown", gone.shutdown()).await;
    for _ in 0..20 {
        let send = a.send_packet(&address, "and now?".into());
        if let Some(Err(error)) = fixture.briefly(PAUSE * 2, send).await {
            assert!(error.is_remote() && !error.is_closed(), "a peer that is gone: {error}");
        }
    }
    fixture.works(&a, &b).await;
}

/// Who comes back at the same address is reached again: the loss of whatever connected the two is repaired by the next packets.
pub(crate) async fn packets_reach_a_peer_that_came_back<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.deliver(&a, &b, "before").await;
    fixture.deliver(&b, &a, "before, too").await;
    let address = b.advertise_address().clone();
    fixture.within("a shutdown", b.shutdown()).await;
    drop(b);
    let b = fixture.again(&address).await;
    fixture.deliver(&a, &b, "after").await;
    fixture.deliver(&b, &a, "after, too").await;
}

/// The same for a peer that ended without a word.
pub(crate) async fn packets_reach_a_peer_that_was_dropped_and_came_back<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.deliver(&a, &b, "before").await;
    let address = b.advertise_address().clone();
    drop(b);
    let b = fixture.again_soon(&address).await;
    fixture.deliver(&a, &b, "after").await;
    fixture.deliver(&b, &a, "after, too").await;
}
