use super::*;
use crate::stats::Sample as Values;

const SEEDS: u64 = 6;

/// Answers of several seeds, for a cluster of 150.
fn answers(real: usize, loss: f64) -> Vec<Answers> {
    let answer = |seed| {
        let sample = Sample::new(seed, 150, real).with_loss(loss);
        if real == 150 { full(&sample).unwrap() } else { sampled(&sample).unwrap() }
    };
    (1..=SEEDS).map(answer).collect()
}

fn mean(answers: &[Answers], of: impl Fn(&Answers) -> f64) -> f64 {
    Values::new(answers.iter().map(of)).mean().unwrap()
}

/// The sample says what the whole says: what it costs within 3 %, what takes time within 15 % (detection) and 35 % (dissemination, in which the
/// luck of the first copies is a large part).
#[test]
fn sample_of_a_cluster_answers_as_the_whole_does() {
    let (whole, part) = (answers(150, 0.0), answers(30, 0.0));
    for (what, of, tolerance) in [
        ("packets sent", (|a| a.packets_sent) as fn(&Answers) -> f64, 0.03),
        ("packets received", |a| a.packets_received, 0.03),
        ("bytes sent", |a| a.bytes_sent, 0.03),
        ("bytes on streams", |a| a.stream_bytes, 0.25),
        ("bytes for a broadcast", |a| a.broadcast_bytes, 0.05),
        ("half of a broadcast", |a| a.broadcast_half.unwrap().as_secs_f64(), 0.35),
        ("all of a broadcast", |a| a.broadcast_most.unwrap().as_secs_f64(), 0.35),
        ("first detection", |a| a.first_detection.unwrap().as_secs_f64(), 0.15),
        ("last detection", |a| a.last_detection.unwrap().as_secs_f64(), 0.15),
    ] {
        let (whole, part) = (mean(&whole, of), mean(&part, of));
        assert!((part / whole - 1.0).abs() <= tolerance, "{what}: {part} instead of {whole}");
    }
    assert!(whole.iter().chain(&part).all(|answers| answers.false_deaths == 0));
}

#[test]
fn with_loss_the_sample_still_costs_what_the_whole_costs() {
    let (whole, part) = (answers(150, 0.05), answers(30, 0.05));
    let packets = |a: &Answers| a.packets_sent;
    let (packets_of_whole, packets_of_part) = (mean(&whole, packets), mean(&part, packets));
    let off = (packets_of_part / packets_of_whole - 1.0).abs();
    assert!(off <= 0.25, "{packets_of_part} instead of {packets_of_whole}");
    assert!(whole.iter().chain(&part).all(|answers| answers.false_deaths == 0));
}

#[test]
fn same_seed_gives_the_same_answers() {
    let sample = Sample::new(3, 5_000, 5).with_loss(0.02);
    assert_eq!(sampled(&sample).unwrap(), sampled(&sample).unwrap());
}
