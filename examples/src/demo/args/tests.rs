use super::*;

fn mode(line: &str) -> Result<Mode, String> {
    let words = std::iter::once("cluster").chain(line.split_whitespace());
    Args::try_parse_from(words).map_err(|error| error.to_string())?.mode()
}

fn single(line: &str) -> Single {
    match mode(line) {
        Ok(Mode::Single(single)) => single,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_arguments_it_is_five_nodes_in_one_process() {
    let expected = Cluster { nodes: 5, choice: Choice::default(), plain: false };
    assert_eq!(mode(""), Ok(Mode::Cluster(expected)));
}

#[test]
fn two_to_fifty_nodes_are_a_demonstration() {
    for nodes in [2, 50] {
        assert!(matches!(mode(&format!("--nodes {nodes} --plain")), Ok(Mode::Cluster(_))), "{nodes}");
    }
    for nodes in ["0", "1", "51", "-1", "many"] {
        assert!(mode(&format!("--nodes {nodes}")).is_err(), "{nodes}");
    }
}

#[test]
fn any_of_the_options_of_one_node_makes_it_one_node() {
    for line in ["--bind 127.0.0.1:0", "--join 127.0.0.1:1", "--name a", "--interactive"] {
        single(line);
    }
}

#[test]
fn the_commands_of_readme_are_understood() {
    let first = single("--nodes 1 --interactive --bind 127.0.0.1:7946");
    assert_eq!((first.name.as_str(), first.interactive), ("node-7946", true));
    let second =
        single("--nodes 1 --interactive --bind 127.0.0.1:7947 --join 127.0.0.1:7946 --join db.example");
    assert_eq!(second.join, [SeedAddress::from("127.0.0.1:7946"), SeedAddress::from("db.example")]);
}

#[test]
fn the_size_of_the_demonstration_is_refused_for_one_node() {
    let sentence = mode("--bind 127.0.0.1:0 --nodes 3").unwrap_err();
    assert!(sentence.contains("--nodes 3"), "{sentence}");
}

#[test]
fn addresses_that_are_none_and_empty_names_are_refused() {
    for line in ["--bind nowhere", "--bind 127.0.0.1", "--join :", "--name="] {
        assert!(mode(line).is_err(), "{line}");
    }
}

fn choice(line: &str) -> Result<Choice, String> {
    mode(line).map(|mode| match mode {
        Mode::Cluster(cluster) => cluster.choice,
        Mode::Single(single) => single.choice,
    })
}

#[test]
fn transport_runtime_and_layers_can_be_chosen() {
    let expected = Choice {
        transport: TransportKind::Quic,
        runtime: RuntimeKind::AsyncStd,
        encrypt: Some(Some(EncryptionAlgorithm::ChaCha20Poly1305)),
        compress: Some(CompressionAlgorithm::Zstd),
        label: "x".into(),
    };
    let line = "--transport quic --runtime async-std --encrypt=chacha20-poly1305 --compress=zstd --label x";
    assert_eq!(choice(line), Ok(expected));
    let defaults = choice("--encrypt --compress --runtime smol --transport tls").unwrap();
    assert_eq!((defaults.encrypt, defaults.compress), (Some(None), Some(CompressionAlgorithm::Lz4)));
}

#[test]
fn unknown_algorithms_are_answered_with_those_that_there_are() {
    for (line, known) in [("--encrypt=rot13", "aes-128-gcm"), ("--compress=zip", "snappy")] {
        let sentence = choice(line).unwrap_err();
        assert!(sentence.contains(known), "{sentence}");
    }
    // It is no algorithm: what follows after a space is something else.
    assert!(choice("--encrypt aes-256-gcm").is_err());
}

#[test]
fn processes_that_have_secrets_are_told_to_share_them() {
    for line in ["--transport tls", "--transport quic", "--encrypt"] {
        assert!(mode(line).is_ok(), "{line}");
        let sentence = mode(&format!("{line} --name a")).unwrap_err();
        assert!(sentence.contains("--secrets"), "{sentence}");
        assert_eq!(single(&format!("{line} --name a --secrets /x")).secrets, Some("/x".into()));
    }
    assert!(mode("--transport tls --secrets /x").is_err());
}
