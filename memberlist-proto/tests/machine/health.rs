//! Lifeguard's local health.

use crate::solo::*;
use memberlist_proto::{
    Options,
    types::{Message, Versions},
};

fn options() -> Options {
    let mut options = quiet();
    options.stream_ping = false;
    options
}

/// 9.6 TestMemberList_ProbeNode_Awareness_Degraded; A-02: score 1 doubles the time of a probe.
#[test]
fn degraded_health_stretches_the_probe_and_nacks_keep_it_from_getting_worse() {
    let mut solo = Solo::with_members(options(), [2, 3, 4]);
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    assert_eq!(solo.machine.health_score(), 1);
    let (target, seq) = solo.until_probe();
    let started = solo.now;
    solo.clear();
    solo.advance(ms(999));
    assert!(solo.indirect_pings().is_empty(), "the direct wait is stretched, too");
    solo.advance(ms(1));
    assert_eq!(solo.indirect_pings().len(), 2);
    for helper in [2, 3, 4].into_iter().filter(|id| *id != target) {
        solo.nack(helper, seq);
    }
    while names(&solo.events).is_empty() {
        solo.advance(ms(1));
    }
    assert_eq!(solo.now.since(started), secs(2));
    solo.advance(ms(200));
    assert_eq!(solo.machine.health_score(), 1, "every nack came");
    assert!(solo.machine.stats().probes_degraded >= 1);
}

/// 9.6 TestMemberList_ProbeNode_Awareness_Improved
#[test]
fn answered_probe_improves_health() {
    let mut solo = Solo::with_members(options(), [2]);
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    let (_, seq) = solo.until_probe();
    solo.ack(2, seq);
    assert_eq!(solo.machine.health_score(), 0);
}

/// 9.6 TestMemberList_ProbeNode_Awareness_MissedNack; W-21
#[test]
fn each_missing_nack_costs_a_point() {
    let mut solo = Solo::with_members(options(), [2, 3, 4]);
    let (target, seq) = solo.until_probe();
    solo.advance(ms(600));
    let helper = [2, 3, 4].into_iter().find(|id| *id != target).unwrap();
    solo.nack(helper, seq);
    solo.advance(ms(600));
    assert_eq!(solo.machine.health_score(), 1);
}

/// F-04: one vote a helper.
#[test]
fn second_nack_of_one_helper_does_not_stand_for_another() {
    let mut solo = Solo::with_members(options(), [2, 3, 4]);
    let (target, seq) = solo.until_probe();
    solo.advance(ms(600));
    let helper = [2, 3, 4].into_iter().find(|id| *id != target).unwrap();
    solo.nack(helper, seq);
    solo.nack(helper, seq);
    solo.advance(ms(600));
    assert_eq!(solo.machine.health_score(), 1);
}

/// Q4: a nack that comes a moment after the deadline still counts.
#[test]
fn late_nacks_count_for_a_moment() {
    let mut solo = Solo::with_members(options(), [2, 3]);
    let (target, seq) = solo.until_probe();
    let helper = if target == 2 { 3 } else { 2 };
    solo.advance(ms(500));
    solo.hear(helper, Message::User("we hear".into()));
    solo.advance(ms(550));
    solo.nack(helper, seq);
    solo.advance(ms(100));
    assert_eq!(solo.machine.health_score(), 0);
}

/// 9.6 TestMemberList_ProbeNode_Awareness_OldProtocol
#[test]
fn without_helpers_that_can_nack_a_failed_probe_costs_one_point() {
    let mut solo = Solo::new(options());
    for id in [2, 3, 4] {
        let mut old = alive(id, 1);
        old.versions = Some(Versions { protocol_max: 3, ..Versions::default() });
        solo.hear(id, Message::Alive(old));
    }
    solo.until_probe();
    solo.advance(ms(600));
    assert!(solo.indirect_pings().iter().all(|(_, p)| !p.nack));
    solo.advance(ms(600));
    assert_eq!(solo.machine.health_score(), 1);
}

/// Q4, G-02, P-23. The helper's nack is back before the prober's deadline in all of them.
#[test]
fn nack_of_every_preset_is_back_before_the_probe_is_over() {
    for preset in [Options::local(), Options::lan(), Options::wan()] {
        let (interval, timeout) = (preset.probe_interval, preset.probe_timeout);
        let mut helper = Solo::with_members(preset, [2, 3]);
        helper.clear();
        let request = memberlist_proto::types::IndirectPing {
            seq: memberlist_proto::types::SequenceNumber(7),
            target: node(3),
            nack: true,
            source: Some(node(2)),
        };
        helper.hear(2, Message::IndirectPing(request));
        let asked = helper.now;
        while !helper.messages().any(|(to, m)| to == addr(2) && matches!(m, Message::Nack(n) if n.seq.0 == 7))
        {
            helper.advance(ms(1));
            assert!(helper.now.since(asked) < interval);
        }
        assert!(timeout + helper.now.since(asked) < interval, "{:?}", helper.now.since(asked));
    }
}
