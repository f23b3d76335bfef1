//! `Capabilities` are true. Proving what is claimed of security needs somebody in the middle: see `Fixture::relay`.

use crate::{
    Fixture, Relay,
    fixture::AddressIn,
    support::{Support, assert_same, pattern},
};
use futures_util::{AsyncReadExt, AsyncWriteExt, future::select};
use memberlist_core::{Transport, TransportError};
use std::{pin::pin, time::Duration};

const SECRET: &[u8] = b"what nobody on the way may read: 8c1d6f0e5ab94c27";

async fn relay<F: Fixture>(fixture: &F, claim: &str, to: &AddressIn<F>) -> Box<dyn Relay<AddressIn<F>>> {
    let Some(relay) = fixture.within("a relay is set up", fixture.relay(to)).await else {
        panic!("`{claim}` is claimed, and the fixture has no relay to prove it with");
    };
    relay
}

fn contains(heard: &[u8], text: &[u8]) -> bool {
    heard.windows(text.len()).any(|part| part == text)
}

/// `secure_packets`: who listens on the way reads nothing of them.
pub(crate) async fn packets_claimed_to_be_secure_are_unreadable_on_the_way<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    if !a.capabilities().secure_packets {
        return;
    }
    let relay = relay(fixture, "secure_packets", b.advertise_address()).await;
    send_until(
        fixture,
        &a,
        relay.address(),
        async || while fixture.received(b.recv_packet().await).data != SECRET {},
    )
    .await;
    let heard = relay.heard();
    assert!(heard.len() > SECRET.len(), "the packet did not pass the relay");
    assert!(!contains(&heard, SECRET), "packets are claimed to be secure, and can be read on the way");
}

/// `secure_streams`: who listens on the way reads nothing of them.
pub(crate) async fn streams_claimed_to_be_secure_are_unreadable_on_the_way<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    if !a.capabilities().secure_streams {
        return;
    }
    let relay = relay(fixture, "secure_streams", b.advertise_address()).await;
    let ask = async {
        let mut stream = fixture.open(&a, relay.address()).await;
        fixture.write(&mut stream, SECRET).await;
        fixture.close(&mut stream).await;
        assert_same("the answer through a relay", &fixture.read_to_end(&mut stream).await, SECRET);
    };
    let answer = async {
        let (_, mut stream) = fixture.accept(&b).await;
        let heard = fixture.read_to_end(&mut stream).await;
        fixture.write(&mut stream, &heard).await;
        fixture.close(&mut stream).await;
    };
    futures_util::future::join(ask, answer).await;
    let heard = relay.heard();
    assert!(heard.len() > SECRET.len(), "the stream did not pass the relay");
    assert!(!contains(&heard, SECRET), "streams are claimed to be secure, and can be read on the way");
}

/// `checked_packets` (and `secure_packets`, which says more): what is changed on the way does not arrive.
pub(crate) async fn packets_claimed_to_be_checked_arrive_unchanged_or_not_at_all<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let capabilities = a.capabilities();
    if !capabilities.checked_packets && !capabilities.secure_packets {
        return;
    }
    let relay = relay(fixture, "checked_packets", b.advertise_address()).await;
    let clean = async || while fixture.received(b.recv_packet().await).data != SECRET {};
    send_until(fixture, &a, relay.address(), clean).await;
    relay.set_tampering(true);
    for number in 0..30 {
        let sent = a.send_packet(relay.address(), pattern(number, 300).into());
        if let Some(Err(error)) = fixture.briefly(Duration::from_millis(100), sent).await {
            assert!(error.is_remote() && !error.is_closed(), "tampering on the way: {error}");
        }
        fixture.pause().await;
    }
    relay.set_tampering(false);
    // Whatever became of the way, it is found again; and of the thirty only what is unchanged came.
    let clean = async || loop {
        let packet = fixture.received(b.recv_packet().await);
        if packet.data == SECRET {
            break;
        }
        let sent = (0..30).any(|number| packet.data == pattern(number, 300));
        assert!(sent, "packets are claimed to be checked, and one that was changed on the way arrives");
    };
    send_until(fixture, &a, relay.address(), clean).await;
}

/// `secure_streams`: what is changed on the way ends the stream, and is not believed.
pub(crate) async fn streams_claimed_to_be_secure_break_when_they_are_changed<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    if !a.capabilities().secure_streams {
        return;
    }
    let relay = relay(fixture, "secure_streams", b.advertise_address()).await;
    let bytes = pattern(99, 200_000);
    let open = async {
        let mut stream = fixture.open(&a, relay.address()).await;
        fixture.write(&mut stream, &bytes[..1_000]).await;
        stream
    };
    let (mut writer, (_, mut reader)) = futures_util::future::join(open, fixture.accept(&b)).await;
    let mut heard = fixture.read(&mut reader, 1_000).await;
    relay.set_tampering(true);
    let say = async {
        let _cut_off = writer.write_all(&bytes[1_000..]).await;
        let _cut_off = writer.close().await;
        std::future::pending::<()>().await;
    };
    let hear = async {
        let _cut_off = reader.read_to_end(&mut heard).await;
    };
    // A medium may also repeat what was lost, again and again, and so never get through.
    fixture.briefly(Duration::from_secs(1), select(pin!(say), pin!(hear))).await;
    assert!(
        bytes.starts_with(&heard),
        "streams are claimed to be secure, and bytes changed on the way are believed"
    );
    drop(relay);
    fixture.works(&a, &b).await;
}

/// Sends the secret again and again while somebody waits for it.
async fn send_until<F: Fixture>(fixture: &F, from: &F::Transport, to: &AddressIn<F>, heard: impl AsyncFn()) {
    let send = async || {
        let sent = from.send_packet(to, SECRET.into());
        if let Some(Err(error)) = fixture.briefly(Duration::from_secs(1), sent).await {
            assert!(error.is_remote(), "sending through a relay: {error}");
        }
    };
    fixture.repeating("a packet through a relay arrives", send, heard()).await;
}
