use memberlist::agnostic::{Runtime, RuntimeLite};
use memberlist::core::Transport;
use memberlist::net::HostResolver;
use memberlist::prelude::*;
use std::future::Future;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::time::Instant;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// What a node is started over.
pub(crate) trait Over {
    type Runtime: Runtime;
    type Transport: Transport<Resolver = HostResolver<Self::Runtime>, Runtime = Self::Runtime>;

    /// Whether it has a TCP port, a UDP port. (On the other one may be somebody else.)
    const PORTS: (bool, bool);

    async fn start(id: SmolStr, label: &str) -> Result<List<Self>, StartError>;
}

pub(crate) type List<O> = Memberlist<<O as Over>::Transport, VoidDelegate<SmolStr, SocketAddr>>;

/// `$ports` and `$transport` are what comes of `$builder`.
macro_rules! over {
    ($(#[$cfg:meta])* $name:ident, $ports:expr, $transport:path, |$id:ident| $builder:expr) => {
        $(#[$cfg])*
        pub(crate) struct $name<R>(PhantomData<R>);

        $(#[$cfg])*
        impl<R: Runtime> Over for $name<R> {
            type Runtime = R;
            type Transport = $transport;

            const PORTS: (bool, bool) = $ports;

            async fn start($id: SmolStr, label: &str) -> Result<List<Self>, StartError> {
                $builder.bind("127.0.0.1:0").label(label).start().await
            }
        }
    };
}

over!(Tcp, (true, true), memberlist::net::NetTransport<HostResolver<R>, R>, |id| TcpBuilder::<R, _>::new(id));
over!(TcpAlone, (true, false), memberlist::net::NetTransport<HostResolver<R>, R>, |id| {
    TcpBuilder::<R, _>::new(id).net_options(NetOptions::new().with_streams_only(true))
});
over!(
    #[cfg(all(feature = "tls", feature = "self-signed"))]
    Tls,
    (true, false),
    memberlist::net::TlsTransport<HostResolver<R>, R>,
    |id| {
        let tls = identity(&id);
        TlsBuilder::<R, _>::new(id, tls).net_options(NetOptions::new().with_streams_only(true))
    }
);
over!(
    #[cfg(all(feature = "quic", feature = "self-signed"))]
    Quic,
    (false, true),
    memberlist::quic::QuicTransport<HostResolver<R>, R>,
    |id| {
        let tls = identity(&id);
        QuicBuilder::<R, _>::new(id, tls)
    }
);

/// A certificate of the authority that all nodes trust.
#[cfg(all(any(feature = "tls", feature = "quic"), feature = "self-signed"))]
fn identity(name: &str) -> TlsOptions {
    use memberlist::tls::self_signed::Authority;
    static AUTHORITY: std::sync::LazyLock<Authority> = std::sync::LazyLock::new(|| Authority::new().unwrap());
    AUTHORITY.identity(name, &[[127, 0, 0, 1].into()]).unwrap().tls_options().unwrap()
}

/// A node on a free port of the loopback, with the LAN's timing.
pub(crate) async fn start<O: Over>(id: &str) -> List<O> {
    // Ports are used again: without a label a node that looks for the dead of one test could find the living of another.
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    O::start(id.into(), &format!("{} {test}", std::process::id())).await.unwrap()
}

/// Nodes `n0`, `n1` … that have all joined through the first and all see each other.
pub(crate) async fn cluster<O: Over>(size: usize) -> Vec<List<O>> {
    let mut nodes = Vec::new();
    for number in 0..size {
        nodes.push(start::<O>(&format!("n{number}")).await);
    }
    for node in nodes.iter().skip(1) {
        join::<O>(node, nodes[0].advertise_address()).await;
    }
    until::<O>("all see all", || nodes.iter().all(|node| node.num_members() == size)).await;
    nodes
}

/// Joins, and tries again if the machine was too slow.
pub(crate) async fn join<O: Over>(node: &List<O>, seed: SocketAddr) {
    let begin = Instant::now();
    while let Err(error) = node.join(seed).await {
        assert!(begin.elapsed() < DEADLINE, "{}: {error}", node.local_id());
    }
}

/// Waits until the condition holds.
pub(crate) async fn until<O: Over>(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        O::Runtime::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits for what must come.
pub(crate) async fn within<O: Over, T>(what: impl Future<Output = T>) -> T {
    O::Runtime::timeout_local(DEADLINE, what).await.expect("nothing happened before the deadline")
}

pub(crate) async fn end<O: Over>(nodes: Vec<List<O>>) {
    for node in nodes {
        within::<O, _>(node.shutdown()).await;
    }
}

/// How a program of each runtime begins.
pub(crate) mod block_on {
    #[cfg(feature = "tokio")]
    pub(crate) fn tokio(test: impl Future<Output = ()>) {
        tokio::runtime::Runtime::new().unwrap().block_on(test);
    }

    #[cfg(feature = "smol")]
    pub(crate) fn smol(test: impl Future<Output = ()>) {
        smol::block_on(test);
    }

    #[cfg(feature = "async-std")]
    pub(crate) fn async_std(test: impl Future<Output = ()>) {
        async_std::task::block_on(test);
    }
}
