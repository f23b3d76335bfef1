//! How the node wraps what it sends: made once, so that choosing one costs nothing.

use crate::{Capabilities, Options};
use memberlist_types::{Framing, Layers, Protection, Wire};

/// The framings of packets and of streams.
#[derive(Debug)]
pub(crate) struct Framings {
    pub(crate) packets: Variants,
    pub(crate) streams: Variants,
}

/// A framing as it was asked for, and without what some nodes can't read.
#[derive(Debug)]
pub(crate) struct Variants {
    wanted: Framing,
    /// With the wanted checksum, but without compression.
    uncompressed: Framing,
    /// With the wanted compression, but the checksum that everybody reads.
    checked_for_all: Framing,
    /// What everybody reads.
    base: Framing,
}

impl Framings {
    /// What the transport guarantees already is not done again, unless that was asked for.
    pub(crate) fn new<I, A, W: Wire<I, A>>(wire: &W, options: &Options, capabilities: Capabilities) -> Self {
        let Capabilities { checked_packets, secure_packets, secure_streams, .. } = capabilities;
        // Without a keyring there is nothing to encrypt with, and what the transport protects is protected by it all the same.
        let always_encrypt = options.always_encrypt && options.framing.protection() != Protection::NoKeyring;
        let framing = |secure: bool| {
            let mut framing = options.framing.clone();
            framing.secured_below |= secure && !always_encrypt;
            // Packets that are checked travel on streams that are, too.
            if checked_packets || secure {
                framing.checksum = None;
            }
            framing
        };
        Self {
            packets: Variants::new(wire, framing(secure_packets)),
            streams: Variants::new(wire, framing(secure_streams)),
        }
    }

    /// Says once, at the start, what is not protected though somebody seems to want protection.
    pub(crate) fn tell_of_protection(&self, options: &Options, capabilities: Capabilities) {
        use Protection::{Accepted, Below, NoKeyring, NoKeys, Preferred};
        if options.always_encrypt && options.framing.protection() == NoKeyring {
            tracing::warn!("`always_encrypt` has no effect: the framing has no keyring to encrypt with");
        }
        match (self.packets.wanted.protection(), self.streams.wanted.protection()) {
            (NoKeyring | NoKeys | Accepted, Below) => tracing::warn!(
                "NOT PROTECTED: streams are encrypted by the transport, but packets leave and are accepted in clear: whoever reaches the network can \
                 read and forge membership. Give the framing a keyring with a key and the policy to require it, or send packets inside the secured streams"
            ),
            (NoKeyring | NoKeys | Accepted, _) if capabilities.anonymous_streams => tracing::warn!(
                "NOT PROTECTED: the transport encrypts, but lets in whoever comes, without a certificate: whoever reaches the network can forge \
                 membership. Require certificates of clients, or give the framing a keyring with a key and the policy to require it"
            ),
            (Below, NoKeyring | NoKeys | Accepted) => tracing::warn!(
                "NOT PROTECTED: packets are encrypted by the transport, but streams are opened and accepted in clear: whoever reaches the network can \
                 read and forge membership. Give the framing a keyring with a key and the policy to require it"
            ),
            (NoKeys, _) | (_, NoKeys) => tracing::warn!(
                "NOT PROTECTED: the keyring has no keys: nothing is encrypted and nothing required until one is added"
            ),
            (Accepted, _) | (_, Accepted) => tracing::warn!(
                "NOT PROTECTED: the keyring's policy is to accept encryption, not to use it. Once all nodes have the key, let them prefer it, then require it"
            ),
            (Preferred, _) | (_, Preferred) => tracing::info!(
                "encryption is used but not yet required: what arrives in clear is accepted. Once all nodes encrypt, let them require it"
            ),
            _ => {}
        }
    }
}

impl Variants {
    fn new<I, A, W: Wire<I, A>>(wire: &W, wanted: Framing) -> Self {
        let base = wire.readable(&wanted, Layers::BASE);
        let uncompressed = wanted.clone().with_compression(None);
        let checked_for_all = wanted.clone().with_checksum(base.checksum);
        Self { wanted, uncompressed, checked_for_all, base }
    }

    /// The one that takes the most room, and what input is decoded with (of which everything that is compiled in is understood).
    pub(crate) const fn wanted(&self) -> &Framing {
        &self.wanted
    }

    /// Whether to wrap something is no more than to copy it and to sum it up: nothing is encrypted nor compressed, and nothing that is encrypted can
    /// be read.
    pub(crate) fn is_plain(&self) -> bool {
        let protection = self.wanted.protection();
        self.wanted.compression.is_none() && matches!(protection, Protection::NoKeyring)
    }

    /// The best that a node with these layers can read; of `None` nothing is known.
    pub(crate) fn readable<I, A, W: Wire<I, A>>(&self, wire: &W, layers: Option<Layers>) -> &Framing {
        let layers = layers.unwrap_or(Layers::BASE);
        let checksum = self.wanted.checksum.is_none_or(|algorithm| wire.reads_checksum(layers, algorithm));
        let compression =
            self.wanted.compression.is_none_or(|compression| layers.reads_compression(compression.algorithm));
        match (checksum, compression) {
            (true, true) => &self.wanted,
            (true, false) => &self.uncompressed,
            (false, true) => &self.checked_for_all,
            (false, false) => &self.base,
        }
    }
}

#[cfg(test)]
mod tests;
