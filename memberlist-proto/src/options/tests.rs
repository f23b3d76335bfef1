use super::*;
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

/// What the Go library, foca and swift-swim call an option, in the order of the fields.
const NAMES: [(&str, &str, &str, &str); 31] = [
    ("probe_interval", "ProbeInterval", "probe_period", "protocolPeriod"),
    ("probe_timeout", "ProbeTimeout", "probe_rtt", "pingTimeout"),
    ("indirect_checks", "IndirectChecks", "num_indirect_probes", "indirectProbeCount"),
    ("stream_ping", "DisableTcpPings", "", ""),
    ("awareness_max", "AwarenessMaxMultiplier", "", ""),
    ("suspicion_mult", "SuspicionMult", "suspect_to_down_after", "suspicionMultiplier"),
    ("suspicion_max_timeout_mult", "SuspicionMaxTimeoutMult", "", ""),
    ("buddy", "", "", ""),
    ("stall_rules", "", "", ""),
    ("retransmit_mult", "RetransmitMult", "max_transmissions", "baseDisseminationLimit"),
    ("gossip_interval", "GossipInterval", "periodic_gossip", ""),
    ("gossip_nodes", "GossipNodes", "periodic_gossip", ""),
    (
        "gossip_to_the_dead",
        "GossipToTheDeadTime",
        "remove_down_after, notify_down_members",
        "deadMemberRetention",
    ),
    ("push_pull_interval", "PushPullInterval", "periodic_announce", ""),
    ("stream_timeout", "TCPTimeout", "", ""),
    ("packet_size", "UDPBufferSize", "max_packet_size", "maxPayloadSize (there a count)"),
    ("max_meta_size", "(fixed: 512)", "", ""),
    ("address_change", "DeadNodeReclaimTime", "", ""),
    ("healing", "", "periodic_announce_to_down_members", ""),
    ("healing_interval", "", "periodic_announce_to_down_members", ""),
    ("healing_interval_max", "", "", ""),
    ("max_lost_peers", "", "", ""),
    ("max_members", "", "", "maxMemberCount"),
    ("max_incarnation_jump", "", "", "maxIncarnationDelta"),
    ("max_peer_bytes", "", "", ""),
    ("max_peer_messages", "", "", ""),
    ("max_relays", "", "", ""),
    ("max_user_broadcasts", "", "", ""),
    ("max_user_broadcast_bytes", "", "", ""),
    ("user_share", "", "", ""),
    ("max_events", "HandoffQueueDepth (the nearest)", "", ""),
];

fn presets() -> [Options; 3] {
    [Options::local(), Options::lan(), Options::wan()]
}

/// F-64, F-65, W-37: the table in the documentation is written by the code.
#[test]
fn the_table_in_the_documentation_is_true() {
    let mut table =
        String::from("| option | `local` | `lan` | `wan` | memberlist (Go) | foca | swift-swim |\n");
    table += "|---|---|---|---|---|---|---|\n";
    let [local, lan, wan] = presets().map(|options| options.values());
    for (n, (name, go, foca, swift)) in NAMES.into_iter().enumerate() {
        assert_eq!(lan[n].0, name);
        let (local, lan, wan) = (&local[n].1, &lan[n].1, &wan[n].1);
        table += &format!("| `{name}` | {local} | {lan} | {wan} | {go} | {foca} | {swift} |\n");
    }
    assert_eq!(lan.len(), NAMES.len());
    let written = include_str!("table.md");
    assert!(written.starts_with(&table), "options/table.md shall begin with:\n{table}");
    // What has no field of its own stands below the table, with the reason.
    for name in [
        "Name",
        "Label",
        "SkipInboundLabelCheck",
        "Transport",
        "BindAddr",
        "BindPort",
        "AdvertiseAddr",
        "AdvertisePort",
        "ProtocolVersion",
        "DisableTcpPingsForNode",
        "GossipVerifyIncoming",
        "GossipVerifyOutgoing",
        "EnableCompression",
        "SecretKey",
        "Keyring",
        "Delegate",
        "Events",
        "Conflict",
        "Merge",
        "Ping",
        "Alive",
        "DelegateProtocolVersion",
        "DNSConfigPath",
        "LogOutput",
        "Logger",
        "RequireNodeNames",
        "CIDRsAllowed",
        "MetricLabels",
        "QueueCheckInterval",
        "MsgpackUseNewTimeFormat",
        "probeSelectionStrategy",
        "authenticator",
    ] {
        assert!(written[table.len()..].contains(&format!("`{name}`")), "{name} is not explained");
    }
}

