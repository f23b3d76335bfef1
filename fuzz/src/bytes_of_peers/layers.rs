//! Two nodes whose framing and keys change all the time, and somebody who changes what they send.

use super::world::{LABEL, Msg, StreamMsg, wire};
use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, ChecksumAlgorithm, Compression, CompressionAlgorithm, DecodeError, EncryptionAlgorithm,
    EncryptionPolicy, Framing, Keyring, KeyringError, Label, Message, SecretKey, SequenceNumber,
    StreamLimits, StreamMessage,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Arbitrary, Debug)]
enum Step {
    Checksum(bool, u8),
    Compression(bool, u8, u16),
    Add(bool, u8),
    Use(bool, u8),
    Remove(bool, u8),
    Policy(bool, u8),
    /// From one side to the other: how many bytes, of which pattern, and what is done to them on the way.
    Send {
        from: bool,
        stream: bool,
        len: u16,
        pattern: u8,
        change: Change,
    },
    /// What was sent before is heard once more.
    Replay {
        to: bool,
        which: u8,
    },
}

#[derive(Arbitrary, Debug)]
enum Change {
    None,
    Flip(u16),
    Cut(u16),
    Lengthen(u8),
    Set(u16, u8),
}

/// What is not changed on the way arrives, if the receiver has the key; what is changed under encryption (or a checksum) is refused;
/// the reasons are those that the model says; no nonce comes twice; keys count their uses.
pub fn layers(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let mut sides = [Side::new(0), Side::new(1 << 40)];
    let (mut sent, mut steps) = (Vec::new(), 0);
    while let Ok(step) = Step::arbitrary(&mut input)
        && !input.is_empty()
        && steps < 300
    {
        steps += 1;
        let side = |which: bool| usize::from(which);
        match step {
            Step::Checksum(at, which) => {
                sides[side(at)].framing.checksum =
                    ChecksumAlgorithm::ALL.get(usize::from(which % 6)).copied();
            }
            Step::Compression(at, which, threshold) => {
                let algorithm = CompressionAlgorithm::ALL.get(usize::from(which % 5)).copied();
                let compression = |a| Compression::new(a).with_threshold(threshold.into());
                sides[side(at)].framing.compression = algorithm.map(compression);
            }
            Step::Add(at, key) => sides[side(at)].add(key),
            Step::Use(at, key) => sides[side(at)].use_key(key),
            Step::Remove(at, key) => sides[side(at)].remove(key),
            Step::Policy(at, policy) => sides[side(at)].set_policy(policy),
            Step::Send { from, stream, len, pattern, change } => {
                let parcel = sides[side(from)].send(stream, len, pattern);
                sides[side(!from)].receive(&parcel, &change);
                if sent.len() < 16 {
                    sent.push(parcel);
                }
            }
            Step::Replay { to, which } => {
                if let Some(parcel) = sent.get(usize::from(which) % sent.len().max(1)) {
                    sides[side(to)].receive(parcel, &Change::None);
                }
            }
        }
        sides.iter().for_each(Side::check);
    }
}

