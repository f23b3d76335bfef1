use super::*;

#[test]
fn names_are_unique_sorted_and_under_one_prefix() {
    let names: Vec<_> = ALL.iter().map(|metric| metric.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    assert!(ALL.iter().all(|metric| metric.name.starts_with("memberlist.") && !metric.meaning.is_empty()));
}

/// Those that the original has bear its names
#[test]
fn the_originals_names_are_kept() {
    for name in [
        "tcp.accept",
        "tcp.connect",
        "tcp.sent",
        "udp.sent",
        "udp.received",
        "probeNode",
        "gossip",
        "pushPullNode",
        "degraded.probe",
        "degraded.timeout",
        "msg.alive",
        "msg.suspect",
        "msg.dead",
        "node.instances",
        "size.local",
        "size.remote",
        "queue.broadcasts",
        "health.score",
    ] {
        assert!(ALL.iter().any(|metric| metric.name.strip_prefix("memberlist.") == Some(name)), "{name}");
    }
}
