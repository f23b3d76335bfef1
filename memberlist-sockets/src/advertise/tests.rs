use super::{AdvertiseError, advertise_address, source_towards};
use std::io;
use std::net::{IpAddr, SocketAddr};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn no_route(_: IpAddr) -> io::Result<IpAddr> {
    Err(io::ErrorKind::NetworkUnreachable.into())
}

/// 9.2 TestAdvertiseAddr, 5.2
#[test]
fn configured_address_is_advertised_in_canonical_form() {
    let bound = [at("127.0.0.1:7946")];
    for (configured, expected) in [
        ("10.0.0.1:1000", "10.0.0.1:1000"),
        ("10.0.0.1:0", "10.0.0.1:7946"),
        ("[::ffff:10.0.0.1]:1000", "10.0.0.1:1000"),
        ("[fd00::1]:1000", "[fd00::1]:1000"),
    ] {
        assert_eq!(advertise_address(Some(at(configured)), &bound, no_route).unwrap(), at(expected));
    }
}

/// 5.2; complaint 14: an unspecified address is never advertised.
#[test]
fn unspecified_address_is_never_advertised() {
    for bound in ["0.0.0.0:7946", "[::]:7946"] {
        assert!(matches!(
            advertise_address(Some(at("0.0.0.0:1")), &[at(bound)], no_route),
            Err(AdvertiseError::UnspecifiedAdvertise(_))
        ));
        let error = advertise_address(None, &[at(bound)], no_route).unwrap_err();
        assert!(matches!(error, AdvertiseError::NoAdvertiseAddress { .. }));
        assert!(error.to_string().contains("set `advertise`"), "{error}");
        // A system that answers with nonsense changes nothing.
        assert!(advertise_address(None, &[at(bound)], |_| Ok("0.0.0.0".parse().unwrap())).is_err());
        assert!(advertise_address(None, &[at(bound)], |_| Ok("127.0.0.1".parse().unwrap())).is_err());
    }
}

/// 5.2
#[test]
fn first_specified_bind_address_is_advertised() {
    assert_eq!(
        advertise_address(None, &[at("127.0.0.1:7946"), at("[::1]:7946")], no_route).unwrap(),
        at("127.0.0.1:7946")
    );
    assert_eq!(
        advertise_address(None, &[at("0.0.0.0:7946"), at("10.0.0.5:7946")], no_route).unwrap(),
        at("10.0.0.5:7946")
    );
}

/// 5.2; complaint 14
#[test]
fn wildcard_advertises_a_private_address_and_else_any() {
    let mixed = |destination: IpAddr| -> io::Result<IpAddr> {
        match destination.to_string().as_str() {
            "192.0.2.1" => Ok("198.51.100.7".parse().unwrap()),
            "10.255.255.254" => Ok("10.9.8.7".parse().unwrap()),
            "2001:db8::1" => Ok("2001:db8:5::7".parse().unwrap()),
            _ => no_route(destination),
        }
    };
    assert_eq!(advertise_address(None, &[at("0.0.0.0:7946")], mixed).unwrap(), at("10.9.8.7:7946"));
    assert_eq!(advertise_address(None, &[at("[::]:7946")], mixed).unwrap(), at("[2001:db8:5::7]:7946"));
    // The second wildcard is asked when the first has nothing.
    let only_v6 =
        |destination: IpAddr| if destination.is_ipv4() { no_route(destination) } else { mixed(destination) };
    assert_eq!(
        advertise_address(None, &[at("0.0.0.0:7946"), at("[::]:7946")], only_v6).unwrap(),
        at("[2001:db8:5::7]:7946")
    );
}

#[test]
fn system_names_the_loopback_as_source_towards_itself() {
    assert_eq!(source_towards("127.0.0.1".parse().unwrap()).unwrap(), "127.0.0.1".parse::<IpAddr>().unwrap());
}
