//! The keys of a cluster, and what is encrypted with them.

mod cipher;
mod key;
mod lock;
#[cfg(any(unix, windows, target_os = "wasi"))]
mod random;

#[cfg(test)]
#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
mod tests;

pub(crate) use cipher::{Failed, NONCE_LEN, TAG_LEN};
pub use key::{EncryptionAlgorithm, KeyId, SecretKey};

use crate::EncodeError;
use alloc::{sync::Arc, vec::Vec};
use cipher::Cipher;
use core::fmt;
use lock::Lock;

/// The keys of a cluster: one *primary*, with which everything is encrypted, and others, with which what arrives is decrypted too.
///
/// A handle: clones are the same keyring, and changes count at once, for every node that has a clone in its
/// [`Framing`](crate::Framing). Keys are wiped when they are removed or the last handle is dropped.
///
/// # Changing the key of a running cluster
/// Each step on *all* nodes before the next, and no packet is lost:
/// 1. [`add`](Self::add) the new key: everybody can decrypt it. Its algorithm must be compiled into all nodes: what a node can't read is never sent
///    to it in clear instead.
/// 2. [`use_key`](Self::use_key) it: everybody encrypts with it.
/// 3. Look at the old key's counters in [`keys`](Self::keys) until both stand still everywhere, for a minute or two (two rounds of push/pull); then
///    [`remove`](Self::remove) the old key.
///
/// A node that is down meanwhile comes back with the old key alone, and can't join: give it the new one first. It, and whom it tries, tell so by
/// name (`StreamFailure::KeyMismatch`, and an event with `RejectReason::WrongKey`, in the crates above).
///
/// # Encrypting a running cluster that has no encryption
/// Likewise, each step on all nodes before the next. Nodes that were started with a keyring without keys need no restart for it; others are restarted
/// once, one after the other, for step 1:
/// 1. a keyring with the key and the policy [`Accept`](EncryptionPolicy::Accept): everybody can decrypt (for a keyring without keys: first
///    [`set_policy`](Self::set_policy), then [`add`](Self::add), because the default is to require);
/// 2. [`set_policy`](Self::set_policy) [`Prefer`](EncryptionPolicy::Prefer): everybody encrypts;
/// 3. `set_policy` [`Require`](EncryptionPolicy::Require): what is not encrypted is refused. Until here, anyone can still talk to the cluster in clear.
///
/// The way back is the same, backwards. A node that is started without a key, or with another one, while the others require theirs is told so when it joins.
///
/// # Where the transport encrypts
/// Over TLS or QUIC nothing is encrypted a second time ([`Framing::secured_below`](crate::Framing::secured_below)), each medium on its own: with TLS for streams
/// beside UDP for packets, the keyring protects the packets.
///
/// # Why nonces don't repeat
/// A nonce that is used twice with one key gives an attacker both texts, and (with AES-GCM) the means to forge. Nonces have 96 bits. A keyring draws
/// a random start when it is made, and counts up from there by one for every encryption, whatever the key, modulo 2⁹⁶.
/// * *Within one keyring* none repeats in its lifetime: nobody encrypts 2⁹⁶ times.
/// * *Between keyrings* (other nodes, earlier runs of the same node: nothing is remembered over a restart, and need not be) one repeats only if their
///   stretches overlap. With `k` keyrings that used one key, and `m` encryptions with it in all, the chance that any did is
///   below `k · m / 2⁹⁶`: with 10,000 nodes that are restarted daily for a year, and each encrypt 1,000 packets a second all the time, one in 60 million.
///   (Nonces that are random each time would have repeated by then: 2⁴⁸ of them are enough for that.)
/// * *What breaks it*: two keyrings that count from one start. So: don't [fork](https://man7.org/linux/man-pages/man2/fork.2.html) a process after making a
///   keyring, don't run several copies of a virtual machine from one snapshot that was taken while a node ran (or give them new keys), and give
///   [`with_nonce_start`](Self::with_nonce_start) nothing but fresh random bytes.
///
/// Apart from nonces, the security of AES-GCM declines with the square of the encrypted bytes: after 2⁴⁸ packets (the cluster above sends so many in a
/// year) the chance to tell what it encrypts from noise is one in a million. So change the key about once a year.
///
/// # What encryption does not do
/// All who have a key are trusted alike: who holds it can speak for every node. The label, the size and the time of packets are visible, as is which key
/// (one byte of its [`KeyId`]) was used.
///
/// An old packet or request that was recorded may be sent again: a frame does not know what came before it. It is the protocol that makes it harmless: old
/// incarnations and unknown sequence numbers are ignored, and an old sign of life of a node that is gone and forgotten is not believed until the node
/// itself repeats it. (A process that has just started remembers nobody's end: to it alone a dead node may seem alive, until a probe finds out.)
/// User messages are told to the application each time they come, and a state of the application that came with a push/pull is merged again: so an
/// application that must not see a message twice numbers its messages. A broadcast is told again only if some 16,000 others came in between.
///
/// ```
/// # #[cfg(all(feature = "aes-gcm", any(unix, windows, target_os = "wasi")))] {
/// use memberlist_types::{EncryptionAlgorithm, Framing, Keyring, SecretKey};
///
/// let key = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?;
/// let keyring = Keyring::new()?.with_key(&key);
/// let framing = Framing::new().with_keyring(Some(keyring.clone()));
///
/// let next = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?;
/// keyring.add(&next);
/// keyring.use_key(next.id())?;
/// keyring.remove(key.id())?;
/// assert_eq!(keyring.primary(), Some(next.id()));
/// # }
/// # Ok::<_, memberlist_types::KeyringError>(())
/// ```
#[derive(Clone)]
pub struct Keyring(Arc<Lock<State>>);

