use super::*;

fn data() -> Data {
    let load = Load { packets: 4, packet_bytes: 5, streams: 6, stream_bytes: 7 };
    let counts = Counts { fp: 1, fp_healthy: 2, suspicions: 3, load, events: 8 };
    let point = Point { members: 32, blocked: 128, normal: 16_384 };
    let found =
        Some(Found { first: Duration::from_micros(12_345_678), full: Duration::from_micros(13_000_000) });
    let latency = |repetition, found| Latency { configuration: "buddy".into(), repetition, found };
    Data {
        interval: vec![Interval { configuration: "swim".into(), point, repetition: 9, counts }],
        threshold: vec![Threshold {
            configuration: "lifeguard".into(),
            members: 4,
            blocked: 65_536,
            repetition: 0,
            counts,
        }],
        latency: vec![latency(0, found), latency(1, None)],
    }
}

fn directory(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("memberlist-sim-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn write(directory: &Path, data: &Data) {
    for (name, contents) in data.files() {
        fs::write(directory.join(name), contents).unwrap();
    }
}

#[test]
fn what_is_written_is_read_again() {
    let directory = directory("round-trip");
    write(&directory, &data());
    assert_eq!(Data::load(&directory).unwrap(), data());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn files_look_like_this() {
    let [(_, interval), (_, threshold), (_, latency)] = data().files();
    assert_eq!(
        interval,
        "configuration,members,blocked_ms,normal_ms,repetition,fp,fp_healthy,suspicions,packets,packet_bytes,streams,\
         stream_bytes,events\nswim,32,128,16384,9,1,2,3,4,5,6,7,8\n"
    );
    assert!(threshold.ends_with("\nlifeguard,4,65536,0,1,2,3,4,5,6,7,8\n"), "{threshold}");
    assert_eq!(latency, "configuration,repetition,first_us,full_us\nbuddy,0,12345678,13000000\nbuddy,1,,\n");
}

#[test]
fn line_that_makes_no_sense_is_named() {
    let directory = directory("damaged");
    for (damaged, line) in [
        ("buddy,0,1,2\nbuddy,1,2,3,4\n", 3),
        ("buddy,0,1\n", 2),
        ("buddy,x,1,2\n", 2),
        ("buddy,0,1,\n", 2),
        ("buddy,0,1,2\n\n", 3),
    ] {
        write(&directory, &data());
        fs::write(directory.join(LATENCY), format!("head\n{damaged}")).unwrap();
        let error = Data::load(&directory).unwrap_err();
        assert!(error.to_string().contains(&format!("{LATENCY}: line {line} ")), "{error}: {damaged:?}");
    }
    fs::remove_file(directory.join(LATENCY)).unwrap();
    assert!(Data::load(&directory).unwrap_err().to_string().contains(LATENCY));
    fs::remove_dir_all(directory).unwrap();
}