/// F-65: so are the defaults in the documentation of each field.
#[test]
fn the_documented_defaults_are_true() {
    let source = include_str!("../options.rs");
    let (mut docs, mut seen) = (String::new(), vec![]);
    let [local, lan, wan] = presets().map(|options| options.values());
    for line in source.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            docs += doc;
        } else if let Some(field) =
            line.strip_prefix("pub ").and_then(|l| l.split_once(':')).map(|(name, _)| name)
        {
            let n = lan.iter().position(|(name, _)| *name == field).unwrap();
            let default = format!("Default: local {}, lan {}, wan {}.", local[n].1, lan[n].1, wan[n].1);
            assert!(docs.contains(&default), "{field}: the documentation shall say \"{default}\"");
            assert!(docs.contains("Cost: ") && docs.contains("Source: "), "{field}");
            seen.push(field);
        }
        if !line.starts_with("///") && !line.starts_with("#[") {
            docs.clear();
        }
    }
    assert_eq!(seen.len(), NAMES.len());
}

/// 2.1: the presets of the original, knob by knob.
#[test]
fn the_presets_have_the_values_of_the_original() {
    let s = Duration::from_secs;
    let ms = Duration::from_millis;
    for (options, stream, checks, retransmit, suspicion, push_pull, probe, timeout, gossip, nodes, dead) in [
        (Options::lan(), s(10), 3, 4, 4, s(30), s(1), ms(500), ms(200), 3, s(30)),
        (Options::wan(), s(30), 3, 4, 6, s(60), s(5), s(3), ms(500), 4, s(60)),
        (Options::local(), s(1), 1, 2, 3, s(15), s(1), ms(200), ms(100), 3, s(15)),
    ] {
        assert_eq!(
            (
                options.stream_timeout,
                options.indirect_checks,
                options.retransmit_mult,
                options.suspicion_mult
            ),
            (stream, checks, retransmit, suspicion)
        );
        assert_eq!(
            (options.push_pull_interval, options.probe_interval, options.probe_timeout),
            (push_pull, probe, timeout)
        );
        assert_eq!(
            (options.gossip_interval, options.gossip_nodes, options.gossip_to_the_dead),
            (gossip, nodes, dead)
        );
        assert_eq!((options.suspicion_max_timeout_mult, options.awareness_max), (6, 8));
        assert_eq!((options.packet_size, options.max_meta_size, options.stream_ping), (1_400, 512, true));
        assert_eq!(options.validate(), Ok(()));
    }
    assert_eq!(Options::default(), Options::lan());
}

/// F-67, and the table of 2.2: each value and pair that can't be is refused by the name of its field.
#[test]
fn inconsistent_values_are_refused_by_name() {
    let zero = Duration::ZERO;
    let micro = Duration::from_micros(999);
    let lan = Options::lan;
    for (field, options) in [
        ("probe_timeout", lan().with_probe_timeout(Duration::from_secs(1))),
        ("probe_timeout", lan().with_probe_interval(Duration::from_millis(500))),
        ("probe_timeout", lan().with_probe_timeout(zero)),
        ("probe_timeout", lan().with_probe_timeout(micro)),
        ("probe_interval", lan().with_probe_interval(micro)),
        ("gossip_interval", lan().with_gossip_interval(micro)),
        ("push_pull_interval", lan().with_push_pull_interval(micro)),
        ("push_pull_interval", lan().with_push_pull_interval(Duration::from_millis(199))),
        ("stream_timeout", lan().with_stream_timeout(zero)),
        ("healing_interval", lan().with_healing_interval(zero)),
        ("healing_interval_max", lan().with_healing_interval(Duration::from_secs(61))),
        ("awareness_max", lan().with_awareness_max(0)),
        ("suspicion_mult", lan().with_suspicion_mult(0)),
        ("suspicion_max_timeout_mult", lan().with_suspicion_max_timeout_mult(0)),
        ("retransmit_mult", lan().with_retransmit_mult(0)),
        ("max_incarnation_jump", lan().with_max_incarnation_jump(0)),
        ("packet_size", lan().with_packet_size(0)),
        ("packet_size", lan().with_packet_size(767)),
        ("packet_size", lan().with_packet_size(65_508)),
        ("packet_size", lan().with_max_meta_size(1_145)),
        ("packet_size", lan().with_max_meta_size(usize::MAX)),
        ("max_members", lan().with_max_members(1)),
        ("max_peer_bytes", lan().with_max_peer_bytes(1_399)),
        ("max_user_broadcasts", lan().with_max_user_broadcasts(0)),
        ("max_user_broadcast_bytes", lan().with_max_user_broadcast_bytes(0)),
        ("user_share", lan().with_user_share(0)),
        ("user_share", lan().with_user_share(91)),
        ("max_events", lan().with_max_events(0)),
    ] {
        let error = options.validate().unwrap_err();
        assert_eq!(error.field, field);
        // It says what would be right, and names the other field of a pair.
        assert!(error.problem.contains("use ") || error.problem.contains("set "), "{error}");
        assert!(error.to_string().starts_with(&format!("option `{field}`: ")), "{error}");
    }
}