struct State {
    /// The primary first.
    keys: Vec<Entry>,
    policy: EncryptionPolicy,
    /// The next one, below 2⁹⁶.
    nonce: u128,
}

struct Entry {
    key: Arc<InstalledKey>,
    encrypted: u64,
    decrypted: u64,
}

/// A key that is ready for use; lives on while it is in use, even if it is removed meanwhile.
pub(crate) struct InstalledKey {
    pub(crate) algorithm: EncryptionAlgorithm,
    pub(crate) id: KeyId,
    cipher: Cipher,
}

/// What is encrypted, and what must be. The steps by which a running cluster becomes an encrypted one, see [`Keyring`].
///
/// (To require what one does not send oneself is not offered: it makes sense in no cluster.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum EncryptionPolicy {
    /// Send in clear; accept what is encrypted, and what is not. *No protection.*
    Accept,
    /// Send encrypted; accept what is encrypted, and what is not. *No protection against who sends in clear.*
    Prefer,
    /// Send encrypted; refuse what is not. The default.
    #[default]
    Require,
}

/// A key in a keyring, and how often it was used since it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyUse {
    /// Its name.
    pub id: KeyId,
    /// Its algorithm.
    pub algorithm: EncryptionAlgorithm,
    /// Whether it encrypts what we send.
    pub primary: bool,
    /// Packets and frames that it encrypted.
    pub encrypted: u64,
    /// Packets and frames that it decrypted. If this stands still on all nodes, nobody uses the key any more.
    pub decrypted: u64,
}

/// What stands beside an encrypted text, see [`Keyring::seal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The nonce: used once.
    pub nonce: [u8; NONCE_LEN],
    /// What authenticates text and data.
    pub tag: [u8; TAG_LEN],
}

