//! From binding to the end: an address that is real, an end that is complete.

use crate::{
    Fixture,
    support::{Support, poll_once},
};
use futures_util::future::{join, join3};
use memberlist_core::{ResolveAll, Transport, TransportError};
use std::pin::pin;

/// W-55: what is advertised is where it is really reached, is nobody else's, and is what its seed stands for.
pub(crate) async fn advertised_address_is_real<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    assert_ne!(a.advertise_address(), b.advertise_address(), "two transports have one address");
    for (here, there) in [(&a, &b), (&b, &a)] {
        let address = there.advertise_address();
        assert!(here.is_allowed(address), "{address} is not allowed");
        assert!(there.is_allowed(address), "{address} is not allowed by itself");
        let seed = fixture.seed(address);
        let resolved = here.resolver().resolve_all(&seed);
        match fixture.within("a seed is resolved", resolved).await {
            Ok(all) => assert!(all.contains(address), "the seed of {address} stands for others"),
            Err(error) => panic!("the seed of {address} can't be resolved: {error:?}"),
        }
    }
    fixture.works(&a, &b).await;
}

/// W-55 (double start): an address that is in use is an error, and whoever uses it goes on undisturbed.
pub(crate) async fn address_in_use_is_an_error<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let second = fixture.within("binding", fixture.bind(Some(a.advertise_address()))).await;
    let Err(error) = second else { panic!("{} is bound twice", a.advertise_address()) };
    assert!(!error.is_closed(), "an address in use is taken for the end: {error}");
    fixture.works(&a, &b).await;
}

/// W-55 (send after stop): everything after the end is an error that says so; the end itself may be asked for again.
pub(crate) async fn calls_after_the_end_are_errors_that_say_so<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.works(&a, &b).await;
    let ends = join3(a.shutdown(), a.shutdown(), a.shutdown());
    fixture.within("three shutdowns at once", ends).await;
    fixture.within("a shutdown after the shutdown", a.shutdown()).await;
    for to in [a.advertise_address(), b.advertise_address()] {
        let sent = fixture.within("a send after the end", a.send_packet(to, "late".into())).await;
        closed("a send after the end", sent);
        closed("an open after the end", fixture.within("an open after the end", a.open_stream(to)).await);
    }
    closed("a receive after the end", fixture.within("a receive after the end", a.recv_packet()).await);
    closed("an accept after the end", fixture.within("an accept after the end", a.accept_stream()).await);
    // What can still be asked has its answer.
    assert_ne!(a.advertise_address(), b.advertise_address());
    let _ = (a.capabilities(), a.is_allowed(b.advertise_address()));
}

fn closed<T, E: TransportError>(what: &str, outcome: Result<T, E>) {
    match outcome {
        Ok(_) => panic!("{what} succeeds"),
        Err(error) => {
            assert!(error.is_closed(), "{what} does not say that it is the end: {error}");
            assert!(!error.is_remote(), "{what} is blamed on the peer: {error}");
        }
    }
}

/// Whoever waits when the end comes is told.
pub(crate) async fn waiting_calls_end_with_the_transport<F: Fixture>(fixture: &F) {
    let a = fixture.fresh().await;
    let end = async {
        // The others wait by now: they were polled first.
        fixture.pause().await;
        a.shutdown().await;
    };
    let waiting = join3(a.recv_packet(), a.accept_stream(), end);
    let (received, accepted, ()) = fixture.within("waiting calls end with the transport", waiting).await;
    closed("a receive that waited", received);
    closed("an accept that waited", accepted);
}

/// Whoever shuts down may hold calls that it began and does not poll meanwhile: waiting for them would be waiting for ever.
pub(crate) async fn shutdown_waits_for_no_call_that_is_not_polled<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let mut receiving = pin!(a.recv_packet());
    let mut accepting = pin!(a.accept_stream());
    let mut opening = pin!(a.open_stream(b.advertise_address()));
    let began = (
        poll_once(receiving.as_mut()).await.is_none(),
        poll_once(accepting.as_mut()).await.is_none(),
        poll_once(opening.as_mut()).await.is_none(),
    );
    let _sending = poll_once(a.send_packet(b.advertise_address(), "on its way".into())).await;
    fixture.within("a shutdown beside calls that nobody polls", a.shutdown()).await;
    if began.0 {
        closed("a receive that was not polled", fixture.within("its end", receiving).await);
    }
    if began.1 {
        closed("an accept that was not polled", fixture.within("its end", accepting).await);
    }
    if began.2 {
        // It may have been done, and only not told yet.
        if let Err(error) = fixture.within("its end", opening).await {
            assert!(error.is_closed(), "an open that was not polled: {error}");
        }
    }
}

/// W-55 (single use; the address after it): when `shutdown` returns the address is free, with streams in every state.
pub(crate) async fn address_is_free_after_shutdown<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let address = a.advertise_address().clone();
    fixture.works(&a, &b).await;
    let (taken, _accepted) = fixture.stream(&b, &a, b"this somebody accepts").await;
    let mut waiting = fixture.open(&b, &address).await;
    fixture.write(&mut waiting, b"and this nobody").await;
    let _silent = fixture.open(&b, &address).await;
    fixture.within("a shutdown", a.shutdown()).await;
    let again = fixture.again(&address).await;
    assert_eq!(again.advertise_address(), &address);
    drop((a, taken));
    fixture.deliver(&b, &again, "again").await;
    fixture.deliver(&again, &b, "and again").await;
}

/// Dropping does the same in the background.
pub(crate) async fn address_is_free_after_drop<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let address = a.advertise_address().clone();
    fixture.works(&a, &b).await;
    let _silent = fixture.open(&b, &address).await;
    drop(a);
    let again = fixture.again_soon(&address).await;
    fixture.deliver(&b, &again, "again").await;
}

/// Life after life at one address, and nothing accumulates that would end it.
pub(crate) async fn many_lives_at_one_address<F: Fixture>(fixture: &F) {
    let (mut a, b) = (fixture.fresh().await, fixture.fresh().await);
    let address = a.advertise_address().clone();
    for life in 0..8_u8 {
        fixture.deliver(&a, &b, vec![life; 10]).await;
        fixture.echo(&a, &b, &[life; 20]).await;
        fixture.within("a shutdown", a.shutdown()).await;
        drop(a);
        a = fixture.again(&address).await;
    }
    fixture.works(&a, &b).await;
}

/// Who waits on a stream that nobody took finds it ended when the transport has, not silent.
pub(crate) async fn streams_that_nobody_took_end_with_the_transport<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let mut stream = fixture.open(&a, b.advertise_address()).await;
    fixture.write(&mut stream, b"anybody?").await;
    // It has arrived when what came after it has; packets may overtake it, which is no harm.
    fixture.deliver(&a, &b, "then this").await;
    fixture.within("a shutdown", b.shutdown()).await;
    drop(b);
    let heard = fixture.ends("the end of a stream that nobody took", &mut stream).await;
    assert_eq!(heard, b"", "nobody took it, and somebody answered");
}

/// Streams that were handed out end at the latest when their transport has ended and they are dropped.
pub(crate) async fn streams_in_use_end_with_their_holder<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut ours, theirs) = fixture.stream(&a, &b, b"hello").await;
    let end = async {
        fixture.pause().await;
        fixture.within("a shutdown", b.shutdown()).await;
        drop(theirs);
    };
    let (heard, ()) = join(fixture.ends("the end of a stream whose holder is gone", &mut ours), end).await;
    assert_eq!(heard, b"");
    drop(b);
    let other = fixture.fresh().await;
    fixture.works(&a, &other).await;
}
