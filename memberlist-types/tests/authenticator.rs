//! W-41: an authenticator of one's own, put around the native wire with nothing but public items: every node signs what it sends with a
//! key of its own, over canonical bytes that begin with its name; nobody is believed whose signature does not fit.
//!
//! (Shared keys prove that a sender belongs to the cluster, see `Keyring`. This is for those who want to know *which* node speaks. The
//! signature here is a toy; the place where a real one goes is `sign` and `verify`.)
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Alive, DecodeError, EncodeError, Framing, Incarnation, Layers, Message, Meta, NativeWire, Node,
    Ping, SequenceNumber, StreamLimits, StreamMessage, Wire, WireFeatures,
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

type Msg = Message<String, SocketAddr>;
type StreamMsg = StreamMessage<String, SocketAddr>;

const SIGNATURE: usize = 8;

/// Who a node is, and whom it believes.
#[derive(Clone)]
struct Signed {
    id: &'static str,
    secret: u64,
    /// Of everybody. (With real signatures, these are the public keys.)
    known: Arc<BTreeMap<&'static str, u64>>,
}

impl Signed {
    fn sign(secret: u64, id: &str, context: u8, inner: &[u8]) -> [u8; SIGNATURE] {
        // The canonical bytes: what it is (a packet and a frame are not interchangeable), who says it, what is said.
        let canonical = [&[context, id.len() as u8][..], id.as_bytes(), inner].concat();
        let mut hash = secret;
        for byte in canonical.iter().chain(&secret.to_be_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        }
        hash.to_be_bytes()
    }

    fn wrap(&self, context: u8, inner: &[u8]) -> Bytes {
        let signature = Self::sign(self.secret, self.id, context, inner);
        [&[self.id.len() as u8][..], self.id.as_bytes(), &signature, inner].concat().into()
    }

    /// The name of the signer, and what it signed.
    fn verify<'a>(&self, context: u8, bytes: &'a [u8]) -> Result<(&'a str, &'a [u8]), DecodeError> {
        let unsigned = DecodeError::Invalid("signature");
        let (&len, rest) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        let (id, rest) = rest.split_at_checked(len.into()).ok_or(unsigned.clone())?;
        let (signature, inner) = rest.split_at_checked(SIGNATURE).ok_or(unsigned.clone())?;
        let id = std::str::from_utf8(id).map_err(|_| unsigned.clone())?;
        let secret = self.known.get(id).ok_or(unsigned.clone())?;
        if Self::sign(*secret, id, context, inner) != signature {
            return Err(unsigned);
        }
        Ok((id, inner))
    }

    /// Whether the signer may say it: what is said first-hand must be said by whom it claims to come from. (Gossip is passed on by others.)
    fn may_say(signer: &str, message: &Msg) -> bool {
        match message {
            Message::Ping(ping) => ping.source.as_ref().is_none_or(|source| source.id == signer),
            Message::IndirectPing(ping) => ping.source.as_ref().is_none_or(|source| source.id == signer),
            _ => true,
        }
    }

    fn overhead(&self) -> usize {
        1 + self.id.len() + SIGNATURE
    }
}

impl Wire<String, SocketAddr> for Signed {
    fn features(&self) -> WireFeatures {
        Wire::<String, SocketAddr>::features(&NativeWire)
    }

    fn encode_message(&self, message: &Msg, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        NativeWire.encode_message(message, out)
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        self.overhead() + Wire::<String, SocketAddr>::packet_overhead(&NativeWire, framing)
    }

    fn message_overhead(&self) -> usize {
        Wire::<String, SocketAddr>::message_overhead(&NativeWire)
    }

    fn max_packet_messages(&self) -> usize {
        Wire::<String, SocketAddr>::max_packet_messages(&NativeWire)
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        let inner = Wire::<String, SocketAddr>::encode_packet(&NativeWire, framing, messages)?;
        Ok(self.wrap(b'p', &inner))
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Msg, DecodeError>),
    ) -> Result<(), DecodeError> {
        let (signer, inner) = self.verify(b'p', &packet)?;
        NativeWire.decode_packet(framing, packet.slice_ref(inner), &mut |message| match message {
            Ok(message) if !Self::may_say(signer, &message) => {
                sink(Err(DecodeError::Invalid("claimed sender")))
            }
            message => sink(message),
        })
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        message: &StreamMsg,
    ) -> Result<Bytes, EncodeError> {
        let inner = NativeWire.encode_frame(framing, limits, first_by_dialer, message)?;
        let signed = self.wrap(b's', &inner);
        let len = u32::try_from(signed.len()).unwrap();
        Ok([&len.to_be_bytes()[..], &signed].concat().into())
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMsg>, DecodeError> {
        let Some(len) = buffer.first_chunk().map(|len| u32::from_be_bytes(*len)) else { return Ok(None) };
        let limit = limits.max_frame + self.overhead();
        if len as usize > limit {
            return Err(DecodeError::TooLarge {
                what: "frame bytes",
                actual: len.into(),
                limit: limit as u64,
            });
        }
        let Some(signed) = buffer.get(4..4 + len as usize) else { return Ok(None) };
        let (_, inner) = self.verify(b's', signed)?;
        let mut inner = BytesMut::from(inner);
        let message = NativeWire.decode_frame(framing, limits, first_by_dialer, &mut inner)?;
        let _ = buffer.split_to(4 + len as usize);
        // A signed frame is a whole one.
        message.filter(|_| inner.is_empty()).map(Some).ok_or(DecodeError::Truncated)
    }
}

