//! One connection to a peer.

use crate::error::Goodbye;
use crate::stats::Counters;
use bytes::Bytes;
use futures_channel::mpsc;
use memberlist_sockets::lock;
use quinn::{Connection, SendDatagramError, StoppedError, VarInt};
use rustls::pki_types::CertificateDer;
use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A connection, and what is known of it.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) address: SocketAddr,
    /// We opened it.
    pub(crate) dialled: bool,
    /// The peer has shown that it is who we would have called at this address.
    pub(crate) sendable: bool,
    pub(crate) established: Instant,
    /// If it gave no answer, so that a new one is on its way: the datagrams received until then, and one more.
    doubted: AtomicU64,
    last_use: AtomicU64,
    streams: AtomicUsize,
    /// Packets that wait to be sent on streams.
    large: AtomicUsize,
    /// What a shutdown should wait for: packets and ends of streams that are not acknowledged.
    unfinished: AtomicUsize,
    unanswered: Mutex<Unanswered>,
    /// When something that the peer said last reached us, in milliseconds after `established`.
    heard: AtomicU64,
    notes: mpsc::UnboundedSender<Note>,
    /// Space for datagrams when none waits.
    room: usize,
}

/// What a connection's task is told.
pub(crate) enum Note {
    /// Something was sent: look whether it is answered.
    Watch,
    /// Send this packet on a stream.
    Packet(Bytes),
    /// A stream's end is on its way.
    Linger(Pin<Box<Acknowledged>>),
}

pub(crate) type Acknowledged = dyn Future<Output = Result<Option<VarInt>, StoppedError>> + Send;

/// A packet on its way to a peer.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) data: Bytes,
    /// It was sent before, over a connection that was lost: never a third time.
    pub(crate) again: bool,
}

/// How much had travelled before something was sent. Taken first, because the answer may come before its sender goes on.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    received: u64,
    sent: u64,
}

/// What was sent since the peer was last heard of.
#[derive(Default)]
struct Unanswered {
    /// Datagrams received when this began.
    received: u64,
    /// Datagrams sent when this began.
    sent: u64,
    since: Option<Instant>,
    /// The task has been told.
    watched: bool,
    /// The next look decides.
    last_look: bool,
    packets: VecDeque<Bytes>,
    bytes: usize,
}

/// What is kept to be sent again; what exceeds it is as lost as any packet can be.
const MAX_KEPT: usize = 32;
const MAX_KEPT_BYTES: usize = 128 * 1024;
/// How long after the first look at a silent connection the deciding one is.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// What a look at the unanswered packets shows.
pub(crate) enum Look {
    /// The peer is there.
    Answered,
    /// Too early to say.
    Wait(Duration),
    /// It has been silent for too long; this was sent meanwhile.
    Silent(Vec<Outgoing>),
}

impl Link {
    pub(crate) fn new(
        connection: Connection,
        address: SocketAddr,
        dialled: bool,
        sendable: bool,
    ) -> (Self, mpsc::UnboundedReceiver<Note>) {
        let (notes, receiver) = mpsc::unbounded();
        let link = Self {
            room: connection.datagram_send_buffer_space(),
            connection,
            address,
            dialled,
            sendable,
            established: Instant::now(),
            doubted: AtomicU64::new(0),
            last_use: AtomicU64::new(0),
            streams: AtomicUsize::new(0),
            large: AtomicUsize::new(0),
            unfinished: AtomicUsize::new(0),
            unanswered: Mutex::default(),
            heard: AtomicU64::new(0),
            notes,
        };
        (link, receiver)
    }

