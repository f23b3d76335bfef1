//! A cluster of state machines whose every byte is determined by a seed: a platform that computes, orders or rounds anything
//! differently gives another digest, and the first line that differs says in which second.

use bytes::Bytes;
use memberlist_core::{
    proto::{
        Endpoint, Exchange, ExchangeOutput, Instant, LocalNode, Options, RequestId, StreamFailure,
        StreamRequest, StreamRequestKind,
    },
    types::{
        ChecksumAlgorithm::{self, Crc32, XxHash3},
        Compression,
        CompressionAlgorithm::{self, Brotli, Lz4, Snappy},
        EncryptionAlgorithm::{self, Aes256Gcm, ChaCha20Poly1305},
        Framing, Incarnation, Keyring, Label, NativeWire, PushPull, SecretKey, StreamLimits, StreamMessage,
        Wire,
    },
};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    net::SocketAddr,
    time::Duration,
};

type Error = Box<dyn std::error::Error>;
type Machine = Endpoint<SmolStr, SocketAddr, NativeWire>;
type Message = StreamMessage<SmolStr, SocketAddr>;
type Talk = Exchange<SmolStr, SocketAddr>;
type Outcome = Result<ExchangeOutput<SmolStr, SocketAddr>, StreamFailure>;

const NODES: u16 = 12;
const SECONDS: u64 = 60;
const WIRE: NativeWire = NativeWire;

pub fn run(seed: u64) -> Result<(), Error> {
    for (name, wrapping) in WRAPPINGS {
        let mut net = Net::new(seed, wrapping);
        for second in 0..SECONDS {
            net.script(second)?;
            net.advance(Duration::from_secs(1))?;
            // A node that is alone does nothing that depends on the seed.
            if net.packets > 0 {
                println!("{name} {second:2} {}", hex(&net.digest.clone().finalize()));
            }
        }
        let Net { packets, lost, streams, events, .. } = net;
        println!("{name}: {packets} packets ({lost} of them lost), {streams} streams, {events} events");
        if packets < 1_000 || lost < 50 || streams < 50 || events < 500 {
            return Err("too little happened for a proof".into());
        }
    }
    Ok(())
}

/// How the bytes of a node are wrapped.
type Wrapping = fn(u16) -> Result<Framing, Error>;

/// Not at all, or by layers, so that each kind has its turn.
const WRAPPINGS: [(&str, Wrapping); 4] = [
    ("plain", |_| Ok(Framing::new())),
    ("lz4+aes", |node| layers(node, Crc32, Lz4, Aes256Gcm)),
    ("snappy+chacha20", |node| layers(node, XxHash3, Snappy, ChaCha20Poly1305)),
    ("brotli+aes", |node| layers(node, XxHash3, Brotli, Aes256Gcm)),
];

/// Key and nonces are fixed, which only a proof may do.
fn layers(
    node: u16,
    checksum: ChecksumAlgorithm,
    compression: CompressionAlgorithm,
    encryption: EncryptionAlgorithm,
) -> Result<Framing, Error> {
    let mut nonce = [0; 12];
    nonce[..2].copy_from_slice(&node.to_be_bytes());
    let key = SecretKey::new(encryption, &[7; 32])?;
    Ok(Framing::new()
        .with_label(Label::new("proof")?)
        .with_checksum(Some(checksum))
        .with_compression(Some(Compression::new(compression).with_threshold(64)))
        .with_keyring(Some(Keyring::with_nonce_start(nonce).with_key(&key))))
}

struct Node {
    machine: Machine,
    framing: Framing,
    timer: Option<Instant>,
}

enum Delivery {
    Packet {
        from: SocketAddr,
        packet: Bytes,
    },
    /// A stream that was opened here brings what came of it.
    Outcome {
        id: RequestId,
        outcome: Outcome,
    },
}

struct Net {
    now: Instant,
    wrapping: Wrapping,
    nodes: BTreeMap<SocketAddr, Node>,
    queue: BTreeMap<(Instant, u64), (SocketAddr, Delivery)>,
    timers: BTreeSet<(Instant, SocketAddr)>,
    dice: Pcg64Mcg,
    seed: u64,
    digest: Sha256,
    sent: u64,
    packets: u64,
    lost: u64,
    streams: u64,
    events: u64,
}

fn address(node: u16) -> SocketAddr {
    ([10, 0, 0, 1], 7000 + node).into()
}