/// A node, and what we know of it.
struct Side {
    framing: Framing,
    keyring: Keyring,
    /// The keys by number, the primary one first.
    keys: Vec<u8>,
    policy: EncryptionPolicy,
    /// How often each key encrypted and decrypted since it was added.
    uses: BTreeMap<u8, (u64, u64)>,
    nonces: BTreeSet<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Content {
    Packet(Msg),
    Frame(StreamMsg),
}

/// Something that was sent.
struct Parcel {
    bytes: Bytes,
    content: Content,
    /// The key that it is encrypted with.
    key: Option<u8>,
    checksummed: bool,
}

impl Parcel {
    /// Where the layers begin.
    fn header(&self) -> usize {
        2 + LABEL.len() + if matches!(self.content, Content::Frame(_)) { 4 } else { 0 }
    }
}

fn key(number: u8) -> SecretKey {
    let number = number % 6;
    let algorithm = EncryptionAlgorithm::ALL[usize::from(number % 4)];
    SecretKey::new(algorithm, &vec![number; algorithm.key_len()]).unwrap()
}

/// A first byte of the name of the key, which stands on the wire.
fn name(number: u8) -> (EncryptionAlgorithm, String) {
    let key = key(number);
    (key.algorithm(), key.id().to_string()[..2].to_owned())
}

impl Side {
    fn new(start: u128) -> Self {
        let keyring = Keyring::with_nonce_start(*start.to_be_bytes().last_chunk().unwrap());
        let framing =
            Framing::new().with_label(Label::new(LABEL).unwrap()).with_keyring(Some(keyring.clone()));
        let policy = keyring.policy();
        Self { framing, keyring, keys: vec![], policy, uses: BTreeMap::new(), nonces: BTreeSet::new() }
    }

    fn add(&mut self, number: u8) {
        let number = number % 6;
        let is_new = !self.keys.contains(&number);
        assert_eq!(self.keyring.add(&key(number)), is_new);
        if is_new {
            self.keys.push(number);
            self.uses.insert(number, (0, 0));
        }
    }

    fn use_key(&mut self, number: u8) {
        let number = number % 6;
        let at = self.keys.iter().position(|key| *key == number);
        let expected = at.map(drop).ok_or(KeyringError::NoSuchKey(key(number).id()));
        assert_eq!(self.keyring.use_key(key(number).id()), expected);
        if let Some(at) = at {
            self.keys.remove(at);
            self.keys.insert(0, number);
        }
    }

    fn remove(&mut self, number: u8) {
        let number = number % 6;
        let (id, at) = (key(number).id(), self.keys.iter().position(|key| *key == number));
        let expected = match at {
            None => Err(KeyringError::NoSuchKey(id)),
            Some(0) => Err(KeyringError::PrimaryKey(id)),
            Some(at) => {
                self.keys.remove(at);
                Ok(())
            }
        };
        assert_eq!(self.keyring.remove(id), expected);
    }

    fn set_policy(&mut self, number: u8) {
        self.policy = match number % 3 {
            0 => EncryptionPolicy::Accept,
            1 => EncryptionPolicy::Prefer,
            _ => EncryptionPolicy::Require,
        };
        self.keyring.set_policy(self.policy);
    }

    fn send(&mut self, stream: bool, len: u16, pattern: u8) -> Parcel {
        // Repeats itself, or does not, so that compression pays, or does not.
        let byte = |at: usize| {
            if pattern < 128 { pattern } else { (at * usize::from(pattern) / 3) as u8 ^ (at >> 5) as u8 }
        };
        let payload: Bytes = (0..usize::from(len) % 5000).map(byte).collect();
        let key = self.keys.first().copied().filter(|_| self.policy != EncryptionPolicy::Accept);
        let (content, bytes) = if stream {
            let message = StreamMessage::User(payload);
            let bytes = wire().encode_frame(&self.framing, &StreamLimits::default(), true, &message).unwrap();
            (Content::Frame(message), bytes)
        } else {
            let message = Message::Ack(Ack { seq: SequenceNumber(pattern.into()), payload });
            let mut encoded = Vec::new();
            wire().encode_message(&message, &mut encoded).unwrap();
            let budget = wire().packet_overhead(&self.framing) + wire().message_overhead() + encoded.len();
            let bytes = wire().encode_packet(&self.framing, &[encoded.into()]).unwrap();
            assert!(bytes.len() <= budget, "a packet is no longer than reckoned");
            (Content::Packet(message), bytes)
        };
        let parcel = Parcel { bytes, content, key, checksummed: self.framing.checksum.is_some() };
        let layers = &parcel.bytes[parcel.header()..];
        assert_eq!(
            layers[0] >> 4 == 3,
            key.is_some(),
            "encrypted with the primary key, if the policy says so"
        );
        if let Some(key) = key {
            self.uses.entry(key).or_default().0 += 1;
            assert!(self.nonces.insert(layers[2..14].to_vec()), "a nonce comes twice");
        }
        parcel
    }

