use proptest::prelude::*;

use super::*;
use crate::{
    plot::{
        Axis, Belief, HeatMap, HistogramPlot, LinePlot, Timeline, Unit,
        xml::{Element, check},
    },
    stats::{Cdf, Histogram, Sample, format},
};

/// Numbers that look random, without randomness.
fn noise(count: u32, salt: u32) -> impl Iterator<Item = f64> {
    (0..count).map(move |index| {
        let mixed = index.wrapping_add(salt).wrapping_mul(0x9E37_79B9) ^ salt.rotate_left(9);
        f64::from((mixed ^ (mixed >> 15)).wrapping_mul(0x85EB_CA6B) >> 8) / f64::from(1 << 24)
    })
}

fn detection(alpha: f64, salt: u32) -> Sample {
    Sample::new(noise(3_000, salt).map(|u| 1.0 + alpha * 2.1 - libm::log(1.0 - u * 0.9999)))
}

fn infection(fanout: f64, loss: f64) -> Vec<(f64, f64)> {
    let informed = |tick: f64| 1.0 / (1.0 + 999.0 * libm::exp(-fanout * (1.0 - loss) * 0.45 * tick));
    (0..=40).map(f64::from).map(|tick| (tick * 0.2, informed(tick))).collect()
}

/// A report with one of everything, from made-up data.
fn sample() -> Report {
    let (swim, lifeguard) = (detection(5.0, 1), detection(4.0, 2));
    let mut table = Table::new()
        .left("Config")
        .right("FP events")
        .right("FP %")
        .right("first detection p50")
        .right("p99")
        .right("p99.9")
        .right("bytes");
    for (name, events, sample) in [("SWIM", 339_002_u64, &swim), ("Lifeguard", 5_193, &lifeguard)] {
        let summary = sample.summary().unwrap();
        table.row([
            name.to_owned(),
            format::count(events),
            format::percent(events as f64 / 339_002.0),
            format::seconds(summary.median),
            format::seconds(summary.p99),
            format::seconds(summary.p999),
            format::bytes(events as f64 * 368.0),
        ]);
    }
    let curves = LinePlot::new(
        "How news of a crash spreads among 1,000 nodes",
        Axis::new("time since the crash was found", Unit::Seconds),
        Axis::new("nodes informed", Unit::Fraction),
    )
    .steps("fanout 3, no loss", infection(3.0, 0.0))
    .steps("fanout 4, no loss", infection(4.0, 0.0))
    .steps("fanout 3, 20 % loss", infection(3.0, 0.2))
    .steps("fanout 4, 20 % loss", infection(4.0, 0.2))
    .mark(1.2, "first push/pull");
    let seconds = || Axis::new("time from crash to first detection", Unit::Seconds);
    let times = HistogramPlot::new("Time to the first detection", seconds())
        .histogram("SWIM, α = 5", Histogram::auto(&swim))
        .histogram("Lifeguard, α = 4", Histogram::auto(&lifeguard))
        .mark(swim.median().unwrap(), "SWIM p50")
        .mark(lifeguard.median().unwrap(), "Lifeguard p50");
    let single = HistogramPlot::new("Time to the first detection, SWIM alone", seconds())
        .histogram("", Histogram::auto(&swim))
        .mark(swim.nearest_rank(0.99).unwrap(), "p99");
    let distribution =
        LinePlot::new("The same as a distribution", seconds(), Axis::new("crashes found", Unit::Fraction))
            .cdf("SWIM", &Cdf::new(&swim))
            .cdf("Lifeguard, of which one in ten was never found", &Cdf::out_of(&lifeguard, 3_333));
    let rates: Vec<Sample> = (0..120_u32)
        .map(|t| {
            Sample::new(
                noise(200, t).map(|u| 900.0 + 400.0 * u * u + if t / 30 == 2 { 2_500.0 * u } else { 0.0 }),
            )
        })
        .collect();
    let bytes = LinePlot::new(
        "Bytes sent per node",
        Axis::new("time", Unit::Seconds),
        Axis::new("sent per node", Unit::BytesPerSecond),
    )
    .spread("all nodes", (0..).map(f64::from).zip(&rates))
    .mark(60.0, "partition")
    .mark(61.0, "seed crashes")
    .mark(90.0, "partition heals");
    let counts = [1, 4, 8, 12, 16, 20, 24, 28, 32];
    let mut grid = HeatMap::new(
        "False positives by C and D",
        "nodes under anomaly at once (C)",
        counts.map(|c| c.to_string()),
        "length (D)",
        Unit::Number,
    )
    .log();
    for (index, d) in [128, 512, 2_048, 8_192, 16_384, 32_768].into_iter().enumerate() {
        let level = |c: i32| f64::from(c) * libm::floor(libm::pow(4.0, index as f64 - 1.0));
        grid = grid.row(format!("{d} ms"), counts.map(|c| (d != 8_192 || c != 20).then(|| level(c))));
    }
    let mut timeline = Timeline::new("Who believed what of node-00007", Axis::new("time", Unit::Seconds))
        .mark(10.0, "crash")
        .mark(31.0, "restart");
    timeline = timeline.row(
        "The truth",
        "node-00007",
        [(0.0, 10.0, Belief::Alive), (10.0, 31.0, Belief::Down), (31.0, 40.0, Belief::Alive)],
    );
    for (index, u) in noise(14, 5).enumerate() {
        let (suspect, dead, back) = (11.0 + u, 20.0 + u * 2.0, 32.0 + u * 1.5);
        timeline = timeline.row(
            "Observers",
            format!("node-{:05}", index * 9),
            [
                (0.0, suspect, Belief::Alive),
                (suspect, dead, Belief::Suspect),
                (dead, back, Belief::Dead),
                (back, 40.0, Belief::Alive),
                (3.0 + u, 3.01 + u, Belief::Suspect),
            ],
        );
    }
    let growth = LinePlot::new(
        "Detection by size",
        Axis::new("nodes", Unit::Number).log(),
        Axis::new("p50", Unit::Seconds),
    )
    .line("measured", [(64.0, 9.0), (256.0, 11.5), (1_024.0, 13.8), (4_096.0, 16.1)])
    .line("formula", [(64.0, 8.8), (256.0, 11.1), (1_024.0, 13.7), (4_096.0, 16.3)]);
    Report::new("A sample of a report")
        .fact("made by", "memberlist-sim run scenario.toml --seed 7 --seeds 200")
        .fact("nodes", "128")
        .fact("network", "LAN: 0.5 ms to 2 ms, 1 % loss")
        .fact("hostile name", "<script>alert(1)</script>")
        .section(
            Section::new("Result")
                .text("False positives fall to a fiftieth.\nDetection is no slower.\n\nThe figures are made up & serve as a <sample>.")
                .check("every crash is found", true, "3,000 of 3,000")
                .check("no false positive", false, "5,193 seen, the first at 12.3 s by node-00012")
                .table("False positives and detection, 4,320 runs", table),
        )
        .section(Section::new("Dissemination").plot(curves).plot(growth).text("Rounds are 200 ms."))
        .section(Section::new("Detection").plot(times).plot(distribution).plot(single))
        .section(Section::new("Traffic").plot(bytes))
        .section(Section::new("Grid").plot(grid))
        .section(Section::new("Beliefs").plot(timeline))
        .section(
            Section::new("Repeat it")
                .code("cargo run --release -p memberlist-sim -- lifeguard --seed 7")
                .data("summary", serde_json::json!({"z": [1, 2.5, null], "a": "<b>"})),
        )
}

