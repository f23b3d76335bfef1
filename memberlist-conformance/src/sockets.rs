//! For fixtures of transports on sockets: throwing garbage at them, and listening in between. On plain threads and blocking sockets, so
//! that nothing depends on the runtime under test.

use crate::{Garbage, Relay};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// How often a thread looks whether it shall end.
const TICK: Duration = Duration::from_millis(20);

/// Throws garbage at a UDP or TCP port, as far as somebody listens there; for [`Fixture::throw`](crate::Fixture::throw).
///
/// Blocks for at most half a second.
pub fn throw(to: SocketAddr, garbage: &Garbage) {
    let thrown = match garbage {
        Garbage::Packet(bytes) => any_port(to, |from| UdpSocket::bind(from)?.send_to(bytes, to).map(drop)),
        Garbage::Stream(bytes) => {
            TcpStream::connect_timeout(&to, Duration::from_millis(200)).and_then(|mut stream| {
                stream.set_write_timeout(Some(Duration::from_millis(200)))?;
                stream.write_all(bytes)
            })
        }
    };
    // Nobody may listen there (a transport without UDP, or without TCP), or have closed the connection already.
    drop(thrown);
}

fn any_port<T>(like: SocketAddr, bind: impl FnOnce(SocketAddr) -> io::Result<T>) -> io::Result<T> {
    bind(SocketAddr::new(like.ip(), 0))
}

/// A relay of UDP and TCP on one port of the same host; for [`Fixture::relay`](crate::Fixture::relay).
///
/// One peer's packets at a time: answers go to who has sent last.
pub struct SocketRelay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<u8>>,
    tampering: AtomicBool,
    ended: AtomicBool,
}

impl Shared {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Notes what passes, and changes it if it shall be.
    fn pass(&self, bytes: &mut [u8]) {
        if self.tampering.load(Ordering::Relaxed)
            && let Some(byte) = bytes.last_mut()
        {
            *byte ^= 0x20;
        }
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

impl SocketRelay {
    /// A relay to this address, on another port of the same host.
    ///
    /// # Errors
    /// If no sockets can be had.
    pub fn new(target: SocketAddr) -> io::Result<Self> {
        let (listener, packets) = pair_of_sockets(target)?;
        let address = listener.local_addr()?;
        let upstream = UdpSocket::bind(SocketAddr::new(target.ip(), 0))?;
        let shared = Arc::<Shared>::default();
        listener.set_nonblocking(true)?;
        for socket in [&packets, &upstream] {
            socket.set_read_timeout(Some(TICK))?;
        }
        let (packets, upstream, sender) =
            (Arc::new(packets), Arc::new(upstream), Arc::<Mutex<Option<SocketAddr>>>::default());
        spawn(&shared, {
            let (packets, upstream, sender) =
                (Arc::clone(&packets), Arc::clone(&upstream), Arc::clone(&sender));
            move |shared| {
                relay_packets(shared, &packets, |from, bytes| {
                    *sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
                    let _best_effort = upstream.send_to(bytes, target);
                });
            }
        });
        spawn(&shared, move |shared| {
            relay_packets(shared, &upstream, |_, bytes| {
                let sender = *sender.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(sender) = sender {
                    let _best_effort = packets.send_to(bytes, sender);
                }
            });
        });
        spawn(&shared, move |shared| {
            while !shared.has_ended() {
                match listener.accept() {
                    Ok((stream, _)) => relay_stream(shared, stream, target),
                    Err(_nobody) => thread::sleep(TICK),
                }
            }
        });
        Ok(Self { address, shared })
    }
}

/// TCP and UDP on one free port.
fn pair_of_sockets(like: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    let mut last = None;
    for _ in 0..50 {
        let listener = TcpListener::bind(SocketAddr::new(like.ip(), 0))?;
        match UdpSocket::bind(listener.local_addr()?) {
            Ok(packets) => return Ok((listener, packets)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ErrorKind::AddrInUse.into()))
}

fn spawn(shared: &Arc<Shared>, work: impl FnOnce(&Arc<Shared>) + Send + 'static) {
    let shared = Arc::clone(shared);
    thread::spawn(move || work(&shared));
}

fn relay_packets(shared: &Shared, socket: &UdpSocket, forward: impl Fn(SocketAddr, &[u8])) {
    let mut buffer = vec![0; 65_536];
    while !shared.has_ended() {
        // A timeout, or an answer to something that was sent.
        let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
        let Some(bytes) = buffer.get_mut(..len) else { continue };
        shared.pass(bytes);
        forward(from, bytes);
    }
}

fn relay_stream(shared: &Arc<Shared>, here: TcpStream, target: SocketAddr) {
    let ends = || {
        here.set_nonblocking(false)?;
        let there = TcpStream::connect_timeout(&target, Duration::from_secs(1))?;
        for stream in [&here, &there] {
            stream.set_read_timeout(Some(TICK))?;
            stream.set_nodelay(true)?;
        }
        Ok::<_, io::Error>([(here.try_clone()?, there.try_clone()?), (there, here)])
    };
    let Ok(ends) = ends() else { return };
    for (mut from, mut to) in ends {
        spawn(shared, move |shared| {
            let mut buffer = vec![0; 16 << 10];
            while !shared.has_ended() {
                let len = match from.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(len) => len,
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                        continue;
                    }
                    Err(_broken) => break,
                };
                let Some(bytes) = buffer.get_mut(..len) else { break };
                shared.pass(bytes);
                if to.write_all(bytes).is_err() {
                    break;
                }
            }
            let _already = to.shutdown(Shutdown::Write);
        });
    }
}

impl Relay<SocketAddr> for SocketRelay {
    fn address(&self) -> &SocketAddr {
        &self.address
    }

    fn heard(&self) -> Vec<u8> {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_tampering(&self, tampering: bool) {
        self.shared.tampering.store(tampering, Ordering::Relaxed);
    }
}

impl Drop for SocketRelay {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for SocketRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketRelay").field("address", &self.address).finish_non_exhaustive()
    }
}
