//! What all tests are written with.

use crate::{
    Fixture,
    fixture::{AddressIn, RuntimeIn, StreamIn},
};
use agnostic::RuntimeLite;
use bytes::Bytes;
use futures_util::{
    AsyncReadExt, AsyncWriteExt, FutureExt,
    future::{Either, select},
};
use memberlist_core::{Packet, Transport, TransportError};
use std::{future::Future, pin::pin, time::Duration};

/// A pause between two looks at something, or after something that may have been lost.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);
/// After this time a packet is held for lost and sent again.
const RESEND: Duration = Duration::from_millis(300);

/// Bytes that are told from others of another seed or length, and from themselves in another order.
pub(crate) fn pattern(seed: u8, len: usize) -> Vec<u8> {
    let mut state = u32::from(seed).wrapping_mul(0x9E37_79B9) ^ len as u32;
    let mut bytes = Vec::with_capacity(len + 4);
    while bytes.len() < len {
        state = state.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        bytes.extend_from_slice(&(state ^ (state >> 15)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Says where two texts of bytes differ first, which is of more use than both in full.
#[track_caller]
pub(crate) fn assert_same(what: &str, actual: &[u8], expected: &[u8]) {
    if actual == expected {
        return;
    }
    let at = actual.iter().zip(expected).take_while(|(one, other)| one == other).count();
    panic!("{what}: {} bytes came of {}, and they differ from byte {at} on", actual.len(), expected.len());
}

pub(crate) trait Support: Fixture {
    /// The result, which must come in time.
    async fn within<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        match select(pin!(future), pin!(RuntimeIn::<Self>::sleep(self.patience()))).await {
            Either::Left((output, _)) => output,
            Either::Right(_) => panic!("not within {:?}: {what}", self.patience()),
        }
    }

    /// The result, if it comes within this time.
    async fn briefly<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), pin!(RuntimeIn::<Self>::sleep(time))).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    /// Waits until a condition holds.
    async fn eventually(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let holds = async {
            while !condition() {
                self.pause().await;
            }
        };
        self.within(what, holds).await;
    }

    /// Waits for something that must come in time, and meanwhile does again and again what may get lost.
    async fn repeating<T>(
        &self,
        what: &str,
        mut again: impl AsyncFnMut(),
        until: impl Future<Output = T>,
    ) -> T {
        let repeat = async {
            loop {
                again().await;
                RuntimeIn::<Self>::sleep(RESEND).await;
            }
        };
        let both = async {
            match select(pin!(until), pin!(repeat)).await {
                Either::Left((output, _)) => output,
                Either::Right((never, _)) => never,
            }
        };
        self.within(what, both).await
    }

    async fn pause(&self) {
        RuntimeIn::<Self>::sleep(PAUSE).await;
    }

    /// A transport at an address of its own.
    async fn fresh(&self) -> Self::Transport {
        match self.within("binding a transport", self.bind(None)).await {
            Ok(transport) => transport,
            Err(error) => panic!("a fresh address can't be bound: {error}"),
        }
    }

    /// A transport where one was that has been shut down.
    async fn again(&self, at: &AddressIn<Self>) -> Self::Transport {
        match self.within("binding a transport again", self.bind(Some(at))).await {
            Ok(transport) => transport,
            Err(error) => panic!("{at} was given back and can't be bound again: {error}"),
        }
    }

    /// A transport where one was that was merely dropped, or whose medium needs a moment.
    async fn again_soon(&self, at: &AddressIn<Self>) -> Self::Transport {
        let bound = async {
            loop {
                match self.bind(Some(at)).await {
                    Ok(transport) => return transport,
                    Err(_in_use) => self.pause().await,
                }
            }
        };
        self.within(&format!("{at} can be bound again"), bound).await
    }

    /// Sends until it arrives (a packet may be lost), and gives it as it arrived. What else arrives is handed to `other`.
    async fn deliver_past(
        &self,
        from: &Self::Transport,
        to: &Self::Transport,
        data: impl Into<Bytes>,
        mut other: impl FnMut(Packet<AddressIn<Self>>),
    ) -> Packet<AddressIn<Self>> {
        let (data, target) = (data.into(), to.advertise_address());
        let send = async || {
            if let Err(error) = from.send_packet(target, data.clone()).await {
                // A way that has just been lost may say so once more; the next packet finds a new one.
                assert!(error.is_remote(), "a packet of {} bytes to {target}: {error}", data.len());
            }
        };
        let receive = async {
            loop {
                let packet = self.received(to.recv_packet().await);
                if packet.data == data {
                    return packet;
                }
                other(packet);
            }
        };
        let what =
            format!("a packet of {} bytes from {} arrives at {target}", data.len(), from.advertise_address());
        self.repeating(&what, send, receive).await
    }

    /// Sends until it arrives.
    async fn deliver(
        &self,
        from: &Self::Transport,
        to: &Self::Transport,
        data: impl Into<Bytes>,
    ) -> Packet<AddressIn<Self>> {
        self.deliver_past(from, to, data, |_| ()).await
    }

    fn received(
        &self,
        outcome: Result<Packet<AddressIn<Self>>, <Self::Transport as Transport>::Error>,
    ) -> Packet<AddressIn<Self>> {
        match outcome {
            Ok(packet) => packet,
            Err(error) => panic!("receiving packets fails: {error}"),
        }
    }

    async fn open(&self, from: &Self::Transport, to: &AddressIn<Self>) -> StreamIn<Self> {
        match self.within(&format!("opening a stream to {to}"), from.open_stream(to)).await {
            Ok(stream) => stream,
            Err(error) => panic!("no stream to {to}: {error}"),
        }
    }

    async fn accept(&self, at: &Self::Transport) -> (AddressIn<Self>, StreamIn<Self>) {
        let what = format!("a stream is accepted at {}", at.advertise_address());
        match self.within(&what, at.accept_stream()).await {
            Ok(accepted) => accepted,
            Err(error) => panic!("accepting streams fails: {error}"),
        }
    }

    /// Both ends of a new stream, on which the opener has said `hello` already: a transport may wait for the first bytes
    /// before it hands a stream out.
    async fn stream(
        &self,
        from: &Self::Transport,
        to: &Self::Transport,
        hello: &[u8],
    ) -> (StreamIn<Self>, StreamIn<Self>) {
        let open = async {
            let mut stream = self.open(from, to.advertise_address()).await;
            self.write(&mut stream, hello).await;
            stream
        };
        let accept = async {
            let (_, mut stream) = self.accept(to).await;
            let heard = self.read(&mut stream, hello.len()).await;
            assert_same("the first words on a stream", &heard, hello);
            stream
        };
        futures_util::future::join(open, accept).await
    }

    async fn write(&self, stream: &mut StreamIn<Self>, bytes: &[u8]) {
        let written = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        if let Err(error) = self.within("writing to a stream", written).await {
            panic!("writing {} bytes to a stream: {error}", bytes.len());
        }
    }

    async fn close(&self, stream: &mut StreamIn<Self>) {
        if let Err(error) = self.within("closing a stream", stream.close()).await {
            panic!("closing a stream: {error}");
        }
    }

    async fn read(&self, stream: &mut StreamIn<Self>, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let read = self.within("reading from a stream", stream.read_exact(&mut bytes)).await;
        if let Err(error) = read {
            panic!("reading {len} bytes from a stream: {error}");
        }
        bytes
    }

    async fn read_to_end(&self, stream: &mut StreamIn<Self>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = self.within("the end of a stream", stream.read_to_end(&mut bytes)).await;
        if let Err(error) = read {
            panic!("a stream ends with an error after {} bytes: {error}", bytes.len());
        }
        bytes
    }

    /// Waits for the stream to end, in whatever way; gives what still came.
    async fn ends(&self, what: &str, stream: &mut StreamIn<Self>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ended = self.within(what, stream.read_to_end(&mut bytes)).await;
        bytes
    }

    /// Asks on a stream, and has it answered with the same.
    async fn echo(&self, from: &Self::Transport, to: &Self::Transport, text: &[u8]) {
        let ask = async {
            let mut stream = self.open(from, to.advertise_address()).await;
            self.write(&mut stream, text).await;
            self.close(&mut stream).await;
            assert_same("the answer on a stream", &self.read_to_end(&mut stream).await, text);
        };
        let answer = async {
            let (_, mut stream) = self.accept(to).await;
            // Compared here, too: what is changed there and back may come out right.
            let heard = self.read_to_end(&mut stream).await;
            assert_same("the question on a stream", &heard, text);
            self.write(&mut stream, &heard).await;
            self.close(&mut stream).await;
        };
        futures_util::future::join(ask, answer).await;
    }

    /// Asks on a stream, on another one if that fails, until one is answered; for ways on which one may fail still.
    async fn echo_soon(&self, from: &Self::Transport, to: &Self::Transport) {
        let attempt = async || {
            let mut stream = from.open_stream(to.advertise_address()).await.ok()?;
            stream.write_all(b"still?").await.ok()?;
            stream.close().await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            (answer == b"still").then_some(())
        };
        let ask = async {
            while self.briefly(Duration::from_secs(5), attempt()).await.flatten().is_none() {
                self.pause().await;
            }
        };
        let serve = async {
            loop {
                let (_, mut stream) = self.accept(to).await;
                let mut heard = Vec::new();
                if stream.read_to_end(&mut heard).await.is_ok() && heard == b"still?" {
                    let _asker_has_gone = stream.write_all(b"still").await;
                    let _asker_has_gone = stream.close().await;
                }
            }
        };
        self.within("a stream is answered", select(pin!(ask), pin!(serve))).await;
    }

    /// Packets and streams pass, both ways: whatever happened before did no lasting harm.
    async fn works(&self, one: &Self::Transport, other: &Self::Transport) {
        self.deliver(one, other, "does it work?").await;
        self.deliver(other, one, "it does").await;
        self.echo(one, other, b"and streams?").await;
        self.echo(other, one, b"they do").await;
    }
}

impl<F: Fixture> Support for F {}

/// Polls a future once and drops it.
pub(crate) async fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.poll_unpin(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
