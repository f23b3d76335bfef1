use crate::{Plain, Raw, address, bind, closed, loopback, refusal, tls, until, within};
use agnostic::Runtime;
use agnostic::net::TcpListener;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::Transport;
use memberlist_tls::HandshakeFailure;
use nodecraft::resolver::socket_addr::SocketAddrResolver;

on_every_runtime! {
    plain_node_gets_nothing_from_a_tls_node;
    tls_node_says_that_a_plain_node_has_no_tls;
    server_that_answers_in_clear_text_does_not_speak_tls;
}

async fn plain_node_gets_nothing_from_a_tls_node<R: Runtime>() {
    let guarded = bind::<R>(loopback(), &tls()).await;
    let plain = Plain::<R>::bind(SocketAddrResolver::default(), loopback()).await.unwrap();
    let mut stream: Raw<R> = within::<R, _>(plain.open_stream(&address(&guarded))).await.unwrap();
    stream.write_all(b"a question in clear text").await.unwrap();
    // An alert of TLS, and the end.
    let said = closed::<R>(&mut stream).await;
    assert!(said.first().is_none_or(|first| *first == 0x15), "{said:?}");
    until::<R>(|| guarded.stats().handshakes_failed_in == 1).await;

    // Packets over TCP in clear text neither.
    let tcp =
        Plain::<R>::bind(SocketAddrResolver::default(), loopback().with_streams_only(true)).await.unwrap();
    tcp.send_packet(&address(&guarded), "a packet in clear text".into()).await.unwrap();
    until::<R>(|| guarded.stats().handshakes_failed_in == 2).await;
    let stats = guarded.stats();
    assert_eq!((stats.packets_received, stats.streams_accepted, stats.packet_connections), (0, 0, 0));
}

async fn tls_node_says_that_a_plain_node_has_no_tls<R: Runtime>() {
    let node = bind::<R>(loopback(), &tls()).await;
    let plain = Plain::<R>::bind(SocketAddrResolver::default(), loopback()).await.unwrap();
    let target = address(&plain);
    let take = async {
        // To the plain node it is a stream that begins strangely, which it closes.
        let (_, mut stream) = plain.accept_stream().await.unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(first, [0x16]);
    };
    let (failure, ()) = crate::both::<R, _, _>(refusal(&node, target), take).await;
    assert_eq!(failure, HandshakeFailure::Ended);
    assert!(failure.to_string().contains("may not speak TLS"));
}

async fn server_that_answers_in_clear_text_does_not_speak_tls<R: Runtime>() {
    let node = bind::<R>(loopback(), &tls()).await;
    let listener =
        <<R as Runtime>::Net as agnostic::net::Net>::TcpListener::bind(crate::address_here()).await.unwrap();
    let target = listener.local_addr().unwrap();
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = closed::<R>(&mut stream).await;
    };
    let (failure, ()) = crate::both::<R, _, _>(refusal(&node, target), answer).await;
    assert_eq!(failure, HandshakeFailure::NotTls);
    assert_eq!(node.stats().handshakes_failed_out, 1);
}