fn cluster() -> [Signed; 3] {
    let known = Arc::new(BTreeMap::from([("a", 11), ("b", 22)]));
    let node = |id, secret| Signed { id, secret, known: Arc::clone(&known) };
    // The last one calls itself "a", but has not its secret.
    [node("a", 11), node("b", 22), node("a", 33)]
}

fn node(id: &str) -> Node<String, SocketAddr> {
    Node::new(id.into(), "10.0.0.1:7946".parse().unwrap())
}

fn ping_from(source: &str) -> Msg {
    Message::Ping(Ping { seq: SequenceNumber(1), target: None, source: Some(node(source)) })
}

fn alive(id: &str) -> Msg {
    Message::Alive(Alive {
        incarnation: Incarnation::new(1),
        node: node(id),
        meta: Meta::new("m"),
        versions: None,
        layers: Layers::BASE,
    })
}

fn packet(wire: &impl Wire<String, SocketAddr>, messages: &[Msg]) -> Bytes {
    let encode = |message| {
        let mut out = Vec::new();
        wire.encode_message(message, &mut out).unwrap();
        Bytes::from(out)
    };
    wire.encode_packet(&Framing::new(), &messages.iter().map(encode).collect::<Vec<_>>()).unwrap()
}

type Received = Result<Vec<Result<Msg, DecodeError>>, DecodeError>;

fn receive(wire: &impl Wire<String, SocketAddr>, packet: Bytes) -> Received {
    let mut seen = Vec::new();
    wire.decode_packet(&Framing::new(), packet, &mut |message| seen.push(message))?;
    Ok(seen)
}

/// W-41, W-43: signed by whom it says: taken. By another, by nobody, or changed in any bit: refused; and the other way round, a node that
/// knows nothing of signatures refuses what is signed.
#[test]
fn packets_are_believed_only_with_their_senders_signature() {
    let [a, b, impostor] = cluster();
    let said = [ping_from("a"), alive("c")];
    let good = packet(&a, &said);
    assert_eq!(receive(&b, good.clone()), Ok(said.iter().cloned().map(Ok).collect()));
    let refused = Err(DecodeError::Invalid("signature"));
    assert_eq!(receive(&b, packet(&impostor, &said)), refused);
    assert_eq!(receive(&b, packet(&NativeWire, &said)), refused);
    assert!(matches!(receive(&NativeWire, good.clone()), Err(DecodeError::BadMagic(_))));
    for bit in 0..good.len() * 8 {
        let mut changed = good.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(receive(&b, changed.into()).is_err(), "bit {bit}");
    }
    for len in 0..good.len() {
        assert!(receive(&b, good.slice(..len)).is_err(), "{len} bytes");
    }
}

/// W-42: with keys of their own, nobody can speak first-hand for another one. What is passed on may be about anybody.
#[test]
fn claimed_sender_is_bound_to_the_signer() {
    let [a, b, _] = cluster();
    let seen = receive(&b, packet(&a, &[ping_from("b"), alive("b"), ping_from("a")])).unwrap();
    assert_eq!(seen, [Err(DecodeError::Invalid("claimed sender")), Ok(alive("b")), Ok(ping_from("a"))]);
}

/// It takes no more room than it says, so that the machine fills packets as with any wire.
#[test]
fn signature_is_part_of_the_overhead() {
    let [a, ..] = cluster();
    let wire: &dyn Wire<String, SocketAddr> = &a;
    let messages = [ping_from("a"), alive("c")];
    let sum: usize = messages
        .iter()
        .map(|message| {
            let mut out = Vec::new();
            wire.encode_message(message, &mut out).unwrap();
            out.len() + wire.message_overhead()
        })
        .sum();
    assert_eq!(packet(&a, &messages).len(), wire.packet_overhead(&Framing::new()) + sum);
}

/// Streams likewise, in pieces of any size; a packet is no frame.
#[test]
fn frames_are_believed_only_with_their_senders_signature() {
    let [a, b, impostor] = cluster();
    let message = StreamMsg::Ack(Ack { seq: SequenceNumber(3), payload: Bytes::from_static(b"x") });
    let (framing, limits) = (Framing::new(), StreamLimits::default());
    let good = a.encode_frame(&framing, &limits, true, &message).unwrap();
    let receive = |bytes: &[u8]| b.decode_frame(&framing, &limits, true, &mut BytesMut::from(bytes));
    for len in 0..good.len() {
        assert_eq!(receive(&good[..len]), Ok(None));
    }
    assert_eq!(receive(&good), Ok(Some(message.clone())));
    let refused = Err(DecodeError::Invalid("signature"));
    assert_eq!(receive(&impostor.encode_frame(&framing, &limits, true, &message).unwrap()), refused);
    let packet = packet(&a, &[ping_from("a")]);
    let disguised = [&u32::try_from(packet.len()).unwrap().to_be_bytes()[..], &packet].concat();
    assert_eq!(receive(&disguised), refused);
}
