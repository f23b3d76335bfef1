use crate::{Tls, address, bind, both, echo, loopback, pair, stream, tls, within};
use agnostic::Runtime;
use agnostic::net::{Net, TcpListener, TcpStream};
use futures_util::future::join_all;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::Transport;
use memberlist_net::NetOptions;
use std::io::ErrorKind;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

on_every_runtime! {
    streams_carry_all_bytes_both_ways;
    streams_travel_over_ipv6;
    writer_waits_for_a_slow_reader_and_nothing_is_lost;
    what_was_said_before_closing_arrives_although_nobody_waits_for_an_answer;
    hundred_streams_at_once_are_all_served;
    closed_stream_ends_in_order_and_a_cut_one_in_an_error;
    bytes_changed_on_the_way_are_an_error;
}

async fn streams_carry_all_bytes_both_ways<R: Runtime>() {
    let (a, b) = pair::<R>().await;
    echo(&a, &b, b"x").await;
    echo(&b, &a, &vec![3; 1 << 20]).await;
}

async fn streams_travel_over_ipv6<R: Runtime>() {
    let here = Ipv6Addr::LOCALHOST;
    let authority = memberlist_tls::self_signed::Authority::new().unwrap();
    let tls = authority.identity("node", &[here.into()]).unwrap().tls_options().unwrap();
    let options = || NetOptions::new().with_bind(SocketAddr::from((here, 0)));
    let (a, b) = (bind::<R>(options(), &tls).await, bind::<R>(options(), &tls).await);
    echo(&a, &b, b"six").await;
}

/// Back-pressure: what is not read does not pile up in memory.
async fn writer_waits_for_a_slow_reader_and_nothing_is_lost<R: Runtime>() {
    const PIECE: usize = 64 << 10;
    const PIECES: usize = 512;
    let (a, b) = pair::<R>().await;
    let (mut opened, mut accepted) = stream(&a, &b).await;
    let written = AtomicUsize::new(0);
    let write = async {
        for number in 0..PIECES {
            opened.write_all(&vec![number as u8; PIECE]).await.unwrap();
            written.fetch_add(1, Ordering::SeqCst);
        }
        opened.close().await.unwrap();
    };
    let read = async {
        // Until the writer is stuck: nothing more is written although time passes.
        let mut before = usize::MAX;
        while before != written.load(Ordering::SeqCst) {
            before = written.load(Ordering::SeqCst);
            R::sleep(Duration::from_millis(200)).await;
        }
        assert!(before < PIECES, "32 MiB fit into no buffer of the system");
        let mut piece = vec![0; PIECE];
        for number in 0..PIECES {
            accepted.read_exact(&mut piece).await.unwrap();
            assert!(piece.iter().all(|byte| *byte == number as u8));
        }
        assert_eq!(accepted.read(&mut piece).await.unwrap(), 0);
    };
    both::<R, _, _>(write, read).await;
}

async fn hundred_streams_at_once_are_all_served<R: Runtime>() {
    let (a, b) = pair::<R>().await;
    let target = address(&b);
    let answer = |mut stream: crate::Stream<R>| async move {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        stream.close().await.unwrap();
    };
    let serve = async {
        let mut served = Vec::new();
        for _ in 0..100 {
            served.push(answer(b.accept_stream().await.unwrap().1));
        }
        join_all(served).await;
    };
    let ask = |number: u32| {
        let a = &a;
        async move {
            let mut stream = a.open_stream(&target).await.unwrap();
            stream.write_all(&number.to_be_bytes()).await.unwrap();
            stream.close().await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer, number.to_be_bytes());
        }
    };
    both::<R, _, _>(serve, join_all((0..100).map(ask))).await;
    assert_eq!((b.stats().streams_accepted, b.stats().pending_connections), (100, 0));
}

/// Tickets of sessions, which nobody reads then, would reset the connection.
async fn what_was_said_before_closing_arrives_although_nobody_waits_for_an_answer<R: Runtime>() {
    let (a, b) = pair::<R>().await;
    let target = address(&b);
    for size in [1, 1000, 1 << 20] {
        let say = async {
            let mut stream = a.open_stream(&target).await.unwrap();
            stream.write_all(&vec![9; size]).await.unwrap();
            stream.close().await.unwrap();
        };
        let hear = async {
            let (_, mut stream) = b.accept_stream().await.unwrap();
            // The other has gone by now if it could.
            R::sleep(Duration::from_millis(100)).await;
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.unwrap();
            heard.len()
        };
        let ((), heard) = both::<R, _, _>(say, hear).await;
        assert_eq!(heard, size);
    }
}

/// A cut must never pass for the end of what was to be said.
async fn closed_stream_ends_in_order_and_a_cut_one_in_an_error<R: Runtime>() {
    let (a, b) = pair::<R>().await;
    let mut heard = Vec::new();
    let (mut opened, mut accepted) = stream(&a, &b).await;
    opened.write_all(b"all of it").await.unwrap();
    opened.close().await.unwrap();
    within::<R, _>(accepted.read_to_end(&mut heard)).await.unwrap();
    assert_eq!(heard, b"all of it");

    for cut_by_opener in [true, false] {
        let (opened, accepted) = stream(&a, &b).await;
        let (mut cut, mut other) = if cut_by_opener { (opened, accepted) } else { (accepted, opened) };
        cut.write_all(b"half of").await.unwrap();
        cut.flush().await.unwrap();
        drop(cut);
        let error = within::<R, _>(other.read_to_end(&mut Vec::new())).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{error}");
    }
}

/// Somebody on the way turns a bit.
async fn bytes_changed_on_the_way_are_an_error<R: Runtime>() {
    let tls = tls();
    let (a, b): (Tls<R>, Tls<R>) = (bind(loopback(), &tls).await, bind(loopback(), &tls).await);
    let relay = <<R as Runtime>::Net as Net>::TcpListener::bind(crate::address_here()).await.unwrap();
    let (between, behind) = (relay.local_addr().unwrap(), address(&b));
    let relay = async {
        let (near, _) = relay.accept().await.unwrap();
        let far = crate::Raw::<R>::connect(behind).await.unwrap();
        let (mut near_in, mut near_out) = near.split();
        let (mut far_in, mut far_out) = far.split();
        let forth = async {
            let mut buffer = vec![0; 16 << 10];
            loop {
                let read = near_in.read(&mut buffer).await.unwrap_or(0);
                if read == 0 {
                    break;
                }
                // The long records are the data: the handshake's are shorter.
                if read > 8 << 10 {
                    buffer[read / 2] ^= 1;
                }
                if far_out.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
            let _ = far_out.close().await;
        };
        let back = async {
            let _ = futures_util::io::copy(&mut far_in, &mut near_out).await;
            let _ = near_out.close().await;
        };
        futures_util::future::join(forth, back).await;
    };
    let talk = async {
        let mut opened = a.open_stream(&between).await.unwrap();
        opened.write_all(b"short, and left alone").await.unwrap();
        opened.flush().await.unwrap();
        let (_, mut accepted) = b.accept_stream().await.unwrap();
        opened.write_all(&vec![7; 64 << 10]).await.unwrap();
        let _ = opened.close().await;
        let mut heard = Vec::new();
        let error = accepted.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!(heard, b"short, and left alone");
        error
    };
    let ((), error) = both::<R, _, _>(relay, talk).await;
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
}
