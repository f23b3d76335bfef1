use crate::run;
use agnostic::net::{Net, OwnedWriteHalf, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use agnostic::process::Process;
use agnostic::{Runtime, RuntimeLite};
use futures_util::future::{join, join_all};
use futures_util::{AsyncReadExt, AsyncWriteExt, StreamExt};
use memberlist_async_std::AsyncStdRuntime;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

type Listener = <<AsyncStdRuntime as Runtime>::Net as Net>::TcpListener;
type Stream = <<AsyncStdRuntime as Runtime>::Net as Net>::TcpStream;
type Socket = <<AsyncStdRuntime as Runtime>::Net as Net>::UdpSocket;

fn any() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn pair() -> (Stream, Stream) {
    let listener = Listener::bind(any()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = join(Stream::connect(address), listener.accept()).await;
    let (client, (server, from)) = (client.unwrap(), accepted.unwrap());
    assert_eq!(from, client.local_addr().unwrap());
    assert_eq!(client.peer_addr().unwrap(), address);
    (client, server)
}

#[test]
fn streams_carry_bytes_both_ways_and_end() {
    run(async {
        let (mut client, mut server) = pair().await;
        client.set_nodelay(true).unwrap();
        assert!(client.nodelay().unwrap());
        client.write_all(b"question").await.unwrap();
        let mut heard = [0; 8];
        assert_eq!(server.peek(&mut heard[..1]).await.unwrap(), 1);
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"question");
        // More than the system buffers, so that both wait for each other.
        let large = vec![7; 8 << 20];
        let echo = async {
            server.write_all(&large).await.unwrap();
            server.close().await.unwrap();
        };
        let mut answer = Vec::new();
        let (_, read) = join(echo, client.read_to_end(&mut answer)).await;
        read.unwrap();
        assert!(answer == large);
    });
}

#[test]
fn halves_work_apart_and_the_writing_one_closes_its_direction() {
    run(async {
        let (client, mut server) = pair().await;
        let (mut read, mut write) = client.into_split();
        write.write_all(b"last").await.unwrap();
        drop(write);
        let mut heard = Vec::new();
        server.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"last");
        server.write_all(b"answer").await.unwrap();
        drop(server);
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"answer");

        let (client, mut server) = pair().await;
        let (read, write) = client.into_split();
        let mut whole = Stream::reunite(read, write).unwrap();
        whole.write_all(b"x").await.unwrap();
        let (_, write) = whole.into_split();
        write.forget();
        assert_eq!(server.read(&mut [0; 2]).await.unwrap(), 1);
    });
}

#[test]
fn listener_accepts_all_who_come() {
    run(async {
        let listener = Listener::bind(any()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let clients = join_all((0..20).map(|_| Stream::connect(address)));
        let (clients, servers) = join(clients, listener.incoming().take(20).collect::<Vec<_>>()).await;
        assert!(clients.iter().all(Result::is_ok) && servers.iter().all(Result::is_ok));
        drop(listener);
        assert!(Stream::connect_timeout(&address, Duration::from_secs(5)).await.is_err());
    });
}

#[test]
fn packets_travel_by_futures_and_by_polling() {
    run(async {
        let (a, b) = (Socket::bind(any()).await.unwrap(), Socket::bind(any()).await.unwrap());
        let (at_a, at_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let mut buffer = [0; 16];
        assert_eq!(a.send_to(b"one", at_b).await.unwrap(), 3);
        assert_eq!(b.recv_from(&mut buffer).await.unwrap(), (3, at_a));

        // The receiver waits already, and is woken.
        let receive = poll_fn(|cx| b.poll_recv_from(cx, &mut buffer));
        let send = async {
            AsyncStdRuntime::yield_now().await;
            poll_fn(|cx| a.poll_send_to(cx, b"three", at_b)).await
        };
        let (received, sent) = join(receive, send).await;
        assert_eq!((received.unwrap(), sent.unwrap()), ((5, at_a), 5));
        assert_eq!(&buffer[..5], b"three");
    });
}

/// Sockets and lookups of names are async-io's and the blocking pool's; were another executor started, its threads would be there.
#[cfg(target_os = "linux")]
#[test]
fn no_other_executor_is_started() {
    run(async {
        drop(pair().await);
        drop(Socket::bind("localhost:0").await.unwrap());
        let names = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names: Vec<_> =
            names.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok()).collect();
        assert!(names.iter().any(|name| name.starts_with("async-std")), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("smol")), "{names:?}");
    });
}

#[test]
fn names_are_resolved() {
    run(async {
        let found = ToSocketAddrs::<AsyncStdRuntime>::to_socket_addrs("localhost:7946").await.unwrap();
        assert!(found.into_iter().any(|address| address.ip().is_loopback() && address.port() == 7946));
    });
}

#[cfg(unix)]
#[test]
fn processes_are_awaited() {
    run(async {
        let mut command = <<AsyncStdRuntime as Runtime>::Process as Process>::Command::new("true");
        assert!(command.status().await.unwrap().success());
    });
}

#[cfg(feature = "quinn")]
#[test]
fn quinn_gets_timers_tasks_and_sockets() {
    use agnostic::quinn::QuinnRuntime;
    run(async {
        let quinn = AsyncStdRuntime::quinn();
        let (say, hear) = futures_channel::oneshot::channel();
        let mut timer = quinn.new_timer(std::time::Instant::now());
        quinn.spawn(Box::pin(async move {
            poll_fn(|cx| timer.as_mut().poll(cx)).await;
            say.send(()).unwrap();
        }));
        hear.await.unwrap();
        let socket = std::net::UdpSocket::bind(any()).unwrap();
        let address = socket.local_addr().unwrap();
        assert_eq!(quinn.wrap_udp_socket(socket).unwrap().local_addr().unwrap(), address);
    });
}
