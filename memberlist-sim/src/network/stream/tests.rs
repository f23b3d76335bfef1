use super::*;
use crate::{
    NodeIndex,
    network::{Access, Bandwidth, Latency, Link, Medium, Partition},
};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn flight(bytes: &[u8]) -> Flight<'_> {
    Flight { at: Instant::START, from: NodeIndex(0), to: NodeIndex(1), medium: Medium::Stream, bytes }
}

fn fixed() -> Link {
    Link::new(Latency::Constant(millis(10)))
}

fn carry(network: &mut Network, bytes: usize) -> Carriage {
    network.carry(&flight(&vec![0; bytes]), segments(bytes))
}

#[test]
fn segments_are_of_1400_bytes_and_a_handshake_is_one() {
    let of = |bytes| segments(bytes);
    assert_eq!([of(0), of(1), of(1400), of(1401), of(14_000)], [1, 1, 1, 2, 10]);
}

#[test]
fn body_takes_as_long_as_the_narrowest_bandwidth_needs() {
    let mut network = Network::new(fixed().with_bandwidth(Bandwidth::new(1_440_000)));
    network.set_access(NodeIndex(0), Access { egress: Some(Bandwidth::new(144_000)), ..Access::default() });
    network
        .set_access(NodeIndex(1), Access { ingress: Some(Bandwidth::new(14_400_000)), ..Access::default() });
    // 100 segments of 1,440 bytes with their headers.
    assert_eq!(carry(&mut network, 140_000), Carriage::Arrives(Instant::START + millis(1010)));
    assert_eq!(
        carry(&mut network, 140_000),
        Carriage::Arrives(Instant::START + millis(2010)),
        "the next one waits"
    );
}

#[test]
fn packets_take_turns_with_a_body_and_slow_it_down() {
    let mut network = Network::new(fixed().with_bandwidth(Bandwidth::new(1_440_000)));
    assert_eq!(carry(&mut network, 140_000), Carriage::Arrives(Instant::START + millis(110)));
    let packet = Flight { medium: Medium::Packet, ..flight(&[0; 1412]) };
    assert_eq!(
        network.transit(&packet),
        crate::Fate::Arrives(Instant::START + millis(12)),
        "after one segment"
    );
    assert_eq!(carry(&mut network, 1400), Carriage::Arrives(Instant::START + millis(112)), "after both");
}

#[test]
fn losses_in_the_middle_take_a_round_trip_more_and_those_at_the_end_a_timeout() {
    let mut network = Network::new(fixed().with_loss(0.01));
    let (mut once, mut twice, mut stalled) = (0, 0, 0);
    for _ in 0..10_000 {
        match carry(&mut network, 1400 * 20) {
            Carriage::Arrives(at) if at == Instant::START + millis(10) => once += 1,
            Carriage::Arrives(at) => {
                assert_eq!(at, Instant::START + millis(30));
                twice += 1;
            }
            Carriage::Stalled { segments, round_trip } => {
                assert!((1..=20).contains(&segments) && round_trip == millis(20));
                stalled += 1;
            }
        }
    }
    // No loss: 0.99^20. None of the last 3: 0.99^3; then at most one in a hundred is lost again.
    let near =
        |count: i32, expected: f64| assert!((f64::from(count) / 1e4 - expected).abs() < 0.015, "{count}");
    near(once, 0.8179);
    near(twice, (0.9703 - 0.8179) * 0.99);
    near(stalled, 1.0 - 0.9703 + (0.9703 - 0.8179) * 0.01);
}

#[test]
fn short_body_has_nothing_that_follows_and_waits_for_the_timeout() {
    let mut network = Network::new(fixed().with_loss(1.0));
    assert_eq!(carry(&mut network, 100), Carriage::Stalled { segments: 1, round_trip: millis(20) });
}

#[test]
fn accesses_lose_segments_and_partitions_stop_all_of_them() {
    let mut network = Network::new(fixed());
    network.set_access(NodeIndex(0), Access { loss_out: 0.5, ..Access::default() });
    network.set_access(NodeIndex(1), Access { loss_in: 0.5, ..Access::default() });
    let lost = (0..10_000).filter(|_| matches!(carry(&mut network, 1), Carriage::Stalled { .. })).count();
    assert!((7300..7700).contains(&lost), "{lost}");
    network.partition(Partition::groups("p", vec![vec![NodeIndex(0)]])).unwrap();
    assert_eq!(carry(&mut network, 14_000), Carriage::Stalled { segments: 10, round_trip: millis(20) });
}