#[test]
fn what_can_be_switched_off_and_the_limits_themselves_are_accepted() {
    let zero = Duration::ZERO;
    let lan = Options::lan;
    for options in [
        lan().with_probe_interval(zero),
        lan().with_gossip_interval(zero),
        lan().with_gossip_nodes(0),
        lan().with_push_pull_interval(zero),
        lan().with_indirect_checks(0),
        lan().with_gossip_to_the_dead(zero),
        lan().with_healing(false).with_healing_interval(zero).with_healing_interval_max(zero),
        lan().with_max_lost_peers(0),
        lan().with_max_peer_bytes(0),
        lan().with_max_peer_messages(0),
        lan().with_max_relays(0),
        lan().with_max_user_broadcasts(0).with_max_user_broadcast_bytes(0),
        lan().with_packet_size(768),
        lan().with_packet_size(65_507),
        lan().with_max_meta_size(1_144),
        lan().with_max_peer_bytes(1_400),
        lan().with_max_members(2),
        lan().with_user_share(1),
        lan().with_user_share(90),
        lan().with_awareness_max(1),
        lan().with_suspicion_mult(1).with_suspicion_max_timeout_mult(1).with_retransmit_mult(1),
        lan().with_suspicion_mult(u32::MAX).with_retransmit_mult(u32::MAX).with_awareness_max(u32::MAX),
        lan().with_probe_interval(Duration::MAX).with_push_pull_interval(Duration::MAX),
    ] {
        assert_eq!(options.validate(), Ok(()), "{options:?}");
    }
}

/// The type-erased view that the other tests rest on sees every change.
#[test]
fn each_setter_changes_its_field_only() {
    let lan = Options::lan;
    let second = Duration::from_millis(1_001);
    for (field, options) in [
        ("probe_interval", lan().with_probe_interval(second)),
        ("probe_timeout", lan().with_probe_timeout(second)),
        ("indirect_checks", lan().with_indirect_checks(1)),
        ("stream_ping", lan().with_stream_ping(false)),
        ("awareness_max", lan().with_awareness_max(1)),
        ("suspicion_mult", lan().with_suspicion_mult(1)),
        ("suspicion_max_timeout_mult", lan().with_suspicion_max_timeout_mult(1)),
        ("buddy", lan().with_buddy(false)),
        ("stall_rules", lan().with_stall_rules(false)),
        ("retransmit_mult", lan().with_retransmit_mult(1)),
        ("gossip_interval", lan().with_gossip_interval(second)),
        ("gossip_nodes", lan().with_gossip_nodes(1)),
        ("gossip_to_the_dead", lan().with_gossip_to_the_dead(second)),
        ("push_pull_interval", lan().with_push_pull_interval(second)),
        ("stream_timeout", lan().with_stream_timeout(second)),
        ("packet_size", lan().with_packet_size(1)),
        ("max_meta_size", lan().with_max_meta_size(1)),
        ("address_change", lan().with_address_change(AddressChange::AfterDeath(second))),
        ("healing", lan().with_healing(false)),
        ("healing_interval", lan().with_healing_interval(second)),
        ("healing_interval_max", lan().with_healing_interval_max(second)),
        ("max_lost_peers", lan().with_max_lost_peers(1)),
        ("max_members", lan().with_max_members(1)),
        ("max_incarnation_jump", lan().with_max_incarnation_jump(1)),
        ("max_peer_bytes", lan().with_max_peer_bytes(1)),
        ("max_peer_messages", lan().with_max_peer_messages(1)),
        ("max_relays", lan().with_max_relays(1)),
        ("max_user_broadcasts", lan().with_max_user_broadcasts(1)),
        ("max_user_broadcast_bytes", lan().with_max_user_broadcast_bytes(1)),
        ("user_share", lan().with_user_share(1)),
        ("max_events", lan().with_max_events(1)),
    ] {
        let (before, after) = (lan().values(), options.values());
        let changed: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b != a).map(|(b, _)| b.0).collect();
        assert_eq!(changed, [field]);
    }
}

#[cfg(feature = "serde")]
mod serde;
