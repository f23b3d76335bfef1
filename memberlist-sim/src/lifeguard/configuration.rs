use crate::Network;
use memberlist_proto::Options;

/// What a cluster of the experiments runs.
#[derive(Clone, Debug)]
pub struct Configuration {
    name: String,
    options: Options,
    socket_buffer: usize,
    loss: f64,
    anomaly: Anomaly,
}

/// What is done to members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// Their I/O is blocked, their timers run: as in the paper.
    Blocked,
    /// Their processes are stopped, timers and all, as by a long garbage collection, or a signal.
    Stopped,
}

/// As in the paper: what arrives at a blocked member waits, however much it is.
const UNBOUNDED: usize = usize::MAX;
/// The receive buffer of a socket, as Linux has it.
const BOUNDED: usize = 208 << 10;

impl Configuration {
    /// With a socket buffer that holds everything.
    #[must_use]
    pub fn new(name: impl Into<String>, options: Options) -> Self {
        Self { name: name.into(), options, socket_buffer: UNBOUNDED, loss: 0.0, anomaly: Anomaly::Blocked }
    }

    /// With a socket buffer of 208 KiB.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.name.push_str("-208k");
        self.socket_buffer = BOUNDED;
        self
    }

    /// On a network that loses 5 % of all packets.
    #[must_use]
    pub fn lossy(mut self) -> Self {
        self.name.push_str("-loss5");
        self.loss = 0.05;
        self
    }

    /// With processes that are stopped instead of blocked.
    #[must_use]
    pub fn stopped(mut self) -> Self {
        self.name.push_str("-stopped");
        self.anomaly = Anomaly::Stopped;
        self
    }

    /// Its name in the raw data.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The options of its nodes.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Bytes of packets that wait for a blocked member.
    #[must_use]
    pub const fn socket_buffer(&self) -> usize {
        self.socket_buffer
    }

    /// The network between them.
    #[must_use]
    pub fn network(&self) -> Network {
        let mut network = Network::lan();
        network.link_mut().loss = self.loss;
        network
    }

    /// What is done to members.
    #[must_use]
    pub const fn anomaly(&self) -> Anomaly {
        self.anomaly
    }

    /// One of the tables, by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let tuned = [false, true].into_iter().flat_map(tuned);
        table().into_iter().chain(variants()).chain(tuned).find(|each| each.name == name)
    }
}

/// Which parts of Lifeguard are on.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    probe: bool,
    suspicion: bool,
    buddy: bool,
    stall_rules: bool,
}

impl Parts {
    const LIFEGUARD: Self = Self { probe: true, suspicion: true, buddy: true, stall_rules: false };
    const ALL: Self = Self { stall_rules: true, ..Self::LIFEGUARD };

    fn options(self, alpha: u32, beta: u32) -> Options {
        let lan = Options::lan();
        let awareness_max = if self.probe { lan.awareness_max } else { 1 };
        lan.with_suspicion_mult(alpha)
            .with_suspicion_max_timeout_mult(if self.suspicion { beta } else { 1 })
            .with_awareness_max(awareness_max)
            .with_buddy(self.buddy)
            .with_stall_rules(self.stall_rules)
    }
}

/// The configurations of the paper's tables, and the stall rules on top of the two ends.
pub(super) fn table() -> Vec<Configuration> {
    let none = Parts::default();
    let of = |name: &str, parts: Parts| Configuration::new(name, parts.options(5, 6));
    vec![
        of("swim", none),
        of("lha-probe", Parts { probe: true, ..none }),
        of("lha-suspicion", Parts { suspicion: true, ..none }),
        of("buddy", Parts { buddy: true, ..none }),
        of("lifeguard", Parts::LIFEGUARD),
        of("swim-stall", Parts { stall_rules: true, ..none }),
        of("lifeguard-stall", Parts::ALL),
    ]
}

/// Those of the table that meet all of the grid, and other anomalies.
pub(super) const ENDS: [&str; 3] = ["swim", "lifeguard", "lifeguard-stall"];

/// With a socket buffer of 208 KiB, on a network that loses packets, and with stopped processes.
pub(super) fn variants() -> Vec<Configuration> {
    let ends = || table().into_iter().filter(|each| ENDS.contains(&each.name()));
    let bounded = ends().map(Configuration::bounded);
    bounded.chain(ends().map(Configuration::lossy)).chain(ends().map(Configuration::stopped)).collect()
}

/// The values of α and β of the tuning experiment.
pub(super) const ALPHA: [u32; 3] = [5, 4, 2];
pub(super) const BETA: [u32; 3] = [6, 4, 2];

/// The name of a configuration of the tuning experiment.
pub(super) fn tuned_name(stall_rules: bool, alpha: u32, beta: u32) -> String {
    let base = if stall_rules { "lifeguard-stall" } else { "lifeguard" };
    if (alpha, beta) == (5, 6) { base.into() } else { format!("{base}-a{alpha}-b{beta}") }
}

/// Lifeguard with other values of α and β; those of the table are not among them.
pub(super) fn tuned(stall_rules: bool) -> Vec<Configuration> {
    let parts = if stall_rules { Parts::ALL } else { Parts::LIFEGUARD };
    let all = ALPHA.into_iter().flat_map(|alpha| BETA.map(|beta| (alpha, beta)));
    // With α = 2 there are no confirmations, and β means nothing.
    all.filter(|(alpha, beta)| (*alpha, *beta) != (5, 6) && (*alpha > 2 || *beta == 6))
        .map(|(alpha, beta)| {
            Configuration::new(tuned_name(stall_rules, alpha, beta), parts.options(alpha, beta))
        })
        .collect()
}
