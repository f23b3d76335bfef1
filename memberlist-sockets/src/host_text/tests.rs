use super::NamedHost;

/// 9.3 TestMemberList_ResolveAddr: what can be written.
#[test]
fn hosts_are_read_with_and_without_name_and_port() {
    for (text, name, host, port) in [
        ("127.0.0.1", None, "127.0.0.1", None),
        ("127.0.0.1:80", None, "127.0.0.1", Some(80)),
        ("localhost", None, "localhost", None),
        ("localhost:80", None, "localhost", Some(80)),
        ("db.example", None, "db.example", None),
        ("db.example:7946", None, "db.example", Some(7946)),
        ("::1", None, "::1", None),
        ("2001:db8::1", None, "2001:db8::1", None),
        ("[::1]", None, "::1", None),
        ("[::1]:80", None, "::1", Some(80)),
        ("[::ffff:10.0.0.1]:80", None, "10.0.0.1", Some(80)),
        ("foo.com/127.0.0.1", Some("foo.com"), "127.0.0.1", None),
        ("foo.com/localhost:80", Some("foo.com"), "localhost", Some(80)),
        ("foo.com/[::1]:80", Some("foo.com"), "::1", Some(80)),
        ("foo.com/::1", Some("foo.com"), "::1", None),
        ("127.0.0.1:0", None, "127.0.0.1", Some(0)),
        ("127.0.0.1:65535", None, "127.0.0.1", Some(65535)),
    ] {
        let parsed: NamedHost = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(parsed.name.as_deref(), name, "{text}");
        assert_eq!(parsed.address.port(), port, "{text}");
        let ip = parsed.address.ip().map(ToString::to_string);
        let shown = ip.unwrap_or_else(|| parsed.address.to_string());
        assert!(shown.starts_with(host), "{text}: {shown}");
    }
}

/// 9.3 TestMemberList_ResolveAddr: what is refused, and that the message says which text.
#[test]
fn what_names_no_host_is_refused() {
    for text in [
        "",
        ":80",
        "/127.0.0.1:80",
        "name/",
        "name/:80",
        "localhost:99999",
        "localhost:-1",
        "localhost:+1",
        "localhost:",
        "localhost:http",
        "[::1",
        "[::1]80",
        "[127.0.0.1]:80",
        "[localhost]:80",
        "a b",
    ] {
        let error = text.parse::<NamedHost>().expect_err(text);
        assert_eq!(error.text(), text);
        assert!(error.to_string().contains("[name/]host[:port]"), "{error}");
    }
}

/// Of plain letters, and of others, which become longer when they are looked up: wherever it is that there is no more room.
#[test]
fn name_that_is_too_long_is_refused_in_any_script() {
    for plain in 1..=54 {
        for label in ["a".repeat(plain + 8), format!("{}ü", "a".repeat(plain))] {
            let name = |labels: usize| vec![label.as_str(); labels].join(".");
            assert!(name(3).parse::<NamedHost>().is_ok(), "{label}");
            assert!(name(60).parse::<NamedHost>().is_err(), "{label}");
        }
    }
    assert!("ü".repeat(2_000).parse::<NamedHost>().is_err());
    assert!("%C3%BC".repeat(100).parse::<NamedHost>().is_err());
}
