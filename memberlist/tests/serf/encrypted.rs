//! Clusters with keys.

use crate::ours::{Fate, Ours, Plan};
use crate::{Agent, Setup, all_see, wait};
use memberlist::prelude::*;

/// AES-128, -192 and -256, in base64 and as bytes.
const KEYS: [(&str, &[u8]); 3] = [
    ("MDEyMzQ1Njc4OWFiY2RlZg==", b"0123456789abcdef"),
    ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", b"0123456789abcdef01234567"),
    ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", b"0123456789abcdef0123456789abcdef"),
];

fn secret(key: &[u8]) -> SecretKey {
    let algorithm = match key.len() {
        16 => EncryptionAlgorithm::Aes128Gcm,
        24 => EncryptionAlgorithm::Aes192Gcm,
        _ => EncryptionAlgorithm::Aes256Gcm,
    };
    SecretKey::new(algorithm, key).unwrap()
}

fn keyring(key: &[u8]) -> Keyring {
    Keyring::new().unwrap().with_key(&secret(key))
}

async fn pair(name: &str, (text, bytes): (&str, &[u8]), compress: bool) -> (Agent, Ours) {
    let setup = Setup::new(&format!("go-{name}")).encrypt(text);
    let agent = if compress { setup } else { setup.with("-disable-compression") }.start();
    let wire = memberlist::hashicorp::HashicorpWire::new().with_compression(compress);
    let node = Plan::new(&format!("rust-{name}")).wire(wire).keyring(&keyring(bytes)).start().await;
    (agent, node)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_join_an_encrypted_agent_with_each_length_of_key() {
    for (number, key) in KEYS.into_iter().enumerate() {
        let (agent, mut node) = pair(&number.to_string(), key, number == 0).await;
        node.join(agent.address).await;
        all_see(&[&agent], &[&node], &[&agent.name, node.name()]);
        assert_eq!(agent.complaints(), Vec::<String>::new());
        assert_eq!(node.complaints(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn encrypted_agent_joins_us_with_each_length_of_key() {
    for (number, key) in KEYS.into_iter().enumerate() {
        let (agent, mut node) = pair(&number.to_string(), key, number == 1).await;
        agent.join(node.address);
        all_see(&[&agent], &[&node], &[&agent.name, node.name()]);
        assert_eq!(agent.complaints(), Vec::<String>::new());
        assert_eq!(node.complaints(), Vec::<String>::new());
    }
}

/// Without the right key nobody comes in, whoever dials.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn without_the_key_nobody_joins() {
    let agent = Setup::new("go").encrypt(KEYS[0].0).start();
    let open = Plan::new("open").start().await;
    let other = Plan::new("other").keyring(&keyring(b"another key 0123")).start().await;
    for node in [&open, &other] {
        assert!(node.node.join(agent.address).await.is_err());
        assert!(agent.ask(&["join", &node.address.to_string()]).is_err());
        assert_eq!(node.members(), [node.name()]);
    }
    assert_eq!(agent.alive(), ["go"]);
}

/// G-14: the agents' own commands change their keys, our node's ring is changed beside them, and nobody is suspected meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn keys_rotate_in_a_mixed_cluster() {
    let (go1, go2) =
        (Setup::new("go1").encrypt(KEYS[0].0).start(), Setup::new("go2").encrypt(KEYS[0].0).start());
    let ring = keyring(KEYS[0].1);
    let mut node = Plan::new("rust").keyring(&ring).start().await;
    go2.join(go1.address);
    node.join(go1.address).await;
    let names = ["go1", "go2", "rust"];
    all_see(&[&go1, &go2], &[&node], &names);

    let (old, new) = (secret(KEYS[0].1), secret(KEYS[2].1));
    ring.add(&new);
    // Our node does not answer serf's queries, so each command complains of one answer missing.
    let command = |option, key| go1.ask(&["keys", option, key]).unwrap_err();
    assert!(command("-install", KEYS[2].0).contains("2/3"));
    ring.use_key(new.id()).unwrap();
    assert!(command("-use", KEYS[2].0).contains("2/3"));
    let used = |key: &SecretKey| ring.keys().iter().find(|it| it.id == key.id()).map_or(0, |it| it.decrypted);
    wait("the agents use the new key", || used(&new) > 0);
    ring.remove(old.id()).unwrap();
    assert!(command("-remove", KEYS[0].0).contains("2/3"));

    // Some rounds of probes with the new key alone.
    let enough = used(&new) + 20;
    wait("packets with the new key", || used(&new) >= enough);
    all_see(&[&go1, &go2], &[&node], &names);
    assert_eq!(node.complaints(), Vec::<String>::new());
    for name in names {
        assert!(!node.saw(name, Fate::Suspected));
    }
}
