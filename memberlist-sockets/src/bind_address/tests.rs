use super::BindAddress;

/// Q5: brackets are accepted, and nothing that cannot be parsed becomes a wildcard.
#[test]
fn texts_are_parsed_strictly() {
    for (text, expected) in [
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.0.0.1", "127.0.0.1:7946"),
        (" 0.0.0.0 ", "0.0.0.0:7946"),
        ("[::1]:80", "[::1]:80"),
        ("[::1]", "[::1]:7946"),
        ("::1", "[::1]:7946"),
        ("::", "[::]:7946"),
        ("[::ffff:10.0.0.1]:1", "10.0.0.1:1"),
    ] {
        assert_eq!(text.parse::<BindAddress>().unwrap().to_string(), expected, "{text}");
    }
    for text in
        ["", "localhost", "localhost:80", "10.0.0", "10.0.0.1:65536", "[::1", "::1]", "10.0.0.1:", ":80"]
    {
        let error = text.parse::<BindAddress>().unwrap_err();
        assert_eq!(error.text(), text);
        assert!(error.to_string().contains("write an IP address"), "{error}");
    }
}