    fn receive(&mut self, parcel: &Parcel, change: &Change) {
        let bytes = change.apply(&parcel.bytes);
        let changed = bytes != parcel.bytes;
        let got = read(&self.framing, &bytes, &parcel.content);
        match (changed, parcel.key) {
            (false, Some(key)) if self.keys.contains(&key) => {
                assert_eq!(got, Ok(true), "it was encrypted with a key that is here");
                self.uses.entry(key).or_default().1 += 1;
            }
            (false, Some(key)) => {
                let same_hint = self.keys.iter().any(|other| name(*other) == name(key));
                assert_eq!(got, Err(if same_hint { DecodeError::Undecryptable } else { DecodeError::NoKey }));
            }
            (false, None) if self.policy == EncryptionPolicy::Require && !self.keys.is_empty() => {
                assert_eq!(got, Err(DecodeError::Unencrypted));
            }
            (false, None) => assert_eq!(got, Ok(true), "it was sent in clear, which is allowed"),
            (true, key) => {
                // What follows a frame belongs to the next one.
                let longer = matches!((change, &parcel.content), (Change::Lengthen(_), Content::Frame(_)));
                // Whoever may speak in clear may say anything: such as that there is neither encryption nor checksum.
                let disguised = bytes
                    .get(parcel.header())
                    .is_some_and(|tag| tag >> 4 != parcel.bytes[parcel.header()] >> 4);
                if longer && got == Ok(true) {
                    if let Some(key) = key {
                        self.uses.entry(key).or_default().1 += 1;
                    }
                } else if key.is_some() || parcel.checksummed {
                    let harmless = disguised && got == Ok(false);
                    assert!(got.is_err() || harmless, "what was changed was taken: {change:?}, {got:?}");
                    assert!(!harmless || self.policy != EncryptionPolicy::Require || self.keys.is_empty());
                }
            }
        }
    }

    /// The keyring knows of itself what we know of it.
    fn check(&self) {
        let seen = self.keyring.keys();
        assert_eq!(seen.len(), self.keys.len());
        assert_eq!(self.keyring.primary(), self.keys.first().map(|number| key(*number).id()));
        for (at, (of, &number)) in seen.iter().zip(&self.keys).enumerate() {
            let expected = (key(number).id(), at == 0, self.uses[&number]);
            assert_eq!((of.id, of.primary, (of.encrypted, of.decrypted)), expected);
        }
    }
}

/// Whether exactly this content comes out; an error if nothing does.
fn read(framing: &Framing, bytes: &[u8], content: &Content) -> Result<bool, DecodeError> {
    match content {
        Content::Packet(message) => {
            let mut seen = Vec::new();
            wire().decode_packet(framing, Bytes::copy_from_slice(bytes), &mut |m| seen.push(m))?;
            Ok(matches!(&seen[..], [Ok(only)] if only == message))
        }
        Content::Frame(message) => {
            let mut buffer = BytesMut::from(bytes);
            match wire().decode_frame(framing, &StreamLimits::default(), true, &mut buffer)? {
                Some(seen) => Ok(seen == *message),
                None => Err(DecodeError::Truncated),
            }
        }
    }
}

impl Change {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let place = |at: u16| usize::from(at) % bytes.len();
        match *self {
            Self::None => {}
            Self::Flip(bit) => {
                let at = place(bit >> 3);
                bytes[at] ^= 1 << (bit & 7);
            }
            Self::Cut(len) => bytes.truncate(place(len)),
            Self::Lengthen(by) => bytes.extend(std::iter::repeat_n(by, usize::from(by))),
            Self::Set(at, to) => {
                let at = place(at);
                bytes[at] = to;
            }
        }
        bytes
    }
}
