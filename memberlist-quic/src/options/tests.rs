use super::*;

fn refused(options: QuicOptions) -> String {
    options.validate().unwrap_err().to_string()
}

#[test]
fn defaults_are_valid() {
    QuicOptions::new().validate().unwrap();
    assert_eq!(QuicOptions::default(), QuicOptions::new());
    assert!(!QuicOptions::new().zero_rtt);
}

#[test]
fn each_option_outside_its_range_is_named() {
    let new = QuicOptions::new;
    for (options, name) in [
        (new().with_max_packet(511), "max_packet"),
        (new().with_max_packet(MAX_PACKET + 1), "max_packet"),
        (new().with_max_handshakes(0), "max_handshakes"),
        (new().with_max_inbound(0), "max_inbound"),
        (new().with_max_per_ip(0), "max_per_ip"),
        (new().with_max_outbound(0), "max_outbound"),
        (new().with_max_streams(0), "max_streams"),
        (new().with_max_packet_streams(0), "max_packet_streams"),
        (new().with_max_pending(0), "max_pending"),
        (new().with_peer_queue(0), "peer_queue"),
        (new().with_window(16 * 1024 - 1), "window"),
        (new().with_window((1 << 30) + 1), "window"),
        (new().with_handshake_timeout(Duration::ZERO), "handshake_timeout"),
        (new().with_packet_timeout(Duration::ZERO), "packet_timeout"),
        (new().with_idle_timeout(Duration::ZERO), "idle_timeout"),
        (new().with_idle_timeout(Duration::from_secs(86_401)), "idle_timeout"),
    ] {
        assert!(refused(options).contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn addresses_that_cannot_work_together_are_refused() {
    let none: [BindAddress; 0] = [];
    assert!(matches!(QuicOptions::new().with_binds(none).validate(), Err(QuicError::NoBindAddress)));
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let two = QuicOptions::new().with_binds([at("127.0.0.1:1"), at("[::1]:2")]);
    assert!(matches!(two.validate(), Err(QuicError::DifferentPorts { .. })));
    let unspecified = QuicOptions::new().with_advertise(at("[::]:1"));
    assert!(matches!(unspecified.validate(), Err(QuicError::UnspecifiedAdvertise(_))));
}

#[cfg(feature = "serde")]
#[test]
fn options_are_read_from_files_with_durations_in_words() {
    let text =
        r#"{"bind": ["10.0.0.1:7946"], "idle_timeout": "90s", "allowed": ["10.0.0.0/8"], "max_inbound": 10}"#;
    let read: QuicOptions = serde_json::from_str(text).unwrap();
    let at: SocketAddr = "10.0.0.1:7946".parse().unwrap();
    let expected = QuicOptions::new()
        .with_bind(at)
        .with_idle_timeout(Duration::from_secs(90))
        .with_allowed(CidrPolicy::parse(["10.0.0.0/8"]).unwrap())
        .with_max_inbound(10);
    assert_eq!(read, expected);
    assert_eq!(serde_json::from_str::<QuicOptions>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    assert!(serde_json::from_str::<QuicOptions>(r#"{"max_outbuond": 1}"#).is_err());
}
