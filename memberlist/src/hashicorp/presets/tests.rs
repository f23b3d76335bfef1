use super::*;
use std::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn presets_have_the_defaults_of_the_go_library() {
    for (options, durations, counts) in [
        (local(), [1_000, 200, 100, 15_000, 15_000, 1_000], [1, 3, 2, 3]),
        (lan(), [1_000, 500, 200, 30_000, 30_000, 10_000], [3, 4, 4, 3]),
        (wan(), [5_000, 3_000, 500, 60_000, 60_000, 30_000], [3, 6, 4, 4]),
    ] {
        options.validate().unwrap();
        let (limits, it) = (options.stream_limits, options.protocol);
        let actual = [
            it.probe_interval,
            it.probe_timeout,
            it.gossip_interval,
            it.gossip_to_the_dead,
            it.push_pull_interval,
            it.stream_timeout,
        ];
        assert_eq!(actual, durations.map(ms));
        let actual =
            [it.indirect_checks, it.suspicion_mult as usize, it.retransmit_mult as usize, it.gossip_nodes];
        assert_eq!(actual, counts);
        assert_eq!((it.awareness_max, it.suspicion_max_timeout_mult, it.stream_ping), (8, 6, true));
        assert_eq!((it.packet_size, it.max_meta_size), (1_400, 512));
        assert_eq!((limits.max_user, limits.max_frame, limits.max_states), (20 << 20, 40 << 20, 1 << 20));
    }
}
