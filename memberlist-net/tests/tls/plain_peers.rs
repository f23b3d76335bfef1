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
    peer_without_a_place_is_not_said_to_have_no_tls;
    connection_that_is_cut_within_the_handshake_says_only_that;
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
    assert_eq!(failure, HandshakeFailure::Unanswered);
    assert!(failure.to_string().contains("does not speak TLS"));
    assert_eq!(node.stats().handshakes_failed_out, 0);
}

/// A place that is taken is no matter of TLS, and the refusal can't say so itself.
async fn peer_without_a_place_is_not_said_to_have_no_tls<R: Runtime>() {
    let tls = tls();
    let full = bind::<R>(loopback().with_max_per_ip(1), &tls).await;
    let _taken = crate::connect::<R>(address(&full)).await;
    until::<R>(|| full.stats().pending_connections == 1).await;
    let node = bind::<R>(loopback(), &tls).await;
    let failure = refusal(&node, address(&full)).await;
    assert_eq!(failure, HandshakeFailure::Unanswered);
    assert!(failure.to_string().contains("too many connections"));
    assert_eq!(full.stats().connections_over_limit, 1);
}

/// Who begins to answer does speak TLS.
async fn connection_that_is_cut_within_the_handshake_says_only_that<R: Runtime>() {
    let node = bind::<R>(loopback(), &tls()).await;
    let listener =
        <<R as Runtime>::Net as agnostic::net::Net>::TcpListener::bind(crate::address_here()).await.unwrap();
    let target = listener.local_addr().unwrap();
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        // All of the greeting is read, so that the end is an end and no reset.
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).await.unwrap();
        let mut rest = vec![0; usize::from(u16::from_be_bytes([greeting[3], greeting[4]]))];
        stream.read_exact(&mut rest).await.unwrap();
        stream.write_all(&[0x16, 3, 3]).await.unwrap();
        stream.close().await.unwrap();
        let _ = closed::<R>(&mut stream).await;
    };
    let (failure, ()) = crate::both::<R, _, _>(refusal(&node, target), answer).await;
    assert_eq!(failure, HandshakeFailure::Ended);
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
