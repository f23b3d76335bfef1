//! The layers of frames, in combinations of which every two things meet: checksum, compression, encryption, label, transport, runtime.

use crate::{memory::Memory, quic::Quic, runtimes::Runs, tcp::Tcp, tls::Tls};
use agnostic::{smol::SmolRuntime, tokio::TokioRuntime};
use memberlist_async_std::AsyncStdRuntime;
use memberlist_conformance::{AddressIn, Bound, Fixture, pairwise, story};
use memberlist_core::{
    UserAddressOf,
    types::{
        ChecksumAlgorithm, Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring, Label,
        SecretKey,
    },
};
use std::future::Future;

const TRANSPORTS: [&str; 6] = ["memory", "tcp", "tcp alone", "tls", "tls alone", "quic"];
const RUNTIMES: [&str; 3] = ["tokio", "smol", "async-std"];

/// The rows, as indices into what there is to choose from; 0 stands for none where there may be none.
fn rows() -> Vec<Vec<usize>> {
    pairwise(&[
        ChecksumAlgorithm::ALL.len() + 1,
        CompressionAlgorithm::ALL.len() + 1,
        EncryptionAlgorithm::ALL.len() + 1,
        2,
        TRANSPORTS.len(),
        RUNTIMES.len(),
    ])
}

fn chosen<T: Copy>(all: &[T], choice: usize) -> Option<T> {
    choice.checked_sub(1).map(|at| all[at])
}

fn framing(row: &[usize]) -> Framing {
    let keyring = |algorithm: EncryptionAlgorithm| {
        let key = SecretKey::new(algorithm, &vec![7; algorithm.key_len()]).unwrap();
        Keyring::new().unwrap().with_key(&key)
    };
    Framing::new()
        .with_checksum(chosen(ChecksumAlgorithm::ALL, row[0]))
        .with_compression(chosen(CompressionAlgorithm::ALL, row[1]).map(Compression::new))
        .with_keyring(chosen(EncryptionAlgorithm::ALL, row[2]).map(keyring))
        .with_label(Label::new(if row[3] == 0 { "" } else { "frames" }).unwrap())
}

/// A fixture whose nodes wrap what they send in this way.
struct Framed<F>(F, Framing);

impl<F: Fixture> Fixture for Framed<F> {
    type Transport = F::Transport;

    async fn bind(&self, at: Option<&AddressIn<Self>>) -> Bound<Self> {
        self.0.bind(at).await
    }

    fn seed(&self, address: &AddressIn<Self>) -> UserAddressOf<F::Transport> {
        self.0.seed(address)
    }

    fn block_on<T>(test: impl Future<Output = T>) -> T {
        F::block_on(test)
    }

    fn framing(&self) -> Framing {
        self.1.clone()
    }
}

/// Tells the story with each row that has this transport and runtime.
fn tell<F: Fixture>(transport: &str, runtime: &str, fixture: impl Fn() -> F) {
    let at = |all: &[&str], name| all.iter().position(|other| *other == name).unwrap();
    let (transport, runtime) = (at(&TRANSPORTS, transport), at(&RUNTIMES, runtime));
    let mut told = 0;
    for row in rows().iter().filter(|row| row[4] == transport && row[5] == runtime) {
        let framing = framing(row);
        eprintln!("{framing}");
        F::block_on(story(&Framed(fixture(), framing.clone())));
        if let Some(keyring) = framing.keyring {
            let used = keyring.keys()[0];
            assert!(used.encrypted > 0 && used.decrypted > 0, "the key was not used: {used:?}");
        }
        told += 1;
    }
    assert!(told > 0, "this transport and this runtime never meet");
}

fn memory<R: Runs>(runtime: &str) {
    tell("memory", runtime, Memory::<R>::new);
}

fn tcp<R: Runs>(runtime: &str) {
    tell("tcp", runtime, || Tcp::<R>::new(false));
}

fn tcp_alone<R: Runs>(runtime: &str) {
    tell("tcp alone", runtime, || Tcp::<R>::new(true));
}

fn tls<R: Runs>(runtime: &str) {
    tell("tls", runtime, || Tls::<R>::new(false));
}

fn tls_alone<R: Runs>(runtime: &str) {
    tell("tls alone", runtime, || Tls::<R>::new(true));
}

fn quic<R: Runs>(runtime: &str) {
    tell("quic", runtime, Quic::<R>::new);
}

macro_rules! on_each_runtime {
    ($($transport:ident: $on_tokio:ident $on_smol:ident $on_async_std:ident;)*) => {$(
        #[test]
        fn $on_tokio() {
            $transport::<TokioRuntime>("tokio");
        }

        #[test]
        fn $on_smol() {
            $transport::<SmolRuntime>("smol");
        }

        #[test]
        fn $on_async_std() {
            $transport::<AsyncStdRuntime>("async-std");
        }
    )*};
}

on_each_runtime! {
    memory: frames_in_memory_on_tokio frames_in_memory_on_smol frames_in_memory_on_async_std;
    tcp: frames_over_tcp_on_tokio frames_over_tcp_on_smol frames_over_tcp_on_async_std;
    tcp_alone: frames_over_tcp_alone_on_tokio frames_over_tcp_alone_on_smol frames_over_tcp_alone_on_async_std;
    tls: frames_over_tls_on_tokio frames_over_tls_on_smol frames_over_tls_on_async_std;
    tls_alone: frames_over_tls_alone_on_tokio frames_over_tls_alone_on_smol frames_over_tls_alone_on_async_std;
    quic: frames_over_quic_on_tokio frames_over_quic_on_smol frames_over_quic_on_async_std;
}

/// All algorithms are there, and the rows are as few as they can nearly be.
#[test]
fn every_algorithm_is_in_some_row() {
    let rows = rows();
    assert_eq!(
        (ChecksumAlgorithm::ALL.len(), CompressionAlgorithm::ALL.len(), EncryptionAlgorithm::ALL.len()),
        (5, 4, 4)
    );
    assert!((36..=48).contains(&rows.len()), "{} rows", rows.len());
}
