use super::*;
use memberlist_types::{ChecksumAlgorithm, Compression, CompressionAlgorithm, Keyring, NativeWire};
use std::net::SocketAddr;

fn wanted() -> Options {
    let compression = Compression::new(CompressionAlgorithm::Lz4);
    let framing =
        Framing::new().with_checksum(Some(ChecksumAlgorithm::XxHash3)).with_compression(Some(compression));
    Options::lan().with_framing(framing)
}

fn wire() -> impl Wire<String, SocketAddr> {
    NativeWire
}

fn capabilities(packets: bool, streams: bool) -> Capabilities {
    Capabilities { secure_packets: packets, secure_streams: streams, ..Capabilities::default() }
}

/// Each of the four is what the framing itself says is left of it.
#[test]
fn each_peer_gets_what_it_reads_and_no_less() {
    let options = wanted();
    let framings = Framings::new(&wire(), &options, Capabilities::default());
    let checksum = Layers::BASE.with_checksum(ChecksumAlgorithm::XxHash3);
    let compression = Layers::BASE.with_compression(CompressionAlgorithm::Lz4);
    let others =
        Layers::BASE.with_checksum(ChecksumAlgorithm::Murmur3).with_compression(CompressionAlgorithm::Zstd);
    for layers in
        [Layers::BASE, checksum, compression, checksum.union(compression), others, Layers::compiled_in()]
    {
        for variants in [&framings.packets, &framings.streams] {
            assert_eq!(
                *variants.readable(&wire(), Some(layers)),
                wire().readable(&options.framing, layers),
                "{layers}"
            );
        }
    }
    assert_eq!(*framings.packets.readable(&wire(), None), Framing::new(), "of whom nothing is known");
}

/// What the transport guarantees is not done twice: each medium on its own.
#[test]
fn what_the_transport_secures_is_neither_checked_nor_encrypted_again() {
    for (packets, streams) in [(false, false), (false, true), (true, false), (true, true)] {
        let framings = Framings::new(&wire(), &wanted(), capabilities(packets, streams));
        for (variants, secure) in [(&framings.packets, packets), (&framings.streams, streams)] {
            for framing in [variants.wanted(), variants.readable(&wire(), None)] {
                assert_eq!(framing.secured_below, secure);
                assert_eq!(framing.checksum.is_none(), secure);
            }
            assert_eq!(variants.wanted().compression, wanted().framing.compression, "size is another matter");
        }
        // To encrypt always takes something to encrypt with.
        let mut options = wanted().with_always_encrypt(true);
        let framings = Framings::new(&wire(), &options, capabilities(packets, streams));
        assert_eq!(framings.packets.wanted().secured_below, packets);
        assert_eq!(framings.streams.wanted().secured_below, streams);
        options.framing.keyring = Some(Keyring::new().expect("random numbers"));
        let framings = Framings::new(&wire(), &options, capabilities(packets, streams));
        assert!(!framings.packets.wanted().secured_below && !framings.streams.wanted().secured_below);
    }
}