    /// Sends a packet; gives it back if the connection is lost.
    pub(crate) fn send(
        &self,
        counters: &Counters,
        max_large: usize,
        packet: Outgoing,
    ) -> Result<(), Outgoing> {
        if self.is_closed() {
            return Err(packet);
        }
        let before = self.before();
        let len = packet.data.len();
        if self.connection.max_datagram_size().is_some_and(|max| len <= max) {
            if self.connection.datagram_send_buffer_space() < len {
                counters.packets_dropped_out.add(1);
                return Ok(());
            }
            match self.connection.send_datagram(packet.data.clone()) {
                Ok(()) => {}
                Err(SendDatagramError::ConnectionLost(_)) => return Err(packet),
                // The path has just become narrower.
                Err(_) if self.send_large(counters, max_large, &packet) => {}
                Err(_) => return Ok(()),
            }
        } else if !self.send_large(counters, max_large, &packet) {
            return Ok(());
        }
        counters.packets_sent.add(1);
        counters.bytes_sent.add(len);
        if packet.again {
            counters.packets_resent.add(1);
        }
        self.watch(before, (!packet.again).then_some(packet.data));
        Ok(())
    }

    /// Sends a packet on a stream; whether there was a place in the queue.
    fn send_large(&self, counters: &Counters, max_large: usize, packet: &Outgoing) -> bool {
        if self.large.fetch_add(1, Ordering::Relaxed) >= max_large {
            self.large.fetch_sub(1, Ordering::Relaxed);
            counters.packets_dropped_out.add(1);
            return false;
        }
        counters.packets_sent_by_stream.add(1);
        self.note(Note::Packet(packet.data.clone()));
        // It may have to wait until the peer has read something else.
        self.ask();
        true
    }

    /// A packet that waited to be sent on a stream has been, or could not be.
    pub(crate) fn large_done(&self) {
        self.large.fetch_sub(1, Ordering::Relaxed);
    }

    /// To be asked before something is sent that will be watched.
    pub(crate) fn before(&self) -> Before {
        let udp = self.connection.stats();
        Before { received: udp.udp_rx.datagrams, sent: udp.udp_tx.datagrams }
    }

    /// Notes that something was sent, which a living peer acknowledges.
    pub(crate) fn watch(&self, before: Before, packet: Option<Bytes>) {
        let mut unanswered = lock(&self.unanswered);
        // Who sends beside us may have been later, and be noted already.
        if unanswered.received < before.received {
            unanswered.answered(before.received);
        }
        if unanswered.since.is_none() {
            unanswered.since = Some(Instant::now());
            unanswered.sent = before.sent;
        }
        if let Some(packet) = packet.filter(|packet| {
            unanswered.packets.len() < MAX_KEPT && unanswered.bytes + packet.len() <= MAX_KEPT_BYTES
        }) {
            unanswered.bytes += packet.len();
            unanswered.packets.push_back(packet);
        }
        if !unanswered.watched {
            unanswered.watched = true;
            drop(unanswered);
            self.note(Note::Watch);
        }
    }

    /// Asks for an acknowledgement, which an empty datagram gets from a living peer at once; whether that could be sent.
    pub(crate) fn ask(&self) -> bool {
        self.connection.send_datagram(Bytes::new()).is_ok()
    }

    /// Whether the peer has answered what was sent.
    pub(crate) fn look(&self) -> Look {
        let received = self.received();
        let patience = self.patience();
        let mut unanswered = lock(&self.unanswered);
        if unanswered.received != received {
            unanswered.answered(received);
        }
        let Some(since) = unanswered.since else {
            unanswered.watched = false;
            return Look::Answered;
        };
        let waited = since.elapsed();
        if waited < patience {
            return Look::Wait(patience - waited);
        }
        if waited > patience * 2 {
            // We were late ourselves: a node that was paused must not doubt others for its own sleep.
            unanswered.since = Some(Instant::now());
            unanswered.last_look = false;
            return Look::Wait(patience);
        }
        if self.sent() == unanswered.sent && self.ask() {
            // What was to be sent is held back, by streams that nobody reads: there is nothing that could have been answered. An empty
            // datagram is not held back, and will be.
            unanswered.since = Some(Instant::now());
            unanswered.sent = u64::MAX;
            return Look::Wait(patience);
        }
        if !unanswered.last_look {
            // What has arrived may wait to be processed, behind whatever kept this task waiting too.
            unanswered.last_look = true;
            return Look::Wait(LAST_LOOK);
        }
        unanswered.watched = false;
        Look::Silent(unanswered.take())
    }

