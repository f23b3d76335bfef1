use super::SeedAddress;
use nodecraft::HostAddr;
use std::net::SocketAddr;

#[test]
fn whatever_it_is_made_from_it_names_the_same_host() {
    let v4: SocketAddr = "10.0.0.1:7946".parse().unwrap();
    let v6: SocketAddr = "[::1]:80".parse().unwrap();
    for (seed, expected) in [
        (SeedAddress::from("10.0.0.1:7946"), HostAddr::from(v4)),
        (SeedAddress::from(" 10.0.0.1:7946\n".to_owned()), HostAddr::from(v4)),
        (SeedAddress::from(v4), HostAddr::from(v4)),
        (SeedAddress::from(HostAddr::from(v4)), HostAddr::from(v4)),
        (SeedAddress::from(&v6), HostAddr::from(v6)),
        (SeedAddress::from(HostAddr::from(v6)), HostAddr::from(v6)),
        (SeedAddress::from(v6.ip()), HostAddr::from(v6.ip())),
        (SeedAddress::from(HostAddr::from(v6.ip())), HostAddr::from(v6.ip())),
        (
            SeedAddress::from(HostAddr::try_from("db.example:80").unwrap()),
            HostAddr::try_from("db.example:80").unwrap(),
        ),
    ] {
        assert_eq!(seed.host().unwrap().address, expected, "{seed}");
    }
}

#[test]
fn bad_text_is_kept_until_it_is_asked_for() {
    let seed = SeedAddress::from("db.example:http");
    assert_eq!(seed.to_string(), "db.example:http");
    assert_eq!(seed.host().unwrap_err().text(), "db.example:http");
    assert!("db.example:http".parse::<SeedAddress>().is_err());
    assert!("db.example:80".parse::<SeedAddress>().is_ok());
}
