use super::*;

#[test]
fn presets_are_valid_and_embed_those_of_the_protocol() {
    for (ours, protocol) in [
        (Options::lan(), memberlist_proto::Options::lan()),
        (Options::wan(), memberlist_proto::Options::wan()),
        (Options::local(), memberlist_proto::Options::local()),
    ] {
        ours.validate().unwrap();
        assert_eq!(ours.resolve_timeout, protocol.stream_timeout);
        assert_eq!(ours.protocol, protocol);
    }
    assert_eq!(Options::default(), Options::lan());
}

#[test]
fn a_value_out_of_range_is_refused_by_name() {
    let refused = [
        (Options::lan().with_max_inbound_streams(0usize), "max_inbound_streams"),
        (Options::lan().with_max_inbound_bytes((192usize << 20) - 1), "max_inbound_bytes"),
        (
            Options::lan().with_stream_limits(StreamLimits::default().with_max_frame(20 << 20)),
            "stream_limits",
        ),
        (Options::lan().with_transmit_queue(15usize), "transmit_queue"),
        (Options::lan().with_concurrent_sends(7usize), "concurrent_sends"),
        (Options::lan().with_event_queue(0usize), "event_queue"),
        (Options::lan().with_data_queue(0usize), "data_queue"),
        (Options::lan().with_alive_queue(0usize), "alive_queue"),
        (Options::lan().with_send_timeout(Duration::ZERO), "send_timeout"),
        (Options::lan().with_resolve_timeout(Duration::ZERO), "resolve_timeout"),
    ];
    let mut protocol = Options::lan();
    protocol.protocol.probe_timeout = protocol.protocol.probe_interval * 2;
    assert_eq!(protocol.validate().unwrap_err().field, "probe_timeout");
    for (options, field) in refused {
        assert_eq!(options.validate().unwrap_err().field, field);
    }
}

#[cfg(feature = "serde")]
#[test]
fn options_are_read_with_durations_in_words_and_unknown_fields_refused() {
    let read: Options =
        serde_json::from_str(r#"{"send_timeout": "1500ms", "protocol": {"probe_interval": "2s"}}"#).unwrap();
    assert_eq!(read.send_timeout, Duration::from_millis(1500));
    assert_eq!(read.protocol.probe_interval, Duration::from_secs(2));
    assert_eq!(read.data_queue, Options::lan().data_queue);
    let back: Options = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(back, read);
    assert!(serde_json::from_str::<Options>(r#"{"sendtimeout": "1s"}"#).is_err());
}
