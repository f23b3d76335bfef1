use super::*;
use crate::lifeguard::{
    Interval, Latency, Threshold,
    experiment::{Counts, Found},
};
use core::time::Duration;

fn counts(fp: u64, fp_healthy: u64, packets: u64) -> Counts {
    let load = Load { packets, packet_bytes: 300 * packets, streams: 1, stream_bytes: 100 * packets };
    Counts { fp, fp_healthy, suspicions: 7, load, events: 9 }
}

fn interval(name: &str, members: u32, blocked: u32, counts: Counts) -> Interval {
    let point = Point { members, blocked, normal: 1 };
    Interval { configuration: name.into(), point, repetition: 0, counts }
}

fn crash(name: &str, first: u64, full: u64) -> Latency {
    let found = Found { first: Duration::from_millis(first), full: Duration::from_millis(full) };
    Latency { configuration: name.into(), repetition: 0, found: Some(found) }
}

fn data() -> Data {
    let block = |name: &str, blocked, fp| Threshold {
        configuration: name.into(),
        members: 1,
        blocked,
        repetition: 0,
        counts: counts(fp, 0, 1),
    };
    Data {
        interval: vec![
            interval("swim", 1, 128, counts(1_000, 40, 1_000_000)),
            interval("swim", 32, 32_768, counts(9_000, 60, 3_000_000)),
            interval("lifeguard", 1, 128, counts(0, 0, 1_000_000)),
            interval("lifeguard", 32, 32_768, counts(153, 2, 2_000_000)),
            interval("buddy", 1, 128, counts(400, 30, 1)),
            interval("swim-208k", 1, 128, counts(500, 0, 1)),
        ],
        threshold: vec![block("swim", 16_384, 0), block("swim", 16_384, 5_000), block("swim", 2_048, 0)],
        latency: vec![
            crash("swim", 12_000, 13_000),
            crash("swim", 10_000, 11_000),
            crash("swim", 11_000, 12_000),
            crash("lifeguard", 6_000, 6_000),
        ],
    }
}

/// The cells of the row that begins with this.
fn row(table: &Table, begin: &str) -> Vec<String> {
    table.rows().iter().find(|row| row[0] == begin).unwrap().clone()
}

#[test]
fn false_positives_stand_beside_those_of_the_paper() {
    let table = false_positives(&data());
    assert_eq!(
        row(&table, "SWIM")[1..],
        ["2", "10,000", "100", "100.0", "100.0", "100.0", "100.0", "5,000.000", "78.473", "50.000", "0.307"]
    );
    assert_eq!(
        row(&table, "Lifeguard")[1..],
        ["2", "153", "2", "1.53", "1.53", "2.00", "1.89", "76.500", "1.202", "1.000", "0.006"]
    );
    // Compared at the same points of the grid.
    assert_eq!(row(&table, "Buddy System")[1..5], ["1", "400", "30", "40.0"]);
    assert_eq!(row(&table, "SWIM + stall rules")[1..5], ["0", "0", "0", "–"]);
}

#[test]
fn load_is_given_in_per_cent_of_plain_swim() {
    let table = load(&data());
    assert_eq!(row(&table, "SWIM")[1..], ["2,000,000", "800.00", "100.0", "100.0", "100.0", "100.0", "400"]);
    assert_eq!(
        row(&table, "Lifeguard")[1..],
        ["1,500,000", "600.00", "75.0", "110.6", "75.0", "98.0", "400"]
    );
}

#[test]
fn counts_are_sorted_by_number_and_length_of_blocks() {
    let table = heat(&data(), "swim");
    assert_eq!(table.rows().len(), BLOCKED.len());
    assert_eq!(row(&table, "128 ms")[1..3], ["1,000 (40)", "0"]);
    assert_eq!(row(&table, "32,768 ms")[9], "9,000 (60)");
    // Two runs of a pass over the grid, which has 48 for each number of members.
    let table = by_members(&data());
    assert_eq!(row(&table, "SWIM")[1], "48,000");
    assert_eq!(row(&table, "Lifeguard")[9], "7,344");
}

#[test]
fn latencies_are_percentiles_in_seconds() {
    let table = latency(&data());
    assert_eq!(
        row(&table, "SWIM")[1..9],
        ["3", "11.00", "12.00", "12.00", "12.00", "13.00", "13.00", "100.0"]
    );
    assert_eq!(row(&table, "Lifeguard")[8], "50.0");
    assert_eq!(row(&table, "SWIM")[9..], ["12.23", "16.06", "18.24"]);
}

#[test]
fn tuning_compares_with_plain_swim() {
    let table = tuning(&data());
    let line = &table.rows()[0];
    assert_eq!(line[..7], ["5", "6", "50.0", "100.2", "1.53", "2.0", "2.00"]);
}

#[test]
fn threshold_tells_in_how_many_runs_a_block_did_harm() {
    let table = threshold(&data());
    let line = row(&table, "SWIM");
    assert_eq!((line[1].as_str(), line[5].as_str()), ("0", "1/2: 5,000"));
}

#[test]
fn document_holds_every_table_and_no_placeholder_is_left() {
    for data in [data(), Data::default()] {
        let text = render(&data);
        assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
        assert!(text.contains("| Lifeguard ") && text.lines().count() > 100);
        assert_eq!(text, render(&data));
    }
}

#[test]
fn overview_shows_what_was_run() {
    let table = overview(&data());
    let line = row(&table, "swim");
    assert_eq!(line[1..4], ["2", "10,000", "100"]);
    assert_eq!(line[7..], ["11.00", "12.00"]);
    assert_eq!(table.rows().len(), 4);
}

#[test]
fn no_false_positive_in_some_runs_is_bounded_by_the_rule_of_three() {
    let clean = (0..100).map(|n| interval("lifeguard-stall", n, 128, counts(0, 0, 1)));
    let mut data = Data { interval: clean.collect(), ..Data::default() };
    let text = bound(&data);
    assert!(text.contains("no run out of 100") && text.contains("at most 2.95 %"), "{text}");
    data.interval.push(interval("lifeguard-stall", 1, 512, counts(1, 0, 1)));
    assert_eq!(bound(&data), "");
    assert_eq!(bound(&Data::default()), "");
}
