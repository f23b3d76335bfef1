use crate::{NetError, NetOptions};
use agnostic::Runtime;
use agnostic::net::Net;
use memberlist_sockets::{grow_recv_buffer, open_socket};
use socket2::{Protocol, SockAddr, Type};
use std::io;
use std::net::SocketAddr;

/// A runtime's TCP listener.
pub(crate) type Listener<R> = <<R as Runtime>::Net as Net>::TcpListener;
/// A runtime's TCP stream.
pub(crate) type Stream<R> = <<R as Runtime>::Net as Net>::TcpStream;
/// A runtime's UDP socket.
pub(crate) type Udp<R> = <<R as Runtime>::Net as Net>::UdpSocket;

/// A UDP socket and where it is bound.
pub(crate) struct UdpEnd<R: Runtime> {
    pub(crate) socket: Udp<R>,
    pub(crate) local: SocketAddr,
}

/// Everything that is bound: for each bind address a TCP listener and (unless packets travel over TCP) a UDP socket, on one port.
pub(crate) struct Bound<R: Runtime> {
    pub(crate) listeners: Vec<(Listener<R>, SocketAddr)>,
    pub(crate) udp: Vec<UdpEnd<R>>,
}

/// How often another free port is tried when the one that TCP was given is taken for UDP or on another address.
const ATTEMPTS: usize = 10;

impl<R: Runtime> Bound<R> {
    /// Binds all addresses, or none.
    pub(crate) fn open(options: &NetOptions) -> Result<Self, NetError> {
        let addresses: Vec<SocketAddr> = options.bind.iter().map(|bind| bind.socket_addr()).collect();
        let attempts = if addresses.iter().all(|address| address.port() == 0) { ATTEMPTS } else { 1 };
        again_if_taken(attempts, || Self::open_once(&addresses, options))
    }

    fn open_once(addresses: &[SocketAddr], options: &NetOptions) -> Result<Self, NetError> {
        let mut bound = Self { listeners: Vec::new(), udp: Vec::new() };
        let mut port = None;
        for &(mut address) in addresses {
            address.set_port(port.unwrap_or(address.port()));
            let (listener, local) = listen::<R>(address, options.backlog)
                .map_err(|source| NetError::Bind { protocol: "TCP", address, source })?;
            port = Some(local.port());
            bound.listeners.push((listener, local));
            if !options.streams_only {
                let udp = open_udp::<R>(local, options.recv_buffer).map_err(|source| NetError::Bind {
                    protocol: "UDP",
                    address: local,
                    source,
                })?;
                bound.udp.push(udp);
            }
        }
        Ok(bound)
    }
}

/// Binds, and does it again if somebody else had the port, so many times in all.
fn again_if_taken<T>(attempts: usize, bind: impl Fn() -> Result<T, NetError>) -> Result<T, NetError> {
    let mut left = attempts;
    loop {
        left = left.saturating_sub(1);
        match bind() {
            Err(NetError::Bind { source, .. }) if left > 0 && source.kind() == io::ErrorKind::AddrInUse => {}
            outcome => return outcome,
        }
    }
}

fn listen<R: Runtime>(address: SocketAddr, backlog: u32) -> io::Result<(Listener<R>, SocketAddr)> {
    let socket = open_socket(address, Type::STREAM, Protocol::TCP)?;
    // Connections of a former process that still linger must not keep this one from its port. (On Windows the option means
    // something else.)
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    let listener = std::net::TcpListener::from(socket);
    let local = listener.local_addr()?;
    Ok((Listener::<R>::try_from(listener)?, local))
}

fn open_udp<R: Runtime>(address: SocketAddr, recv_buffer: usize) -> io::Result<UdpEnd<R>> {
    let socket = open_socket(address, Type::DGRAM, Protocol::UDP)?;
    grow_recv_buffer(&socket, recv_buffer);
    socket.bind(&SockAddr::from(address))?;
    let socket = std::net::UdpSocket::from(socket);
    let local = socket.local_addr()?;
    Ok(UdpEnd { socket: Udp::<R>::try_from(socket)?, local })
}

#[cfg(test)]
mod tests;
