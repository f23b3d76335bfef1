use crate::{Net, address, at, bind, loopback, own_loopback, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Transport, TransportError};
use memberlist_net::{NetError, NetOptions};
use std::sync::Arc;

/// Opens a stream, says something on it, and has it said back.
async fn echo(from: &Net, to: &Net, text: &[u8]) {
    let serve = async {
        let (source, mut stream) = to.accept_stream().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        stream.close().await.unwrap();
        source
    };
    let target = address(to);
    let ask = async {
        let mut stream = from.open_stream(&target).await.unwrap();
        stream.write_all(text).await.unwrap();
        stream.close().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let (source, answer) = within(async { tokio::join!(serve, ask) }).await;
    assert_eq!(answer, text);
    assert!(source.ip().is_loopback());
}

/// W-52: the first byte that was looked at is still there.
#[tokio::test]
async fn streams_carry_all_bytes_both_ways() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    echo(&a, &b, b"x").await;
    echo(&b, &a, &vec![3; 1 << 20]).await;
    assert_eq!((a.stats().streams_opened, a.stats().streams_accepted), (1, 1));
    assert!(a.capabilities().distinct_streams);
}

#[tokio::test]
async fn streams_travel_over_ipv6_and_to_every_bound_address() {
    let both = bind(NetOptions::new().with_binds([at("127.0.0.1:0"), at("[::1]:0")])).await;
    let v6 = bind(NetOptions::new().with_bind(at("[::1]:0"))).await;
    echo(&both, &v6, b"out").await;
    let port = address(&both).port();
    for target in [at(&format!("127.0.0.1:{port}")), at(&format!("[::1]:{port}"))] {
        let mut stream = within(v6.open_stream(&target)).await.unwrap();
        stream.write_all(b"in").await.unwrap();
        let (from, _) = within(both.accept_stream()).await.unwrap();
        assert_eq!(from.is_ipv4(), target.is_ipv4());
    }
}

#[tokio::test]
async fn hundred_streams_at_once_are_all_served() {
    let (a, b) = (Arc::new(bind(loopback()).await), Arc::new(bind(loopback()).await));
    let server = {
        let b = Arc::clone(&b);
        tokio::spawn(async move {
            for _ in 0..100 {
                let (_, mut stream) = b.accept_stream().await.unwrap();
                tokio::spawn(async move {
                    let mut heard = Vec::new();
                    stream.read_to_end(&mut heard).await.unwrap();
                    stream.write_all(&heard).await.unwrap();
                });
            }
        })
    };
    let target = address(&b);
    let clients: Vec<_> = (0..100u32)
        .map(|number| {
            let a = Arc::clone(&a);
            tokio::spawn(async move {
                let mut stream = a.open_stream(&target).await.unwrap();
                stream.write_all(&number.to_be_bytes()).await.unwrap();
                stream.close().await.unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await.unwrap();
                assert_eq!(answer, number.to_be_bytes());
            })
        })
        .collect();
    for client in clients {
        within(client).await.unwrap();
    }
    within(server).await.unwrap();
    assert_eq!(b.stats().streams_accepted, 100);
    assert_eq!(b.stats().pending_connections, 0);
}

/// 9.6 TestMemberlist_FailedRemote
#[tokio::test]
async fn refused_connection_is_the_peers_failure() {
    let (a, b) = (bind(loopback()).await, bind(own_loopback()).await);
    let gone = address(&b);
    b.shutdown().await;
    let error = within(a.open_stream(&gone)).await.err().unwrap();
    assert!(matches!(&error, NetError::Io { .. }));
    assert!(error.is_remote() && !error.is_closed());
    assert!(error.to_string().contains(&gone.to_string()), "{error}");
}