fn name(node: u16) -> SmolStr {
    format_smolstr!("node-{node}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Net {
    fn new(seed: u64, wrapping: Wrapping) -> Self {
        Self {
            now: Instant::START,
            wrapping,
            nodes: BTreeMap::new(),
            queue: BTreeMap::new(),
            timers: BTreeSet::new(),
            dice: Pcg64Mcg::seed_from_u64(seed),
            seed,
            digest: Sha256::new(),
            sent: 0,
            packets: 0,
            lost: 0,
            streams: 0,
            events: 0,
        }
    }

    /// What happens in a second besides the protocol: everybody joins; one changes its metadata; broadcasts; one crashes, and comes back; one leaves.
    fn script(&mut self, second: u64) -> Result<(), Error> {
        match second {
            0..12 => {
                let node = second as u16;
                self.start(node, 1)?;
                if node > 0 {
                    self.join(node)?;
                }
            }
            15 => self.with(3, |machine, now| {
                machine.update_meta(now, "zone=b".into())?;
                Ok(())
            })?,
            18 => self.with(4, |machine, now| {
                machine.broadcast(now, None, vec![b'x'; 300].into())?;
                Ok(())
            })?,
            20 => self.crash(5),
            45 => {
                self.start(5, 2)?;
                self.join(5)?;
            }
            50 => self.with(6, |machine, now| Ok(machine.leave(now)?))?,
            59 => self.everybody_is_right()?,
            _ => {}
        }
        Ok(())
    }

    fn everybody_is_right(&self) -> Result<(), Error> {
        let left = address(6);
        let expected: BTreeSet<SmolStr> = (0..NODES).filter(|node| *node != 6).map(name).collect();
        for (_, node) in self.nodes.iter().filter(|(at, _)| **at != left) {
            let members: BTreeSet<SmolStr> =
                node.machine.members().into_iter().map(|member| member.node.id).collect();
            if members != expected {
                return Err(format!("{} sees {members:?}", node.machine.local().node.id).into());
            }
        }
        Ok(())
    }

    fn start(&mut self, node: u16, incarnation: u32) -> Result<(), Error> {
        let framing = (self.wrapping)(node)?;
        let local = LocalNode::new(name(node), address(node))
            .with_meta("zone=a".into())
            .with_incarnation(Incarnation::new(incarnation));
        let rng = Box::new(Pcg64Mcg::seed_from_u64(
            self.seed * 1_000 + u64::from(node) * 10 + u64::from(incarnation),
        ));
        let machine = Endpoint::new(self.now, local, Options::local(), &framing, WIRE, rng)?;
        self.nodes.insert(address(node), Node { machine, framing, timer: None });
        self.flush(address(node))
    }

    fn join(&mut self, node: u16) -> Result<(), Error> {
        self.with(node, |machine, now| {
            machine.join(now, vec![address(0)], Default::default())?;
            Ok(())
        })
    }

    fn crash(&mut self, node: u16) {
        if let Some(Node { timer: Some(at), .. }) = self.nodes.remove(&address(node)) {
            self.timers.remove(&(at, address(node)));
        }
    }

    fn with(
        &mut self,
        node: u16,
        act: impl FnOnce(&mut Machine, Instant) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let now = self.now;
        let at = address(node);
        act(&mut self.nodes.get_mut(&at).ok_or("no such node")?.machine, now)?;
        self.flush(at)
    }

    fn advance(&mut self, time: Duration) -> Result<(), Error> {
        let end = self.now + time;
        loop {
            let arrival = self.queue.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= end);
            let timer = self.timers.first().copied().filter(|(at, _)| *at <= end);
            match (arrival, timer) {
                (Some(at), timer) if timer.is_none_or(|(due, _)| at <= due) => {
                    self.now = at;
                    if let Some((_, (to, delivery))) = self.queue.pop_first() {
                        self.deliver(to, delivery)?;
                    }
                }
                (_, Some((at, to))) => {
                    self.now = at.max(self.now);
                    let now = self.now;
                    if let Some(node) = self.nodes.get_mut(&to) {
                        node.machine.handle_timeout(now);
                    }
                    self.flush(to)?;
                }
                (_, None) => {
                    self.now = end;
                    return Ok(());
                }
            }
        }
    }

    /// Into the digest: when, where and what.
    fn note(&mut self, at: SocketAddr, what: &dyn Debug, bytes: &[u8]) {
        self.digest.update(self.now.as_nanos().to_be_bytes());
        self.digest.update(format!("{at} {what:?} {}", bytes.len()));
        self.digest.update(bytes);
    }

    /// Carries out what a node asks for.
    fn flush(&mut self, at: SocketAddr) -> Result<(), Error> {
        loop {
            let Some(node) = self.nodes.get_mut(&at) else { return Ok(()) };
            if let Some(event) = node.machine.poll_event() {
                self.events += 1;
                self.note(at, &event, &[]);
            } else if let Some(transmit) = node.machine.poll_transmit() {
                let packet =
                    Wire::<SmolStr, SocketAddr>::encode_packet(&WIRE, &node.framing, &transmit.messages)?;
                self.packets += 1;
                self.note(at, &transmit.to, &packet);
                // One in twenty is lost.
                if self.dice.next_u32() % 20 == 0 {
                    self.lost += 1;
                } else {
                    self.post(transmit.to, Delivery::Packet { from: at, packet });
                }
            } else if let Some(request) = node.machine.poll_request() {
                self.streams += 1;
                let StreamRequest { id, to, kind, .. } = request;
                let outcome = self.converse(at, to, kind)?;
                self.post(at, Delivery::Outcome { id, outcome });
            } else {
                return self.rearm(at);
            }
        }
    }

    fn rearm(&mut self, at: SocketAddr) -> Result<(), Error> {
        let node = self.nodes.get_mut(&at).ok_or("no such node")?;
        let next = node.machine.poll_timeout();
        if let Some(old) = std::mem::replace(&mut node.timer, next) {
            self.timers.remove(&(old, at));
        }
        self.timers.extend(next.map(|due| (due, at)));
        Ok(())
    }

    fn post(&mut self, to: SocketAddr, delivery: Delivery) {
        let delay = Duration::from_micros(1_000 + u64::from(self.dice.next_u32() % 4_000));
        self.sent += 1;
        self.queue.insert((self.now + delay, self.sent), (to, delivery));
    }

    /// A conversation on a stream, frame by frame.
    fn converse(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        kind: StreamRequestKind<SmolStr>,
    ) -> Result<Outcome, Error> {
        let refused = || StreamFailure::Unreachable("refused".into());
        let (Some(dialler), Some(acceptor)) = (self.nodes.get(&from), self.nodes.get(&to)) else {
            return Ok(Err(refused()));
        };
        let (join, request) = match kind {
            StreamRequestKind::PushPull { join } => (join, push_pull(&dialler.machine, join)),
            // The dead answer no pings, and the living have answered already.
            _ => return Ok(Err(refused())),
        };
        let limits = StreamLimits::default();
        let (dial_framing, accept_framing) = (dialler.framing.clone(), acceptor.framing.clone());
        let mut dialling = Talk::dial(&WIRE, &dial_framing, limits, &request)?;
        let mut accepting = Talk::accept(limits);
        while let Some(bytes) = dialling.poll_write() {
            self.note(from, &to, &bytes);
            accepting.handle_data(&WIRE, &accept_framing, &bytes)?;
        }
        let Some(ExchangeOutput::PushPullRequest(asked)) = accepting.poll_output() else {
            return Err("the request did not arrive".into());
        };
        let now = self.now;
        let acceptor = self.nodes.get_mut(&to).ok_or("no such node")?;
        accepting.reply(&WIRE, &accept_framing, &push_pull(&acceptor.machine, join))?;
        acceptor.machine.handle_push_pull(now, None, asked.states)?;
        self.flush(to)?;
        while let Some(bytes) = accepting.poll_write() {
            self.note(to, &from, &bytes);
            dialling.handle_data(&WIRE, &dial_framing, &bytes)?;
        }
        Ok(dialling.poll_output().ok_or_else(refused))
    }

    fn deliver(&mut self, to: SocketAddr, delivery: Delivery) -> Result<(), Error> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&to) else { return Ok(()) };
        match delivery {
            Delivery::Packet { from, packet } => {
                let mut messages = Vec::new();
                WIRE.decode_packet(&node.framing, packet, &mut |message| messages.push(message))?;
                for message in messages {
                    node.machine.handle_message(now, from, message?);
                }
            }
            Delivery::Outcome { id, outcome: Ok(ExchangeOutput::PushPullReply(state)) } => {
                node.machine.handle_push_pull(now, Some(id), state.states)?;
            }
            Delivery::Outcome { id, outcome } => {
                let failure = outcome.err().unwrap_or(StreamFailure::TimedOut);
                node.machine.handle_stream_failure(now, id, failure);
            }
        }
        self.flush(to)
    }
}

fn push_pull(machine: &Machine, join: bool) -> Message {
    StreamMessage::PushPull(PushPull { join, states: machine.local_states(), user: Bytes::new() })
}
