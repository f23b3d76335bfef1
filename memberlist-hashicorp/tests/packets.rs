//! Packets that are unusual, or meant to do harm.

#![allow(clippy::unwrap_used, clippy::panic)]

mod strategy;

use bytes::Bytes;
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{
    Broadcast, ChecksumAlgorithm, DecodeError, EncodeError, Framing, Label, Layers, Message, Ping,
    SequenceNumber, Versions, Wire,
};
use std::net::SocketAddr;
use strategy::Msg;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    const WIRE: HashicorpWire = HashicorpWire::new();
    &WIRE
}

fn bare() -> Framing {
    Framing::new().with_checksum(None)
}

fn decoded(framing: &Framing, packet: &[u8]) -> Result<Vec<Result<Msg, DecodeError>>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, Bytes::copy_from_slice(packet), &mut |message| seen.push(message))?;
    Ok(seen)
}

/// The one message that this is.
fn message(bytes: &[u8]) -> Result<Msg, DecodeError> {
    let mut seen = decoded(&bare(), bytes)?;
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

fn user(payload: &'static [u8]) -> Msg {
    Message::User(Bytes::from_static(payload))
}

fn compound(parts: &[&[u8]]) -> Vec<u8> {
    let lengths = parts.iter().flat_map(|part| (part.len() as u16).to_be_bytes());
    let head = [7, parts.len() as u8].into_iter().chain(lengths);
    head.chain(parts.concat()).collect()
}

/// In compressed form, by what Go would do.
fn compressed(message: &[u8]) -> Vec<u8> {
    let packet = wire().encode_packet(&bare(), &[Bytes::copy_from_slice(message)]).unwrap();
    assert_eq!(packet[0], 9, "does not become shorter");
    packet.to_vec()
}

#[test]
fn structs_are_read_in_every_form_that_go_reads() {
    let ping = |target: Option<&str>| {
        Ok(Message::Ping(Ping { seq: SequenceNumber(5), target: target.map(String::from), source: None }))
    };
    // Text as str, as bin, as an array of numbers; numbers of any family; keys unknown, in another case, and twice.
    assert_eq!(message(b"\x00\x82\xd9\x04Node\xd9\x01n\xa5SeqNo\xd1\x00\x05"), ping(Some("n")));
    assert_eq!(message(b"\x00\x82\xc4\x04Node\xc4\x01n\xa5SeqNo\xcf\0\0\0\0\0\0\0\x05"), ping(Some("n")));
    assert_eq!(message(b"\x00\x82\xa4Node\x91\x6e\xa5SeqNo\x05"), ping(Some("n")));
    assert_eq!(message(b"\x00\x83\xa3New\x81\xa1x\x92\x01\xc0\xa4node\xa1x\xa5SeqNo\x05"), ping(None));
    assert_eq!(message(b"\x00\x82\xa5SeqNo\x04\xa5SeqNo\x05"), ping(None));
    // By position, also with more and fewer values than there are fields.
    assert_eq!(message(b"\x00\x92\x05\xa1n"), ping(Some("n")));
    assert_eq!(message(b"\x00\x91\x05"), ping(None));
    assert_eq!(message(b"\x00\x97\x05\xa1n\xc0\xc0\xc0\x81\xa1a\x01\x05"), ping(Some("n")));
    // Nil for a field, nothing at all, and bytes behind it.
    assert_eq!(message(b"\x00\x82\xa4Node\xc0\xa5SeqNo\x05"), ping(None));
    let zero = Message::Ping(Ping { seq: SequenceNumber(0), target: None, source: None });
    assert_eq!(message(b"\x00\xc0"), Ok(zero.clone()));
    assert_eq!(message(b"\x00\x80anything"), Ok(zero));
}

#[test]
fn what_go_does_not_read_is_refused() {
    let refused = [
        (&b"\x00\x81\xa5SeqNo\xcf\0\0\0\x01\0\0\0\0"[..], "32-bit number"),
        (b"\x00\x81\xa5SeqNo\xff", "unsigned number"),
        (b"\x00\x81\xa5SeqNo\xca\0\0\0\0", "unsigned number"),
        (b"\x00\x81\xa5SeqNo\xa11", "unsigned number"),
        (b"\x00\x81\xaaSourcePort\xce\x00\x01\x00\x00", "16-bit number"),
        (b"\x00\x81\xa4Node\x05", "bytes"),
        (b"\x00\x81\xa4Node\x80", "bytes"),
        (b"\x00\x81\xa4Node\x91\xcd\x01\x00", "8-bit number"),
        (b"\x00\x81\xc0\x05", "key"),
        (b"\x00\x81\x05\x05", "key"),
        (b"\x00\x05", "struct"),
        (b"\x01\x81\xa4Nack\x02", "boolean"),
        (b"\x00\x81\xa3New\xc1", "msgpack"),
        (b"\x04\x80", "port 0"),
    ];
    for (bytes, what) in refused {
        assert_eq!(message(bytes), Err(DecodeError::Invalid(what)), "{bytes:x?}");
    }
    for bytes in [
        &b"\x00\x82\xa5SeqNo\x05"[..],
        b"\x00\x81\xa5SeqN",
        b"\x00\x81\xa4Node\xdb\xff\xff\xff\xffx",
        b"\x0b",
    ] {
        assert_eq!(message(bytes), Err(DecodeError::Truncated), "{bytes:x?}");
    }
    let nested = [&b"\x00\x81\xa3New"[..], &[0x91; 2000], &[0xc0]].concat();
    assert_eq!(message(&nested), Err(DecodeError::Invalid("depth of nesting")));
}

/// An alive message with these bytes for address, port and versions.
fn alive(ip: &[u8], port: &[u8], vsn: &[u8]) -> Vec<u8> {
    let raw = |bytes: &[u8]| [&[0xa0 | bytes.len() as u8][..], bytes].concat();
    [
        b"\x04\x85\xa4Addr",
        &raw(ip)[..],
        b"\xabIncarnation\x01\xa4Node\xa1n\xa4Port",
        port,
        b"\xa3Vsn",
        &raw(vsn),
    ]
    .concat()
}

/// Q3: fewer than six bytes of versions are none, and the machine does not admit such a node.
#[test]
fn versions_are_six_bytes_or_none() {
    let versions = |vsn: &[u8]| match message(&alive(&[10, 0, 0, 1], &[7], vsn)).unwrap() {
        Message::Alive(alive) => (alive.versions.map(Versions::to_bytes), alive.layers),
        other => panic!("{other:?}"),
    };
    for vsn in [&[][..], &[1], &[1, 5, 2], &[1, 5, 2, 0, 0]] {
        assert_eq!(versions(vsn), (None, Layers::BASE));
    }
    let checksum = Layers::from_bits(1 << 24);
    assert_eq!(versions(&[1, 5, 2, 0, 0, 0]), (Some([1, 5, 2, 0, 0, 0]), checksum));
    assert_eq!(versions(&[1, 4, 2, 1, 3, 2]), (Some([1, 4, 2, 1, 3, 2]), Layers::BASE));
    assert_eq!(versions(&[1, 5, 2, 0, 0, 0, 9]), (Some([1, 5, 2, 0, 0, 0]), checksum));
}

/// Q1, Q15: others' IPv4 addresses are passed on in the form in which they came.
#[test]
fn addresses_are_passed_on_to_the_byte() {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    let expected: SocketAddr = "10.0.0.1:7".parse().unwrap();
    for (ip, bit) in [(&mapped[..], true), (&mapped[12..], false)] {
        let Ok(Message::Alive(alive)) = message(&alive(ip, &[7], &[1, 5, 2, 0, 0, 0])) else { panic!() };
        assert_eq!(alive.node.address, expected);
        assert_eq!(alive.layers.contains(Layers::from_bits(1 << 25)), bit);
        let mut out = Vec::new();
        wire().encode_message(&Message::Alive(alive.clone()), &mut out).unwrap();
        assert!(out.starts_with(&[b"\x04\x86\xa4Addr", &[0xa0 | ip.len() as u8][..], ip].concat()));
        assert_eq!(message(&out), Ok(Message::Alive(alive)));
    }
    let refused = |bytes: &[u8]| message(bytes).unwrap_err();
    assert_eq!(refused(&alive(&[10, 0, 0], &[7], &[])), DecodeError::Invalid("length of an IP address"));
    assert_eq!(refused(&alive(&[], &[7], &[])), DecodeError::Invalid("length of an IP address"));
    assert_eq!(refused(&alive(&[10, 0, 0, 1], &[0], &[])), DecodeError::Invalid("port 0"));
}

/// Who asks must be complete, or the answer goes to where the packet came from.
#[test]
fn incomplete_source_is_none() {
    let source = |fields: &[u8]| match message(&[b"\x00", fields].concat()) {
        Ok(Message::Ping(ping)) => Ok(ping.source.map(|node| node.to_string())),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    let address = b"\xaaSourceAddr\xa4\x0a\0\0\x01";
    let (name, port) = (b"\xaaSourceNode\xa1s", b"\xaaSourcePort\x07");
    assert_eq!(source(&[b"\x83", &address[..], name, port].concat()), Ok(Some("s(10.0.0.1:7)".into())));
    assert_eq!(source(&[b"\x82", &address[..], name].concat()), Ok(None));
    assert_eq!(source(&[b"\x82", &address[..], port].concat()), Ok(None));
    assert_eq!(source(&[b"\x82", &name[..], port].concat()), Ok(None));
    let odd = [b"\x83", &b"\xaaSourceAddr\xa3abc"[..], name, port].concat();
    assert_eq!(source(&odd), Err(DecodeError::Invalid("length of an IP address")));
}

/// 9.8 TestDecodeCompoundMessage_Trunc: in a packet, those that are whole are handed over.
#[test]
fn cut_compound_gives_what_is_whole() {
    let whole = compound(&[b"\x08a", b"\x08bc", b"\x08def"]);
    for cut in 8..whole.len() {
        let seen = decoded(&bare(), &whole[..cut]).unwrap();
        let good = [10, 13, 17].iter().filter(|&&end| end <= cut).count();
        let mut expected: Vec<_> = [user(b"a"), user(b"bc")].into_iter().take(good).map(Ok).collect();
        expected.push(Err(DecodeError::Truncated));
        assert_eq!(seen, expected, "{cut}");
    }
    for cut in 1..8 {
        assert_eq!(decoded(&bare(), &whole[..cut]), Err(DecodeError::Truncated), "{cut}");
    }
    assert_eq!(decoded(&bare(), &[7, 0]), Ok(vec![]));
    assert_eq!(
        decoded(&bare(), &compound(&[b"", b"\x08a"])),
        Ok(vec![Err(DecodeError::Truncated), Ok(user(b"a"))])
    );
}

/// One bad message does not cost the others.
#[test]
fn bad_messages_and_containers_inside_are_told_apart_from_good_ones() {
    let packet =
        compound(&[b"\x08a", b"\x06", b"\x07\x05", b"\x09\xa0", b"\x0c\xb3\xb5\xc9\x39\x08a", b"\x08b"]);
    assert_eq!(
        decoded(&bare(), &packet),
        Ok(vec![
            Ok(user(b"a")),
            Err(DecodeError::UnknownKind(6)),
            Err(DecodeError::Truncated),
            Err(DecodeError::Invalid("struct")),
            Err(DecodeError::UnknownKind(12)),
            Ok(user(b"b")),
        ])
    );
}

#[test]
fn containers_may_be_in_one_another_eight_times() {
    let nested = |depth| (0..depth).fold(b"\x08a".to_vec(), |inside, _| compound(&[&inside]));
    assert_eq!(decoded(&bare(), &nested(8)), Ok(vec![Ok(user(b"a"))]));
    let too_deep = decoded(&bare(), &nested(9)).unwrap();
    assert!(matches!(too_deep[..], [Err(DecodeError::TooLarge { limit: 8, .. })]));
    assert!(decoded(&bare(), &nested(1_000)).is_ok());
    // Compressed in a compound in compressed ones.
    let text = [b"\x08", &[b'a'; 2_000][..]].concat();
    let packet = compressed(&compound(&[&compressed(&text), &compressed(&text)]));
    let seen = decoded(&bare(), &packet).unwrap();
    assert_eq!(seen, vec![Ok(Message::User(text[1..].to_vec().into())); 2]);
}

/// Containers in containers have one budget: what would multiply with each of them is given up.
#[test]
fn packet_becomes_no_more_than_64_kibibytes_and_a_thousand_messages() {
    let block = [b"\x08", &[0; 30_000][..]].concat();
    let blocks = compound(&[&compressed(&block)[..]; 100]);
    assert!(blocks.len() < 40_000);
    let seen = decoded(&bare(), &blocks).unwrap();
    assert_eq!(seen.iter().filter(|it| it.is_ok()).count(), 2);
    let refused = |it: &&Result<Msg, DecodeError>| {
        matches!(it, Err(DecodeError::TooLarge { what: "decompressed bytes", .. }))
    };
    assert_eq!(seen.iter().filter(refused).count(), 98);

    let empty = compound(&[&[][..]; 255]);
    let many = compound(&[&empty[..]; 100]);
    let seen = decoded(&bare(), &many).unwrap();
    assert_eq!(seen.len(), 1025);
    assert!(matches!(seen[1024], Err(DecodeError::TooLarge { what: "messages in a packet", .. })));
}

/// 9.8 TestDecompressPayload_Limit: a packet is never longer than a datagram, so what is in it isn't either.
#[test]
fn compressed_packet_is_bounded() {
    let fits = [b"\x08", &vec![0; 65_535][..]].concat();
    let user = Bytes::copy_from_slice(&fits[1..]);
    // A message of so many bytes goes into no compound, but alone it does.
    let packet = [&b"\x09\x82\xa4Algo\x00\xa3Buf"[..], &raw(&lzw_of_zeros_behind_8(65_535))].concat();
    assert_eq!(decoded(&bare(), &packet), Ok(vec![Ok(Message::User(user))]));
    let packet = [&b"\x09\x82\xa4Algo\x00\xa3Buf"[..], &raw(&lzw_of_zeros_behind_8(65_536))].concat();
    assert!(matches!(
        decoded(&bare(), &packet),
        Err(DecodeError::TooLarge { what: "decompressed bytes", .. })
    ));
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    [&[0xda][..], &(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// The kind of a user message, and zeros, in the simplest codes that there are: one after the other, each as long as the one before and a zero more.
fn lzw_of_zeros_behind_8(mut zeros: usize) -> Vec<u8> {
    let mut codes = vec![256, 8, 0];
    zeros -= 1;
    // Code 259 stands for two zeros, 260 for three.
    for (code, len) in (259..).zip(2..) {
        if zeros < len {
            break;
        }
        codes.push(code);
        zeros -= len;
    }
    codes.extend(std::iter::repeat_n(0, zeros));
    codes.push(257);
    let (mut bits, mut width, mut high) = (Vec::new(), 9, 257);
    for code in codes {
        bits.extend((0..width).map(|bit| code >> bit & 1 == 1));
        if code != 256 {
            high += 1;
            width += u32::from(high == 1 << width);
        }
    }
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit))).collect()
}

/// 9.5 TestIngestPacket_CRC
#[test]
fn wrong_checksums_are_refused_and_those_that_are_none_are_not_looked_at() {
    assert_eq!(decoded(&bare(), b"\x0c\xb3\xb5\xc9\x39\x08a"), Ok(vec![Ok(user(b"a"))]));
    assert_eq!(decoded(&bare(), b"\x0c\xb3\xb5\xc9\x38\x08a"), Err(DecodeError::ChecksumMismatch));
    assert_eq!(decoded(&bare(), b"\x0c\xb3\xb5\xc9\x39\x08b"), Err(DecodeError::ChecksumMismatch));
    assert_eq!(decoded(&bare(), b"\x0c\xb3\xb5\xc9"), Err(DecodeError::Truncated));
    assert_eq!(decoded(&bare(), b"\x08\xb3\xb5\xc9\x39\x08a"), Ok(vec![Ok(user(b"\xb3\xb5\xc9\x39\x08a"))]));
}

/// 9.5 TestRawSendUdp_CRC, Q13: five bytes more, and only for those who say with their versions that they understand them.
#[test]
fn checksum_goes_to_those_who_read_it() {
    let of = |versions| wire().layers(versions).unwrap();
    let older = Versions { protocol_max: 4, ..Versions::default() };
    let wanted = Framing::new();
    let message = [Bytes::from_static(b"\x08hi")];
    let packet = |layers| wire().encode_packet(&wire().readable(&wanted, layers), &message).unwrap();
    assert_eq!(packet(of(Versions::default())), &b"\x0c\x68\x18\xb0\xf9\x08hi"[..]);
    assert_eq!(packet(of(older)), &b"\x08hi"[..]);
    assert_eq!(packet(Layers::BASE), &b"\x08hi"[..]);
    assert!(!wire().is_base(&wanted));
    assert!(wire().is_base(&bare()));
    assert_eq!(wire().base_checksum(), None);
}

/// Q6, Q25
#[test]
fn what_does_not_fit_is_refused() {
    let one = Bytes::from_static(b"\x08");
    let refused = |messages: &[Bytes]| wire().encode_packet(&bare(), messages).unwrap_err();
    assert!(matches!(refused(&[]), EncodeError::Unsupported(_)));
    assert!(matches!(refused(&[Bytes::new()]), EncodeError::Unsupported(_)));
    assert!(matches!(refused(&vec![one.clone(); 256]), EncodeError::TooLarge { limit: 255, .. }));
    assert!(matches!(refused(&[vec![8; 65_536].into()]), EncodeError::TooLarge { limit: 65_535, .. }));
    assert_eq!(wire().max_packet_messages(), 255);
    let all = decoded(&bare(), &wire().encode_packet(&bare(), &vec![one; 255]).unwrap()).unwrap();
    assert_eq!(all, vec![Ok(user(b"")); 255]);
}

#[test]
fn what_the_wire_has_not_is_unsupported() {
    let broadcast = Message::Broadcast(Broadcast { origin: "a".into(), number: 1, payload: Bytes::new() });
    let mut out = Vec::new();
    assert!(matches!(wire().encode_message(&broadcast, &mut out), Err(EncodeError::Unsupported(_))));
    assert!(out.is_empty());
    let features = wire().features();
    assert!(features.nack && features.stream_ping && !features.push_pull_parts);
    assert_eq!(wire().check_framing(&Framing::new()), Ok(()));
    assert_eq!(wire().check_framing(&bare().with_label(Label::new("foo").unwrap())), Ok(()));
}

/// Of the layers of this project's own wire, this one has none but crc32.
#[test]
fn framing_with_other_layers_is_refused_when_a_node_starts_and_when_it_sends() {
    let mut framings = Vec::new();
    for &algorithm in memberlist_types::CompressionAlgorithm::ALL {
        framings.push(bare().with_compression(Some(memberlist_types::Compression::new(algorithm))));
    }
    for &checksum in ChecksumAlgorithm::ALL.iter().filter(|&&checksum| checksum != ChecksumAlgorithm::Crc32) {
        framings.push(Framing::new().with_checksum(Some(checksum)));
    }
    for framing in framings {
        assert!(matches!(wire().check_framing(&framing), Err(EncodeError::Unsupported(_))), "{framing}");
        let sent = wire().encode_packet(&framing, &[Bytes::from_static(b"\x08")]);
        assert!(matches!(sent, Err(EncodeError::Unsupported(_))), "{framing}");
    }
}

#[test]
fn packets_of_other_protocols_are_told_by_their_first_byte() {
    for first in [0xd1, 0xe1, 0x15, 0x16] {
        assert_eq!(decoded(&bare(), &[first, 0, 0]), Err(DecodeError::BadMagic(first)));
    }
    assert_eq!(decoded(&bare(), &[14, 0, 0]), Ok(vec![Err(DecodeError::UnknownKind(14))]));
    assert_eq!(decoded(&bare(), &[]), Err(DecodeError::Truncated));
}

/// The first byte of an encrypted packet is that of a ping: without keys it is told by what follows.
#[test]
fn encrypted_packets_are_recognized_without_keys() {
    let nonce_first = |byte| [&[1, byte][..], &[7; 40]].concat();
    assert_eq!(decoded(&bare(), &nonce_first(0x00)), Err(DecodeError::NoKey));
    assert_eq!(decoded(&bare(), &nonce_first(0xff)), Err(DecodeError::NoKey));
    let seen = decoded(&bare(), &nonce_first(0x82)).unwrap();
    assert!(matches!(seen[..], [Err(DecodeError::Invalid("key"))]));
}