fn elements(report: &Report) -> Vec<Element> {
    check(&report.to_html()).expect("well-formed")
}

/// Writes the sample to the directory that `MEMBERLIST_SIM_SAMPLE` names, to be looked at in a browser:
/// `MEMBERLIST_SIM_SAMPLE=/tmp cargo test -p memberlist-sim sample_report`.
#[test]
fn sample_report_is_one_well_formed_page() {
    let report = sample();
    if let Some(directory) = std::env::var_os("MEMBERLIST_SIM_SAMPLE") {
        std::fs::write(std::path::Path::new(&directory).join("report.html"), report.to_html()).unwrap();
        print!("{}\n{}", report.to_text(), report.to_markdown());
    }
    let elements = elements(&report);
    let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
    assert_eq!((count("svg"), count("table"), count("section"), count("h1")), (8, 1, 7, 1));
}

#[test]
fn page_needs_nothing_from_outside() {
    let html = sample().to_html();
    let elements = elements(&sample());
    let policy =
        elements.iter().find(|e| e.attribute("http-equiv") == Some("Content-Security-Policy")).unwrap();
    assert_eq!(
        policy.attribute("content"),
        Some("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    );
    for element in &elements {
        let active = [
            "script",
            "link",
            "iframe",
            "object",
            "embed",
            "img",
            "image",
            "base",
            "form",
            "use",
            "foreignObject",
        ];
        assert!(!active.contains(&element.name.as_str()), "{element:?}");
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{element:?}");
            assert!(name != "href" || value.starts_with('#'), "{element:?}");
        }
    }
    let namespace = "xmlns=\"http://www.w3.org/2000/svg\"";
    let rest = html.replace(namespace, "");
    for word in ["http:", "https:", "url(", "@import", "@font-face", "javascript:"] {
        assert!(!rest.contains(word), "{word}");
    }
}

#[test]
fn links_lead_to_sections() {
    let elements = elements(&sample());
    let targets: Vec<_> = elements.iter().filter_map(|e| e.attribute("href")).collect();
    assert_eq!(targets.len(), 7);
    for target in targets {
        assert!(
            elements.iter().any(|e| e.attribute("id").map(|id| format!("#{id}")).as_deref() == Some(target))
        );
    }
}

#[test]
fn json_holds_everything_in_one_order() {
    let report = sample();
    let json = report.to_json();
    assert!(Report::from_json(&json).unwrap() == report);
    assert!(Report::from_json(&json).unwrap().to_json() == json);
    assert!(json.starts_with("{\n  \"version\": 1,\n  \"title\": \"A sample of a report\",\n  \"facts\": ["));
    assert!(json.find("\"a\": \"<b>\"") < json.find("\"z\":"));
}

#[test]
fn what_is_no_report_is_refused() {
    let newer = Report::new("a").to_json().replace("\"version\": 1", "\"version\": 2");
    assert!(matches!(Report::from_json(&newer), Err(ReportError::Version(2))));
    assert!(matches!(Report::from_json("{}"), Err(ReportError::Malformed(_))));
    assert!(matches!(Report::from_json("{\"title\""), Err(ReportError::Malformed(_))));
}

#[test]
fn text_shows_facts_checks_and_tables() {
    let report = Report::new("Run").fact("seed", "7").fact("nodes", "128").section(
        Section::new("Result")
            .text("one\ntwo\n\nthree")
            .check("a", true, "")
            .check("b", false, "5 seen")
            .table("", {
                let mut table = Table::new().left("x");
                table.row(["y"]);
                table
            }),
    );
    assert_eq!(
        report.to_text(),
        "Run\n═══\nseed   7\nnodes  128\n\nResult\n──────\n\none two\n\nthree\n\n✓ a\n✗ b: 5 seen\n\nx\n─\ny\n\n1 of 2 checks failed\n"
    );
}

#[test]
fn markdown_shows_facts_checks_and_tables() {
    let report = Report::new("Run #1").fact("seed", "7").section(
        Section::new("Result")
            .text("1. one\n\n- two *three*")
            .plot(LinePlot::default())
            .check("a", true, "x")
            .check("b", false, "")
            .code("run ```\nmore"),
    );
    assert_eq!(
        report.to_markdown(),
        "# Run #1\n\n* seed: 7\n\n## Result\n\n1\\. one\n\n\\- two \\*three\\*\n\n* ✓ a: x\n* ✗ b\n\n````\nrun ```\nmore\n````\n"
    );
}

#[test]
fn terminal_gets_no_control_characters() {
    let hostile = "\u{1b}[2Jname\u{202E}\u{7}\r";
    let mut table = Table::new().left(hostile);
    table.row([hostile]);
    let report = Report::new(hostile).fact(hostile, hostile).section(
        Section::new(hostile)
            .text(hostile)
            .code(hostile)
            .check(hostile, false, hostile)
            .table(hostile, table),
    );
    for out in [report.to_text(), report.to_markdown()] {
        assert!(out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202E}'), "{out:?}");
    }
}

#[test]
fn empty_report_has_every_form() {
    let report = Report::new("");
    elements(&report);
    assert_eq!(
        (report.to_text(), report.to_markdown(), report.checks()),
        ("\n\n".into(), "# \n".into(), (0, 0))
    );
    elements(&report.section(Section::new("").table("", Table::new()).data("", serde_json::Value::Null)));
}

proptest! {
    #[test]
    fn no_text_breaks_the_page(text in prop::collection::vec(any::<char>(), 0..30), name in "[<>&\"'\\]\\[/a-z!-]{0,20}") {
        let text: String = text.into_iter().collect();
        let mut table = Table::new().left(text.clone()).right(name.clone());
        table.row([name.clone(), text.clone()]);
        let report = Report::new(text.clone()).fact(name.clone(), text.clone()).section(
            Section::new(name.clone())
                .text(text.clone())
                .code(name.clone())
                .check(text.clone(), true, name.clone())
                .table(name.clone(), table)
                .plot(LinePlot::new(text.clone(), Axis::new(name.clone(), Unit::Bytes), Axis::new(text.clone(), Unit::Number)).line(name.clone(), [(1.0, 2.0)]))
                .plot(Timeline::new(name.clone(), Axis::new(text.clone(), Unit::Seconds)).row(text.clone(), name.clone(), [(0.0, 1.0, Belief::Dead)]))
                .data(text.clone(), serde_json::Value::String(text.clone())),
        );
        let found = check(&report.to_html());
        prop_assert!(found.is_ok(), "{:?}", found);
        prop_assert!(found.unwrap().iter().all(|element| element.name != "script"));
        prop_assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }
}
