use super::CidrPolicy;

fn allows(policy: &CidrPolicy, ip: &str) -> bool {
    policy.allows(ip.parse().unwrap())
}

/// 9.1 Test_IsValidAddressOverride
#[test]
fn address_is_allowed_exactly_if_a_listed_network_has_it() {
    let v4 = CidrPolicy::parse(["127.0.0.0/8"]).unwrap();
    let v6 = CidrPolicy::parse(["::1/128"]).unwrap();
    let both = CidrPolicy::parse(["127.0.0.0/8", "::1/128"]).unwrap();
    for (policy, ip, expected) in [
        (&v4, "127.0.0.5", true),
        (&v4, "128.0.0.5", false),
        (&v4, "::1", false),
        (&v6, "::1", true),
        (&v6, "::2", false),
        (&v6, "127.0.0.1", false),
        (&both, "127.0.0.5", true),
        (&both, "::1", true),
        (&both, "10.0.0.1", false),
    ] {
        assert_eq!(allows(policy, ip), expected, "{policy:?} {ip}");
    }
}

/// Q18: an empty list refuses everything instead of allowing it.
#[test]
fn empty_policy_denies_all() {
    let none = CidrPolicy::default();
    assert!(!allows(&none, "127.0.0.1"));
    assert!(!allows(&none, "::1"));
}

/// Q1
#[test]
fn mapped_address_matches_its_ipv4_network() {
    let policy = CidrPolicy::parse(["10.0.0.0/8"]).unwrap();
    assert!(allows(&policy, "::ffff:10.1.2.3"));
}

/// Q1: such a network would otherwise hold no address at all.
#[test]
fn network_of_mapped_addresses_is_the_ipv4_network() {
    let policy = CidrPolicy::parse(["::ffff:10.0.0.0/104", "::ffff:192.0.2.1"]).unwrap();
    for (ip, expected) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        ("::1", false),
    ] {
        assert_eq!(allows(&policy, ip), expected, "{ip}");
    }
    // All of IPv6 is not all of IPv4.
    assert!(!allows(&CidrPolicy::parse(["::/0"]).unwrap(), "10.1.2.3"));
}

#[test]
fn blanks_are_trimmed_and_every_bad_text_is_named() {
    assert_eq!(CidrPolicy::parse([" 10.0.0.0/8 ", "192.0.2.1"]).unwrap().networks().len(), 2);
    let error = CidrPolicy::parse(["10.0.0.0/8", "10.0.0.0/33", "home"]).unwrap_err();
    assert_eq!(error.texts(), ["10.0.0.0/33", "home"]);
    assert!(error.to_string().contains("10.0.0.0/33, home"), "{error}");
}
