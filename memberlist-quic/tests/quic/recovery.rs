//! Connections that are lost, with and without a word.

use crate::streams::echo;
use crate::{Quic, address, bind, bind_with, deliver, loopback, own_loopback, tls, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::Transport;
use memberlist_quic::{QuicOptions, TlsOptions};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A node that can be killed.
struct Victim {
    runtime: Runtime,
    quic: Quic,
}

impl Victim {
    fn start(options: QuicOptions, tls: TlsOptions) -> Self {
        let runtime = runtime();
        let quic = runtime.block_on(bind_with(options, tls));
        Self { runtime, quic }
    }

    /// As if the process were killed: no task runs any more, nobody is told. What it has received is acknowledged before that, which
    /// takes it up to 25 ms: an answer that is still under way would be taken for one to what is sent next.
    fn kill(self) -> SocketAddr {
        std::thread::sleep(Duration::from_millis(200));
        self.runtime.shutdown_timeout(Duration::from_secs(10));
        address(&self.quic)
    }
}

/// A packet to a peer that was killed and has come back is lost at first, which is noticed without another one.
#[test]
fn peer_that_restarted_without_a_word_is_reached_by_the_next_packet() {
    let ours = runtime();
    let options = own_loopback();
    let tls = tls(&options);
    let a = ours.block_on(bind(loopback()));
    let b = Victim::start(options.clone(), tls.clone());
    ours.block_on(async {
        deliver(&a, &b.quic, b"before").await;
        deliver(&b.quic, &a, b"back").await;
    });
    let there = b.kill();
    let b = Victim::start(options.with_bind(there), tls);
    let begin = Instant::now();
    let packet = ours.block_on(async {
        a.send_packet(&there, "after".into()).await.unwrap();
        within(b.quic.recv_packet()).await.unwrap()
    });
    assert_eq!((packet.from, &packet.data[..]), (address(&a), &b"after"[..]));
    // Far below the idle timeout; on a machine that has nothing else to do, a fifth of a second.
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let stats = a.stats();
    assert_eq!(
        (stats.packets_resent, stats.connections_replaced, stats.connections_opened),
        (1, 1, 2),
        "{stats:?}"
    );
    ours.block_on(until(|| a.stats().outbound == 1));
}

/// Says something on a stream to a peer that says it back.
async fn echo_once(from: &Quic, to: SocketAddr) -> std::io::Result<()> {
    let mut stream = from.open_stream(&to).await.unwrap();
    stream.write_all(b"after").await?;
    stream.close().await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    assert_eq!(answer, b"after");
    Ok(())
}

/// The same for streams: one that finds the connection dead before it was noticed fails soon, and the next one works; when nothing
/// has been heard for a while, the first one does.
#[test]
fn peer_that_restarted_without_a_word_is_reached_by_streams() {
    let ours = runtime();
    for quiet in [Duration::ZERO, Duration::from_millis(1100)] {
        let options = own_loopback();
        let tls = tls(&options);
        let a = ours.block_on(bind(loopback()));
        let b = Victim::start(options.clone(), tls.clone());
        ours.block_on(echo(&a, &b.quic, b"before"));
        let there = b.kill();
        let b = Victim::start(options.with_bind(there), tls);
        std::thread::sleep(quiet);
        let serve = async {
            loop {
                let (_, mut stream) = b.quic.accept_stream().await.unwrap();
                let mut heard = Vec::new();
                if stream.read_to_end(&mut heard).await.is_ok() {
                    stream.write_all(&heard).await.unwrap();
                }
            }
        };
        let ask = async {
            let first = echo_once(&a, there).await;
            if quiet.is_zero() && first.is_err() {
                echo_once(&a, there).await.unwrap();
            } else {
                first.unwrap();
            }
        };
        ours.block_on(within(async {
            tokio::select! {
                () = ask => {}
                () = serve => {}
            }
        }));
    }
}

/// A peer that comes back calls first: its new connection is used from then on.
#[test]
fn connection_of_a_peer_that_came_back_replaces_the_old_one() {
    let ours = runtime();
    let options = own_loopback();
    let tls = tls(&options);
    let a = ours.block_on(bind(loopback()));
    let b = Victim::start(options.clone(), tls.clone());
    ours.block_on(deliver(&a, &b.quic, b"before"));
    let there = b.kill();
    let b = Victim::start(options.with_bind(there), tls);
    ours.block_on(async {
        deliver(&b.quic, &a, b"here again").await;
        deliver(&a, &b.quic, b"welcome").await;
    });
}

/// Nobody comes back: what was held for the peer is given up, and later packets cost nothing but attempts.
#[test]
fn peer_that_vanished_is_given_up() {
    let ours = runtime();
    let options = own_loopback();
    let tls = tls(&options);
    let a = ours.block_on(bind(loopback().with_handshake_timeout(Duration::from_millis(500))));
    let b = Victim::start(options, tls);
    ours.block_on(deliver(&a, &b.quic, b"before"));
    let there = b.kill();
    ours.block_on(async {
        a.send_packet(&there, "anybody?".into()).await.unwrap();
        until(|| a.stats().outbound == 0 && a.stats().handshakes_timed_out >= 1).await;
        assert!(a.stats().packets_dropped_out >= 1);
    });
}

/// A peer that was only slow is not lost: the packet arrives, and one connection remains in use.
#[test]
fn peer_that_paused_is_reached_again() {
    let ours = runtime();
    let options = own_loopback();
    let tls = tls(&options);
    let a = ours.block_on(bind(loopback()));
    let b = Victim::start(options, tls);
    ours.block_on(deliver(&a, &b.quic, b"before"));
    let (pause, over) = (Duration::from_millis(900), std::sync::Arc::new(std::sync::Barrier::new(2)));
    let paused = std::sync::Arc::clone(&over);
    b.runtime.spawn(async move {
        // The only worker of this runtime.
        paused.wait();
        std::thread::sleep(pause);
    });
    over.wait();
    let there = address(&b.quic);
    ours.block_on(async {
        a.send_packet(&there, "during".into()).await.unwrap();
        assert_eq!(within(b.quic.recv_packet()).await.unwrap().data, "during");
        until(|| a.stats().outbound == 1 && b.quic.stats().inbound == 1).await;
        deliver(&a, &b.quic, b"after").await;
    });
}

/// A connection that the peer has closed is not used again, and the next packet opens another.
#[tokio::test]
async fn peer_that_closed_and_came_back_is_reached_by_the_next_packet() {
    let options = own_loopback();
    let tls = tls(&options);
    let (a, b) = (bind(loopback()).await, bind_with(options.clone(), tls.clone()).await);
    deliver(&a, &b, b"before").await;
    let there = address(&b);
    within(b.shutdown()).await;
    until(|| a.stats().outbound == 0).await;
    let b = bind_with(options.with_bind(there), tls).await;
    a.send_packet(&there, "after".into()).await.unwrap();
    assert_eq!(within(b.recv_packet()).await.unwrap().data, "after");
    assert_eq!(a.stats().packets_resent, 0);
}

#[tokio::test]
async fn idle_connections_are_closed_and_opened_again() {
    let idle = || loopback().with_idle_timeout(Duration::from_millis(300));
    let (a, b) = (bind(idle()).await, bind(idle()).await);
    for round in 1..=3 {
        deliver(&a, &b, b"x").await;
        until(|| a.stats().outbound == 0 && b.stats().inbound == 0).await;
        assert_eq!(a.stats().connections_opened, round);
    }
}

/// Both call at the same moment, which makes two connections; they agree on one, and the other one becomes idle.
#[tokio::test]
async fn simultaneous_connections_become_one() {
    let idle = || loopback().with_idle_timeout(Duration::from_millis(1500));
    let (a, b) = (bind(idle()).await, bind(idle()).await);
    let (to_a, to_b) = (address(&a), address(&b));
    let both = async {
        let (sent_a, sent_b) =
            tokio::join!(a.send_packet(&to_b, "x".into()), b.send_packet(&to_a, "x".into()));
        sent_a.unwrap();
        sent_b.unwrap();
        a.recv_packet().await.unwrap();
        b.recv_packet().await.unwrap();
    };
    within(both).await;
    until(|| a.stats().outbound == 1 && a.stats().inbound == 1).await;
    let agree = async {
        while a.stats().outbound + a.stats().inbound > 1 || b.stats().outbound + b.stats().inbound > 1 {
            a.send_packet(&to_b, "x".into()).await.unwrap();
            b.send_packet(&to_a, "x".into()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    within(agree).await;
    // The higher address's connection has gone, on both sides.
    assert_eq!((a.stats().outbound == 1, b.stats().outbound == 1), (to_a < to_b, to_b < to_a));
    assert_eq!(a.stats().connections_opened, 1);
}

/// What is silent for a moment is not replaced: acknowledgements are answers.
#[tokio::test]
async fn one_way_traffic_replaces_nothing() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    for _ in 0..20 {
        deliver(&a, &b, b"one way").await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(a.stats().connections_replaced, 0);
}
