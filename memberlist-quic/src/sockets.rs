use crate::gate::Gate;
use crate::guard::Guard;
use crate::spawner::{Gates, Spawner};
use crate::{QuicError, QuicOptions};
use agnostic::Runtime;
use memberlist_sockets::{Lifecycle, grow_recv_buffer, open_socket};
use quinn::{Endpoint, EndpointConfig, Runtime as _, ServerConfig};
use socket2::{Protocol, SockAddr, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

/// How often another free port is tried when the one that the first address was given is taken on another.
const ATTEMPTS: usize = 10;

/// Binds all addresses on one port, or none.
pub(crate) fn open(options: &QuicOptions) -> Result<Vec<UdpSocket>, QuicError> {
    let addresses: Vec<SocketAddr> = options.bind.iter().map(|bind| bind.socket_addr()).collect();
    let mut left = if addresses.iter().all(|address| address.port() == 0) { ATTEMPTS } else { 1 };
    loop {
        left -= 1;
        match open_once(&addresses, options.recv_buffer) {
            Err(QuicError::Bind { source, .. }) if left > 0 && source.kind() == io::ErrorKind::AddrInUse => {}
            outcome => return outcome,
        }
    }
}

fn open_once(addresses: &[SocketAddr], recv_buffer: usize) -> Result<Vec<UdpSocket>, QuicError> {
    let mut sockets = Vec::new();
    let mut port = None;
    for &(mut address) in addresses {
        address.set_port(port.unwrap_or(address.port()));
        let failed = |source| QuicError::Bind { address, source };
        let socket = open_one(address, recv_buffer).map_err(failed)?;
        port = Some(socket.local_addr().map_err(failed)?.port());
        sockets.push(socket);
    }
    Ok(sockets)
}

fn open_one(address: SocketAddr, recv_buffer: usize) -> io::Result<UdpSocket> {
    let socket = open_socket(address, Type::DGRAM, Protocol::UDP)?;
    grow_recv_buffer(&socket, recv_buffer);
    socket.bind(&SockAddr::from(address))?;
    Ok(UdpSocket::from(socket))
}

/// A socket with QUIC on it, in both roles.
pub(crate) struct End {
    pub(crate) endpoint: Endpoint,
    pub(crate) local: SocketAddr,
}

/// Starts QUIC on the sockets; its tasks live in the lifecycle.
pub(crate) fn start<R: Runtime>(
    sockets: Vec<UdpSocket>,
    bound: &[SocketAddr],
    endpoint: &EndpointConfig,
    server: &ServerConfig,
    guard: &Arc<Guard>,
) -> Result<(Vec<End>, Arc<Lifecycle<Gates>>), QuicError> {
    let runtime = R::quinn();
    let mut gates = Vec::new();
    for (socket, &address) in sockets.into_iter().zip(bound) {
        let failed = |source| QuicError::Bind { address, source };
        let socket = runtime.wrap_udp_socket(socket).map_err(failed)?;
        gates.push((Gate::new(socket, Arc::clone(guard)).map_err(failed)?, address));
    }
    let lifecycle = Arc::new(Lifecycle::new(Gates(gates.iter().map(|(gate, _)| Arc::clone(gate)).collect())));
    let spawner: Arc<dyn quinn::Runtime> = Arc::new(Spawner { runtime, lifecycle: Arc::clone(&lifecycle) });
    let mut ends = Vec::new();
    for (gate, local) in gates {
        let endpoint = Endpoint::new_with_abstract_socket(
            endpoint.clone(),
            Some(server.clone()),
            gate,
            Arc::clone(&spawner),
        )
        .map_err(|source| QuicError::Bind { address: local, source })?;
        ends.push(End { endpoint, local });
    }
    Ok((ends, lifecycle))
}
