use super::*;
use proptest::prelude::*;

#[test]
fn durations_are_human_readable() {
    let json = serde_json::to_value(Options::lan()).unwrap();
    for (field, text) in [
        ("probe_interval", "1s"),
        ("probe_timeout", "500ms"),
        ("gossip_interval", "200ms"),
        ("gossip_to_the_dead", "30s"),
        ("push_pull_interval", "30s"),
        ("stream_timeout", "10s"),
        ("healing_interval", "5s"),
        ("healing_interval_max", "1m"),
    ] {
        assert_eq!(json[field], text, "{field}");
    }
    assert_eq!(json["address_change"], "verified");
    assert_eq!(json.as_object().map(|fields| fields.len()), Some(NAMES.len()));
    let read: Options =
        serde_json::from_str(r#"{"probe_interval": "1m 30s 5ms", "address_change": {"after_death": "2h"}}"#)
            .unwrap();
    assert_eq!(
        read,
        Options::lan()
            .with_probe_interval(Duration::from_millis(90_005))
            .with_address_change(AddressChange::AfterDeath(Duration::from_secs(7_200)))
    );
}

#[test]
fn missing_fields_are_those_of_lan_and_unknown_ones_are_refused() {
    assert_eq!(serde_json::from_str::<Options>("{}").unwrap(), Options::lan());
    let error = serde_json::from_str::<Options>(r#"{"probe_intervall": "1s"}"#).unwrap_err().to_string();
    assert!(error.contains("unknown field `probe_intervall`"), "{error}");
    let error = serde_json::from_str::<Options>(r#"{"probe_interval": 1}"#).unwrap_err().to_string();
    assert!(error.contains("duration"), "{error}");
}

fn duration() -> impl Strategy<Value = Duration> {
    (0..u64::from(u32::MAX), 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n))
}

proptest! {
    /// F-68
    #[test]
    fn options_survive_the_round_trip(
        durations in proptest::array::uniform9(duration()),
        numbers in proptest::array::uniform10(any::<u32>()),
        change in 0..3_u8,
        share in any::<u8>(),
        flags in any::<(bool, bool, bool, bool)>(),
    ) {
        let options = Options {
            probe_interval: durations[0],
            probe_timeout: durations[1],
            gossip_interval: durations[2],
            gossip_to_the_dead: durations[3],
            push_pull_interval: durations[4],
            stream_timeout: durations[5],
            healing_interval: durations[6],
            healing_interval_max: durations[7],
            address_change: match change {
                0 => AddressChange::AfterLeave,
                1 => AddressChange::AfterDeath(durations[8]),
                _ => AddressChange::Verified,
            },
            indirect_checks: numbers[0] as usize,
            awareness_max: numbers[1],
            suspicion_mult: numbers[2],
            retransmit_mult: numbers[3],
            gossip_nodes: numbers[4] as usize,
            packet_size: numbers[5] as usize,
            max_members: numbers[6] as usize,
            max_peer_bytes: u64::from(numbers[7]) << 20,
            max_peer_messages: numbers[8],
            max_events: numbers[9] as usize,
            user_share: share,
            healing: flags.0,
            stream_ping: flags.1,
            buddy: flags.2,
            stall_rules: flags.3,
            ..Options::wan()
        };
        let json = serde_json::to_string(&options).unwrap();
        prop_assert_eq!(serde_json::from_str::<Options>(&json).unwrap(), options);
    }
}