/// Why a keyring can't be changed or a key can't be made. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// A key of the wrong length.
    #[error("a key of {algorithm} has {expected} bytes, this one has {actual}")]
    KeyLength {
        /// The algorithm of which it should be a key.
        algorithm: EncryptionAlgorithm,
        /// Bytes that such a key has.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
    /// The keyring has no key of this name: add it first.
    #[error("there is no key {0}: add it first")]
    NoSuchKey(KeyId),
    /// The primary key can't be removed: what we send would no longer be encrypted. Use another one first.
    #[error("key {0} is the primary one: use another one first")]
    PrimaryKey(KeyId),
    /// The operating system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl Keyring {
    /// A keyring without keys, with the policy [`Require`](EncryptionPolicy::Require).
    ///
    /// *While it has no keys, nothing is encrypted or required*: whoever wants encryption from the start adds the key before the node starts.
    ///
    /// # Errors
    /// [`KeyringError::Random`] if the operating system gives no random numbers.
    #[cfg(any(unix, windows, target_os = "wasi"))]
    pub fn new() -> Result<Self, KeyringError> {
        let mut start = [0; NONCE_LEN];
        random::fill(&mut start)?;
        Ok(Self::with_nonce_start(start))
    }

    /// As [`new`](Self::new), where there is no operating system that gives random numbers. `start` is the first nonce.
    ///
    /// It must come from a source of true randomness, and be *new for every keyring*: two keyrings with one key
    /// and starts that lie close to each other give up the secrecy of what they encrypt.
    #[must_use]
    pub fn with_nonce_start(start: [u8; NONCE_LEN]) -> Self {
        let nonce = start.iter().fold(0, |sum, &byte| sum << 8 | u128::from(byte));
        Self(Arc::new(Lock::new(State { keys: Vec::new(), policy: EncryptionPolicy::default(), nonce })))
    }

    /// With this key; see [`add`](Self::add).
    #[must_use]
    pub fn with_key(self, key: &SecretKey) -> Self {
        self.add(key);
        self
    }

    /// With this key as the primary one.
    #[must_use]
    pub fn with_primary(self, key: &SecretKey) -> Self {
        self.add(key);
        // It is there.
        let _ = self.use_key(key.id());
        self
    }

    /// With this policy.
    #[must_use]
    pub fn with_policy(self, policy: EncryptionPolicy) -> Self {
        self.set_policy(policy);
        self
    }

    /// Adds a key. The first one becomes the primary one, and the policy takes effect with it. Returns false if it was there already.
    #[allow(clippy::must_use_candidate, reason = "to add what is there is no error")]
    pub fn add(&self, key: &SecretKey) -> bool {
        let (algorithm, id) = (key.algorithm(), key.id());
        let Some(cipher) = Cipher::new(key) else { return false };
        let key = Arc::new(InstalledKey { algorithm, id, cipher });
        self.0.with(|state| {
            let is_new = state.position(id).is_none();
            if is_new {
                state.keys.push(Entry { key, encrypted: 0, decrypted: 0 });
            }
            is_new
        })
    }

    /// Makes a key the primary one.
    ///
    /// # Errors
    /// [`KeyringError::NoSuchKey`] if it was not added.
    pub fn use_key(&self, id: KeyId) -> Result<(), KeyringError> {
        self.0.with(|state| {
            let at = state.position(id).ok_or(KeyringError::NoSuchKey(id))?;
            let entry = state.keys.remove(at);
            state.keys.insert(0, entry);
            Ok(())
        })
    }

    /// Removes a key: what it encrypted is from now on refused.
    ///
    /// # Errors
    /// [`KeyringError::PrimaryKey`] if it is the primary one, [`KeyringError::NoSuchKey`] if there is none of this name.
    pub fn remove(&self, id: KeyId) -> Result<(), KeyringError> {
        let removed = self.0.with(|state| match state.position(id) {
            None => Err(KeyringError::NoSuchKey(id)),
            Some(0) => Err(KeyringError::PrimaryKey(id)),
            Some(at) => Ok(state.keys.remove(at)),
        })?;
        drop(removed);
        Ok(())
    }

    /// The name of the primary key; `None` if there are no keys.
    #[must_use]
    pub fn primary(&self) -> Option<KeyId> {
        self.0.with(|state| state.keys.first().map(|entry| entry.key.id))
    }

    /// All keys, the primary one first.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyUse> {
        let list = |(at, entry): (usize, &Entry)| KeyUse {
            id: entry.key.id,
            algorithm: entry.key.algorithm,
            primary: at == 0,
            encrypted: entry.encrypted,
            decrypted: entry.decrypted,
        };
        self.0.with(|state| state.keys.iter().enumerate().map(list).collect())
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> EncryptionPolicy {
        self.0.with(|state| state.policy)
    }

    /// Changes the policy, from the next packet or frame on.
    pub fn set_policy(&self, policy: EncryptionPolicy) {
        self.0.with(|state| state.policy = policy);
    }

    /// Whether what is not encrypted is refused now: there are keys, and the policy requires it.
    #[must_use]
    pub fn requires_encryption(&self) -> bool {
        self.0.with(|state| state.policy == EncryptionPolicy::Require && !state.keys.is_empty())
    }

    /// For wires: encrypts `buffer` in place with the primary key, and authenticates `data` with it. `None`: it is to be sent in clear.
    ///
    /// # Errors
    /// If the algorithm of the primary key is none of these, or the buffer is longer than 64 GiB. `buffer` is not to be used then.
    pub fn seal(
        &self,
        algorithms: &[EncryptionAlgorithm],
        data: &[u8],
        buffer: &mut [u8],
    ) -> Result<Option<Sealed>, EncodeError> {
        let Some((key, nonce)) = self.next() else { return Ok(None) };
        if !algorithms.contains(&key.algorithm) {
            return Err(EncodeError::Unsupported("the algorithm of the primary key"));
        }
        let (actual, limit) = (buffer.len(), usize::MAX);
        let tag = key.seal(&nonce, data, buffer).map_err(|Failed| EncodeError::TooLarge {
            what: "bytes to encrypt",
            actual,
            limit,
        })?;
        Ok(Some(Sealed { nonce, tag }))
    }

    /// For wires that do not say which key it was: decrypts with whichever key of these algorithms fits, the primary one first, and checks that
    /// text and `data` are authentic. `None`: none fits.
    #[must_use]
    pub fn open(
        &self,
        algorithms: &[EncryptionAlgorithm],
        data: &[u8],
        sealed: &Sealed,
        ciphertext: &[u8],
    ) -> Option<Vec<u8>> {
        let keys: Vec<_> =
            self.0.with(|state| state.keys.iter().map(|entry| Arc::clone(&entry.key)).collect());
        let mut buffer = Vec::new();
        for key in keys.iter().filter(|key| algorithms.contains(&key.algorithm)) {
            buffer.clear();
            buffer.extend_from_slice(ciphertext);
            if key.open(&sealed.nonce, data, &mut buffer, &sealed.tag).is_ok() {
                self.decrypted(key.id);
                return Some(buffer);
            }
        }
        None
    }

    /// What encrypts the next packet or frame, and the nonce for it, which nobody else gets; `None` if it is sent in clear.
    /// Counts as an encryption.
    pub(crate) fn next(&self) -> Option<(Arc<InstalledKey>, [u8; NONCE_LEN])> {
        const MASK: u128 = (1 << (8 * NONCE_LEN)) - 1;
        self.0.with(|state| {
            let entry = state.keys.first_mut().filter(|_| state.policy != EncryptionPolicy::Accept)?;
            entry.encrypted += 1;
            let nonce = state.nonce.to_be_bytes();
            state.nonce = (state.nonce + 1) & MASK;
            Some((Arc::clone(&entry.key), *nonce.last_chunk()?))
        })
    }

    /// The `n`th key that may have encrypted something with this algorithm and hint.
    pub(crate) fn candidate(
        &self,
        algorithm: EncryptionAlgorithm,
        hint: u8,
        n: usize,
    ) -> Option<Arc<InstalledKey>> {
        self.0.with(|state| {
            let keys = state.keys.iter().map(|entry| &entry.key);
            keys.filter(|key| key.algorithm == algorithm && key.id.hint() == hint).nth(n).cloned()
        })
    }

    /// Counts a decryption.
    pub(crate) fn decrypted(&self, id: KeyId) {
        self.0.with(|state| {
            if let Some(entry) = state.keys.iter_mut().find(|entry| entry.key.id == id) {
                entry.decrypted += 1;
            }
        });
    }
}

impl State {
    fn position(&self, id: KeyId) -> Option<usize> {
        self.keys.iter().position(|entry| entry.key.id == id)
    }
}

impl InstalledKey {
    /// Encrypts in place; what is returned authenticates `buffer` and `data`.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Failed> {
        self.cipher.seal(nonce, data, buffer)
    }

    /// Decrypts in place. After a failure `buffer` holds anything.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Failed> {
        self.cipher.open(nonce, data, buffer, tag)
    }
}

/// The same keyring, not one with the same keys.
impl PartialEq for Keyring {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Keyring {}

/// Names of keys and counters, no secrets.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("policy", &self.policy()).field("keys", &self.keys()).finish()
    }
}

impl fmt::Display for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.with(|state| (state.keys.len(), state.policy)) {
            (0, _) => f.write_str("no keys"),
            (1, policy) => write!(f, "encryption {policy}, 1 key"),
            (keys, policy) => write!(f, "encryption {policy}, {keys} keys"),
        }
    }
}

impl fmt::Display for EncryptionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accept => "accepted",
            Self::Prefer => "preferred",
            Self::Require => "required",
        })
    }
}
