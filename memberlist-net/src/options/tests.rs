use super::NetOptions;
use crate::{BindAddress, NetError};
use std::net::SocketAddr;
use std::time::Duration;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn defaults_are_valid() {
    NetOptions::new().validate().unwrap();
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let none: [BindAddress; 0] = [];
    assert!(matches!(NetOptions::new().with_binds(none).validate(), Err(NetError::NoBindAddress)));
    let different = NetOptions::new().with_binds([at("127.0.0.1:1"), at("[::1]:2")]);
    assert!(matches!(different.validate(), Err(NetError::DifferentPorts { .. })));
    for unspecified in ["0.0.0.0:7946", "[::]:7946", "[::ffff:0.0.0.0]:7946"] {
        let advertised = NetOptions::new().with_advertise(at(unspecified));
        assert!(matches!(advertised.validate(), Err(NetError::UnspecifiedAdvertise(_))), "{unspecified}");
    }
    for (options, expected) in [
        (NetOptions::new().with_max_packet(511), "max_packet"),
        (NetOptions::new().with_max_packet(65_508), "max_packet"),
        (NetOptions::new().with_max_pending(0), "max_pending"),
        (NetOptions::new().with_max_packet_connections(0), "max_packet_connections"),
        (NetOptions::new().with_max_per_ip(0), "max_per_ip"),
        (NetOptions::new().with_max_peers(0), "max_peers"),
        (NetOptions::new().with_peer_queue(0), "peer_queue"),
        (NetOptions::new().with_backlog(0), "backlog"),
        (NetOptions::new().with_inbound_timeout(Duration::ZERO), "inbound_timeout"),
        (NetOptions::new().with_peer_timeout(Duration::ZERO), "peer_timeout"),
        (NetOptions::new().with_peer_idle(Duration::ZERO), "peer_idle"),
    ] {
        match options.validate() {
            Err(NetError::InvalidOption { name, .. }) => assert_eq!(name, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn options_come_from_files_with_readable_durations() {
    let text =
        r#"{"bind":["10.0.0.1","[::1]:7946"],"allowed":["10.0.0.0/8"],"peer_idle":"2m","streams_only":true}"#;
    let options: NetOptions = serde_json::from_str(text).unwrap();
    assert_eq!(options.bind, [BindAddress::from(at("10.0.0.1:7946")), BindAddress::from(at("[::1]:7946"))]);
    assert_eq!(options.peer_idle, Duration::from_secs(120));
    assert!(options.streams_only && options.allowed.is_some());
    assert_eq!(
        serde_json::from_str::<NetOptions>(&serde_json::to_string(&options).unwrap()).unwrap(),
        options
    );
    assert!(serde_json::from_str::<NetOptions>(r#"{"bind":["localhost"]}"#).is_err());
    assert!(serde_json::from_str::<NetOptions>(r#"{"binds":[]}"#).is_err());
}
