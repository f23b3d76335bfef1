use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// A socket for this address, not bound yet: non-blocking, and IPv6 sockets carry IPv6 only.
///
/// # Errors
/// What the system says.
pub fn open_socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // What a wildcard carries must not depend on a system's setting, and `0.0.0.0` and `[::]` must fit beside each other.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Asks for a receive buffer of so many bytes, or as large a one as the system gives: some systems cap it silently, others refuse, so it
/// is halved until one fits, down to 64 KiB.
pub fn grow_recv_buffer(socket: &Socket, wanted: usize) {
    let mut size = wanted;
    while size >= 64 * 1024 && socket.set_recv_buffer_size(size).is_err() {
        size /= 2;
    }
}
