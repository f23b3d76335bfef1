use crate::{Net, address, at, bind, loopback};
use memberlist_net::{NetError, NetOptions};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::net::{TcpListener, UdpSocket};

async fn failure(options: NetOptions) -> NetError {
    Net::bind(SocketAddrResolver::default(), options).await.expect_err("must not bind")
}

/// W-55: the real bound address is known after the start.
#[tokio::test]
async fn free_port_is_the_same_for_all_sockets() {
    let net = bind(NetOptions::new().with_binds([at("127.0.0.1:0"), at("127.0.0.2:0"), at("[::1]:0")])).await;
    let port = address(&net).port();
    assert_ne!(port, 0);
    assert_eq!(address(&net).ip(), at("127.0.0.1:0").ip());
    assert_eq!(net.local_addresses().len(), 3);
    for local in net.local_addresses() {
        assert_eq!(local.port(), port);
        assert!(UdpSocket::bind(local).is_err(), "UDP {local} is taken");
        assert!(TcpListener::bind(local).is_err(), "TCP {local} is taken");
    }
}

/// Both wildcards fit beside each other, because IPv6 sockets carry IPv6 only.
#[tokio::test]
async fn both_wildcards_bind_on_one_port() {
    let options =
        NetOptions::new().with_binds([at("0.0.0.0:0"), at("[::]:0")]).with_advertise(at("127.0.0.1:0"));
    let net = bind(options).await;
    assert_eq!(net.local_addresses().len(), 2);
    assert_eq!(address(&net), at(&format!("127.0.0.1:{}", net.local_addresses()[0].port())));
}

/// 5.2; complaint 14
#[tokio::test]
async fn wildcard_never_advertises_an_unspecified_address() {
    for wildcard in ["0.0.0.0:0", "[::]:0"] {
        match Net::bind(SocketAddrResolver::default(), NetOptions::new().with_bind(at(wildcard))).await {
            Ok(net) => {
                assert!(!address(&net).ip().is_unspecified() && !address(&net).ip().is_loopback());
                assert_ne!(address(&net).port(), 0);
            }
            // A machine without a network.
            Err(error) => assert!(matches!(error, NetError::NoAdvertiseAddress { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn taken_port_is_an_error_that_names_protocol_and_address() {
    let tcp = TcpListener::bind("127.78.0.1:0").unwrap();
    let taken = tcp.local_addr().unwrap();
    let error = failure(NetOptions::new().with_bind(taken)).await;
    assert!(
        matches!(&error, NetError::Bind { protocol: "TCP", address, .. } if *address == taken),
        "{error}"
    );

    let udp = UdpSocket::bind("127.78.0.2:0").unwrap();
    let taken = udp.local_addr().unwrap();
    let error = failure(NetOptions::new().with_bind(taken)).await;
    assert!(
        matches!(&error, NetError::Bind { protocol: "UDP", address, .. } if *address == taken),
        "{error}"
    );
    // What was open already has been closed again.
    drop(udp);
    let net = bind(NetOptions::new().with_bind(taken)).await;
    assert_eq!(address(&net), taken);
}

#[tokio::test]
async fn foreign_address_and_bad_options_are_errors() {
    let error = failure(NetOptions::new().with_bind(at("192.0.2.1:0"))).await;
    assert!(matches!(error, NetError::Bind { .. }), "{error}");
    assert!(matches!(failure(loopback().with_peer_queue(0)).await, NetError::InvalidOption { .. }));
    let error = failure(loopback().with_advertise(at("0.0.0.0:7946"))).await;
    assert!(matches!(error, NetError::UnspecifiedAdvertise(_)), "{error}");
}
