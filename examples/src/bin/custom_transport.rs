//! A transport of one's own, in about fifty lines: channels of tokio between nodes of one process.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin custom_transport
//! ```
//!
//! A transport moves bytes and knows nothing of what they mean: packets (best effort, of bounded size) and streams (reliable,
//! in order). memberlist needs a type for what may go wrong, and these eight methods; deadlines, framing, checksums, and counters are not
//! its business. The same shape fits a serial bus, a message broker, or a tunnel.
//!
//! Three nodes join over it, one sends to another by packet and by stream, one is shut down and found. It ends by itself in about 10
//! seconds, and the exit code is 0 only if all of that happened.

use memberlist::{
    Capabilities, Packet, Transport, TransportError, nodecraft::resolver::socket_addr::SocketAddrResolver,
    prelude::*, tokio::TokioRuntime,
};
use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{DuplexStream, duplex},
    sync::{Mutex as AsyncMutex, mpsc},
    time::timeout,
};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

// ---- the transport: about fifty lines from here ----

/// The network: who can be reached, and the ends of the channels that lead there.
type Board = Arc<Mutex<HashMap<SocketAddr, Inlets>>>;
type Inlets = (mpsc::Sender<Packet<SocketAddr>>, mpsc::Sender<(SocketAddr, Compat<DuplexStream>)>);

struct Channels {
    board: Board,
    address: SocketAddr,
    resolver: SocketAddrResolver<TokioRuntime>,
    packets: AsyncMutex<mpsc::Receiver<Packet<SocketAddr>>>,
    streams: AsyncMutex<mpsc::Receiver<(SocketAddr, Compat<DuplexStream>)>>,
}

impl Channels {
    fn bind(board: &Board, address: SocketAddr) -> Self {
        let ((packets_in, packets), (streams_in, streams)) = (mpsc::channel(1_024), mpsc::channel(64));
        lock(board).insert(address, (packets_in, streams_in));
        let (packets, streams) = (AsyncMutex::new(packets), AsyncMutex::new(streams));
        Self { board: Arc::clone(board), address, resolver: SocketAddrResolver::default(), packets, streams }
    }

    /// Whoever has been shut down reaches nobody; `None` stands for an address where nobody is.
    fn inlets(&self, to: &SocketAddr) -> Result<Option<Inlets>, ChannelError> {
        let board = lock(&self.board);
        if board.contains_key(&self.address) { Ok(board.get(to).cloned()) } else { Err(ChannelError::Closed) }
    }
}

impl Transport for Channels {
    type Runtime = TokioRuntime;
    type Resolver = SocketAddrResolver<TokioRuntime>;
    type Stream = Compat<DuplexStream>;
    type Error = ChannelError;

    fn resolver(&self) -> &Self::Resolver {
        &self.resolver
    }

    fn advertise_address(&self) -> &SocketAddr {
        &self.address
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Best effort: a packet to nobody, or to a full channel, is lost.
    async fn send_packet(&self, to: &SocketAddr, data: bytes::Bytes) -> Result<(), ChannelError> {
        if let Some((packets, _)) = self.inlets(to)? {
            let _ = packets.try_send(Packet { from: self.address, data });
        }
        Ok(())
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, ChannelError> {
        self.packets.lock().await.recv().await.ok_or(ChannelError::Closed)
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<Compat<DuplexStream>, ChannelError> {
        let (_, streams) = self.inlets(to)?.ok_or(ChannelError::Nobody(*to))?;
        let (ours, theirs) = duplex(64 * 1024);
        let sent = streams.send((self.address, theirs.compat())).await;
        sent.map(|()| ours.compat()).map_err(|_| ChannelError::Nobody(*to))
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, Compat<DuplexStream>), ChannelError> {
        self.streams.lock().await.recv().await.ok_or(ChannelError::Closed)
    }

    /// The board held the senders: without them both receivers end.
    async fn shutdown(&self) {
        lock(&self.board).remove(&self.address);
    }
}

// ---- to here; and what may go wrong ----

#[derive(Debug)]
enum ChannelError {
    Closed,
    Nobody(SocketAddr),
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the transport has been shut down"),
            Self::Nobody(address) => write!(f, "nobody is at {address}"),
        }
    }
}

impl std::error::Error for ChannelError {}

impl TransportError for ChannelError {
    fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    fn is_remote(&self) -> bool {
        matches!(self, Self::Nobody(_))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ---- a cluster on it ----

type Node = Memberlist<Channels, VoidDelegate<SmolStr, SocketAddr>>;

async fn start(board: &Board, name: &str, host: u8) -> Result<Node, memberlist::Error> {
    let address = SocketAddr::from(([10, 0, 0, host], 1));
    Memberlist::start(SmolStr::new(name), Channels::bind(board, address), Options::local()).await
}

/// Waits for an event.
async fn wait<T>(
    what: &str,
    events: &mut Events<SmolStr, SocketAddr>,
    mut wanted: impl FnMut(Event<SmolStr, SocketAddr>) -> Option<T>,
) -> Result<T, String> {
    let seen = timeout(Duration::from_secs(30), async {
        loop {
            match events.recv().await {
                Some(event) => match wanted(event) {
                    Some(found) => return Ok(found),
                    None => continue,
                },
                None => return Err(format!("the node ended before: {what}")),
            }
        }
    });
    let found = seen.await.map_err(|_| format!("not within 30 s: {what}"))??;
    println!("{what}");
    Ok(found)
}

async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    let board = Board::default();
    let a = start(&board, "a", 1).await?;
    let b = start(&board, "b", 2).await?;
    let c = start(&board, "c", 3).await?;
    let mut events = a.events();
    for node in [&b, &c] {
        println!("{} joins: {}", node.local_id(), node.join(a.advertise_address()).await?);
    }
    for (node, others) in [(&b, "c"), (&c, "b")] {
        let mut events = node.events();
        if node.member(&others.into()).is_none() {
            let joined =
                |event| matches!(event, Event::Joined(member) if member.node.id == others).then_some(());
            wait(&format!("{} sees {others}", node.local_id()), &mut events, joined).await?;
        }
    }

    b.send(&a.advertise_address(), "by packet").await?;
    b.send_reliable(&a.advertise_address(), vec![b'x'; 200_000]).await?;
    let (mut packet, mut stream) = (false, false);
    wait("a got both messages of b", &mut events, |event| {
        if let Event::User { payload, reliable, .. } = event {
            packet |= !reliable && payload == "by packet";
            stream |= reliable && payload.len() == 200_000;
        }
        (packet && stream).then_some(())
    })
    .await?;

    c.shutdown().await;
    println!("c is shut down, without a goodbye");
    let failed = |event| match event {
        Event::Failed { member, reason } if member.node.id == "c" => Some(reason.to_string()),
        _ => None,
    };
    let why = wait("a finds c dead", &mut events, failed).await?;
    println!("   {why}");
    a.shutdown().await;
    b.shutdown().await;
    if lock(&board).is_empty() { Ok(()) } else { Err("somebody is still on the board".into()) }
}

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("custom_transport: {error}");
            ExitCode::FAILURE
        }
    }
}