    /// What has not been answered.
    pub(crate) fn take_unanswered(&self) -> Vec<Outgoing> {
        let received = self.received();
        let mut unanswered = lock(&self.unanswered);
        if unanswered.received != received {
            unanswered.answered(received);
        }
        unanswered.take()
    }

    /// It gives no answer.
    pub(crate) fn doubt(&self) {
        self.doubted.store(self.received() + 1, Ordering::Relaxed);
    }

    /// It is as good as any.
    pub(crate) fn trust(&self) {
        self.doubted.store(0, Ordering::Relaxed);
    }

    /// Whether it gave no answer at some time, and another one was to replace it.
    pub(crate) fn was_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed) != 0
    }

    /// Whether it has given no answer to this moment.
    pub(crate) fn is_silent(&self) -> bool {
        let doubted = self.doubted.load(Ordering::Relaxed);
        doubted != 0 && doubted == self.received() + 1
    }

    /// How long a living peer may take to acknowledge, with a loss or two: 200 ms, more where the way is long.
    pub(crate) fn patience(&self) -> Duration {
        (self.connection.rtt() * 4 + Duration::from_millis(100)).max(Duration::from_millis(200))
    }

    /// Datagrams (of UDP) received: grows with everything that the peer sends, acknowledgements too.
    pub(crate) fn received(&self) -> u64 {
        self.connection.stats().udp_rx.datagrams
    }

    /// Datagrams (of UDP) sent.
    pub(crate) fn sent(&self) -> u64 {
        self.connection.stats().udp_tx.datagrams
    }

    /// Something that the peer said has reached us.
    pub(crate) fn heard(&self) {
        self.heard.store(self.age(), Ordering::Relaxed);
    }

    /// Whether the peer said something so lately (or the connection is so young) that it is believed to live.
    pub(crate) fn is_fresh(&self) -> bool {
        self.age().saturating_sub(self.heard.load(Ordering::Relaxed)) < 1000
    }

    fn age(&self) -> u64 {
        u64::try_from(self.established.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.connection.close_reason().is_some()
    }

    pub(crate) fn note(&self, note: Note) {
        if self.is_closed() {
            return;
        }
        if !matches!(note, Note::Watch) {
            self.unfinished.fetch_add(1, Ordering::Relaxed);
        }
        // Without a task the connection has ended.
        let _ = self.notes.unbounded_send(note);
    }

    /// What was noted, other than to watch, has been done.
    pub(crate) fn finished(&self) {
        self.unfinished.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether all datagrams have left, and all that was sent on streams is acknowledged.
    pub(crate) fn has_flushed(&self) -> bool {
        self.unfinished.load(Ordering::Relaxed) == 0
            && self.connection.datagram_send_buffer_space() >= self.room
    }

    pub(crate) fn used(&self, now: u64) {
        self.last_use.store(now, Ordering::Relaxed);
    }

    pub(crate) fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }

    pub(crate) fn stream_opened(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_dropped(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn has_streams(&self) -> bool {
        self.streams.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn close(&self, why: Goodbye) {
        why.say(&self.connection);
    }

    pub(crate) fn certificates(&self) -> Option<Vec<CertificateDer<'static>>> {
        certificates(&self.connection)
    }
}

impl Unanswered {
    fn answered(&mut self, received: u64) {
        self.received = received;
        self.since = None;
        self.last_look = false;
        self.packets.clear();
        self.bytes = 0;
    }

    fn take(&mut self) -> Vec<Outgoing> {
        self.since = None;
        self.last_look = false;
        self.bytes = 0;
        self.packets.drain(..).map(|data| Outgoing { data, again: true }).collect()
    }
}

/// What the peer of a connection has presented, its own certificate first.
pub(crate) fn certificates(connection: &Connection) -> Option<Vec<CertificateDer<'static>>> {
    let identity = connection.peer_identity()?;
    identity.downcast().ok().map(|certificates| *certificates)
}
