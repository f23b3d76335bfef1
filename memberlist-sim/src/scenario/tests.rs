use super::{
    schedule::{Schedule, Task},
    *,
};

const START: &str = "duration = \"60s\"\n[nodes]\ncount = 32\nzones = { east = 20, west = 12 }\n";

fn parsed(more: &str) -> Scenario {
    Scenario::parse("test.toml", &format!("{START}{more}")).unwrap_or_else(|error| panic!("{error}"))
}

/// What is said of a file that can't be used: all problems.
fn refused(text: &str) -> Vec<String> {
    match Scenario::parse("test.toml", text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.problems().map(str::to_owned).collect(),
    }
}

fn fault(fields: &str) -> String {
    format!("[[fault]]\n{fields}\n")
}

#[test]
fn file_that_says_little_has_sensible_defaults() {
    let scenario =
        Scenario::parse("some/where/mine.toml", "duration = \"1m\"\nnodes = { count = 2 }").unwrap();
    assert_eq!(scenario.name, "mine");
    assert_eq!(scenario.nodes, Nodes::formed(2));
    assert_eq!(scenario.options, Options::lan());
    assert_eq!(scenario.network, NetworkPlan::new(Link::lan()));
    assert!(scenario.faults.is_empty() && scenario.expect.is_empty());
}

#[test]
fn file_that_says_much_is_understood() {
    let scenario = parsed(
        r#"
        [options]
        preset = "wan"
        probe_interval = "7s"
        suspicion_mult = 5
        address_change = { after_death = "30s" }
        [network]
        latency = "1ms..5ms"
        loss = "5%"
        reorder = { part = 0.01, by = "20ms" }
        [[network.between]]
        zones = ["east", "west"]
        latency = { median = "15ms", p99 = "30ms" }
        bandwidth = "10 Mbit/s"
        [[network.between]]
        from = "west"
        to = "west"
        latency = "1s"
        [[fault]]
        at = "1s"
        do = "restart"
        nodes = [0, "3..5", { random = 2, of = "west" }]
        down = "2s"
        address = "new"
        times = 3
        every = "10s"
        [[fault]]
        at = "30s"
        do = "partition"
        nodes = "10%"
        direction = "out"
        until = "40s"
        [[expect]]
        what = "join"
        within = "5s"
        reach = "95%"
        [[expect]]
        what = "true_views"
        at = "end"
        "#,
    );
    assert_eq!(scenario.options.probe_interval, Duration::from_secs(7));
    assert_eq!((scenario.options.suspicion_mult, scenario.preset), (5, "wan"));
    assert_eq!(scenario.network.link.loss, 0.05);
    let ways: Vec<_> =
        scenario.network.between.iter().map(|(from, to, link)| (*from, *to, link.loss)).collect();
    assert_eq!(ways, [(0, 1, 0.05), (1, 0, 0.05), (1, 1, 0.05)], "what is not said is as elsewhere");
    assert_eq!(scenario.faults[0].times, 3);
    let deed = Deed::Restart { down: Duration::from_secs(2), moved: true, goodbye: false };
    assert_eq!(scenario.faults[0].deed, deed);
    let lasts = Some(Duration::from_secs(10));
    assert_eq!(scenario.faults[1].deed, Deed::Partition { direction: Direction::Out, from: None, lasts });
    assert_eq!(scenario.expect[0].reach, 0.95);
    assert_eq!(scenario.expect[1].wanted, Wanted::At(Duration::from_secs(60)));
}

#[test]
fn problem_is_shown_where_it_stands() {
    let text = format!("{START}\n{}", fault("at = \"5s\"\ndo = \"crash\"\n\tnodes = 40 # too many"));
    assert_eq!(
        refused(&text),
        [
            "test.toml:9:10: field `fault[0].nodes`: node 40 does not exist: there are 32 (0 to 31)\n  |\n9 | \tnodes = 40 # too many\n  | \t        ^^"
        ]
    );
}

#[test]
fn all_problems_are_shown_at_once_in_the_order_of_the_file() {
    let text = "duration = \"1x\"\nnodez = 3\n[nodes]\ncount = 0\n[options]\nprobe_intervall = \"1s\"\n";
    let heads: Vec<_> =
        refused(text).iter().map(|problem| problem.lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        heads,
        [
            "test.toml:1:12: field `duration`: expected a time such as \"500ms\" or \"1m 30s\", found the text \"1x\"",
            "test.toml:2:1: field `nodez`: there is no such field; did you mean `nodes`?",
            "test.toml:4:9: field `nodes.count`: 0 is not possible: use 1 to 10000",
            "test.toml:6:1: field `options.probe_intervall`: there is no such option; did you mean `probe_interval`?",
        ]
    );
}

#[test]
fn one_mistake_hides_no_other_of_its_section_or_of_the_next() {
    let text = format!(
        "{START}[options]\nsuspicion_mult = \"many\"\nprobe_intervall = \"1s\"\n\
         [network]\nloss = \"5 kg\"\nbandwidth = \"10 Mb\"\nlatency = \"3 bananas\"\n\
         [[network.between]]\nzones = [\"east\", \"wets\"]\nloss = 2\nlatencey = 1\n{}",
        fault("at = \"5s\"\ndo = \"crash\"\nnodes = 99")
    );
    let fields: Vec<_> =
        refused(&text).iter().map(|problem| problem.split('`').nth(1).unwrap().to_owned()).collect();
    assert_eq!(
        fields,
        [
            "options.suspicion_mult",
            "options.probe_intervall",
            "network.loss",
            "network.bandwidth",
            "network.latency",
            "network.between[0].zones[1]",
            "network.between[0].loss",
            "network.between[0].latencey",
            "fault[0].nodes",
        ]
    );
}

#[test]
fn each_kind_of_mistake_names_its_field_and_what_would_be_right() {
    let crash = |more: &str| fault(&format!("at = \"5s\"\ndo = \"crash\"\n{more}"));
    let doing =
        |action: &str, more: &str| fault(&format!("at = \"5s\"\ndo = \"{action}\"\nnodes = 1\n{more}"));
    let expect = |fields: &str| format!("[[expect]]\n{fields}\n");
    let cases: &[(String, &str)] = &[
        ("[nodes]\ncount = 3".into(), "duplicate key"),
        ("[nodes".into(), "unclosed table"),
        ("[network]\nloss = 1.5".into(), "field `network.loss`: 1.5 is not possible: use 0.0 to 1.0"),
        ("[network]\nlatency = 5".into(), "field `network.latency`: expected \"1ms\", \"1ms..5ms\""),
        (
            "[network]\nlatency = { median = \"5ms\", p99 = \"1ms\" }".into(),
            "`p99` not shorter than `median`",
        ),
        ("[network]\nlatency = \"5ms..1ms\"".into(), "field `network.latency`: "),
        ("[network]\nbandwidth = \"fast\"".into(), "\"fast\" is no bandwidth: write \"10 Mbit/s\""),
        (
            "[[network.between]]\nzones = [\"east\", \"wets\"]".into(),
            "\"wets\" is no zone; did you mean `west`?",
        ),
        ("[[network.between]]\nfrom = \"east\"".into(), "needs either `zones`"),
        ("[options]\nprobe_interval = 5".into(), "field `options.probe_interval`: "),
        (
            "[options]\nprobe_timeout = \"5s\"".into(),
            "field `options.probe_timeout`: 5s leaves a probe no time for helpers",
        ),
        (
            "[options]\npreset = \"wlan\"".into(),
            "field `options.preset`: \"wlan\" is not known; did you mean `lan`?",
        ),
        (fault("at = \"5s\""), "field `fault[0].do`: `do` is missing"),
        (
            fault("at = \"5s\"\ndo = \"crush\""),
            "field `fault[0].do`: \"crush\" is not known; did you mean `crash`?",
        ),
        (fault("do = \"crash\"\nnodes = 1"), "field `fault[0].at`: `at` is missing"),
        (
            fault("at = \"5m\"\ndo = \"crash\"\nnodes = 1"),
            "field `fault[0].at`: is after the end of the scenario (60 s)",
        ),
        (crash("nodes = 1\nfor = \"3s\""), "field `fault[0].for`: there is no such field"),
        (crash("nodes = \"8..3\""), "field `fault[0].nodes`: \"8..3\" selects no node"),
        (crash("nodes = \"8..33\""), "goes beyond the last node: there are 32 (0 to 31)"),
        (crash("nodes = \"x..3\""), "is no range"),
        (crash("nodes = \"200%\""), "is no part"),
        (crash("nodes = \"north\""), "\"north\" is no zone"),
        (crash("nodes = []"), "selects no node"),
        (crash("nodes = true"), "expected nodes: "),
        (crash("nodes = [1, 99]"), "field `fault[0].nodes[1]`: node 99 does not exist"),
        (
            crash("nodes = { random = 13, of = \"west\" }"),
            "field `fault[0].nodes.random`: 13 is not possible: use 1 to 12",
        ),
        (crash("nodes = { radnom = 1 }"), "did you mean `random`?"),
        (crash("nodes = 1\ntimes = 3"), "`every` is missing"),
        (crash("nodes = 1\nevery = \"3s\""), "`times` is missing"),
        (crash("nodes = 1\ntimes = 9\nevery = \"10s\""), "the last time would be at 85 s, after the end"),
        (doing("partition", "until = \"4s\""), "field `fault[0].until`: ends before it starts: `at` is 5 s"),
        (doing("partition", "until = \"9s\"\nfor = \"1s\""), "`for` and `until` say the same"),
        (doing("pause", ""), "field `fault[0].for`: `for` is missing"),
        (doing("pause", "for = \"0s\""), "must be longer than 0"),
        (doing("rolling_restart", ""), "`apart` is missing"),
        (doing("clock", "gains = \"-100%\""), "more than -100%"),
        (doing("start", ""), "node 1 runs from the beginning"),
        (doing("broadcast", "bytes = 0"), "0 is not possible: use 1 to 65507"),
        (expect("what = \"true_view\"\nat = \"end\""), "did you mean `true_views`?"),
        (expect("what = \"true_views\""), "`true_views` needs one of `within`, `at`"),
        (
            expect("what = \"true_views\"\nat_most = 3"),
            "field `expect[0].at_most`: `true_views` has no `at_most`: use `within` or `at`",
        ),
        (expect("what = \"health\"\nat_most = -1"), "can't be less than 0"),
        (expect("what = \"health\"\nat_most = \"no\""), "expected a number, found the text \"no\""),
        (expect("what = \"health\"\nat_most = 1\nreach = 0.5"), "`health` has no `reach`"),
        (
            expect("what = \"true_views\"\nat = \"2m\""),
            "field `expect[0].at`: is after the end of the scenario",
        ),
        (
            "[fault]\nat = \"1s\"".into(),
            "field `fault`: expected a list, found a table: begin it with [[fault]]",
        ),
    ];
    for (more, said) in cases {
        let problems = refused(&format!("{START}{more}"));
        assert!(problems.iter().any(|problem| problem.contains(said)), "{more}\n{problems:#?}\n{said}");
        assert!(problems.iter().all(|problem| problem.starts_with("test.toml:") && problem.contains('^')));
    }
}

#[test]
fn nodes_and_zones_must_agree() {
    let text = "duration = \"1m\"\n[nodes]\ncount = 5\nzones = { a = 2, b = 2 }";
    assert!(refused(text)[0].contains("field `nodes.count`: the zones have 4 nodes"));
    let text = "duration = \"1m\"\n[nodes]\ncount = 5\nramp = \"2s\"";
    assert!(refused(text)[0].contains("field `nodes.ramp`: is for `start = \"ramp\"` only"));
    let zones =
        Scenario::parse("x", "duration = \"1m\"\nnodes = { zones = { b = 2, a = 3 } }").unwrap().nodes;
    assert_eq!(
        (zones.count, zones.zone(0), zones.zone(1)),
        (5, (0, 2), (2, 5)),
        "in the order in which they stand"
    );
}

#[test]
fn selectors_are_decided_by_the_seed() {
    let nodes = parsed("").nodes;
    let random = Selector::Random(5, Box::new(Selector::All));
    assert_eq!(random.nodes(&nodes, 7, 0), random.nodes(&nodes, 7, 0));
    assert_ne!(random.nodes(&nodes, 7, 0), random.nodes(&nodes, 8, 0));
    assert_ne!(random.nodes(&nodes, 7, 0), random.nodes(&nodes, 7, 1), "another fault draws others");
    let mut drawn = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let nodes = random.nodes(&nodes, seed, 0);
        assert!(nodes.len() == 5 && nodes.is_sorted());
        drawn.extend(nodes);
    }
    assert_eq!(drawn.len(), 32, "each gets its turn");
}

#[test]
fn selectors_select_what_they_say() {
    let nodes = parsed("").nodes;
    let select =
        |selector: Selector| selector.nodes(&nodes, 1, 0).into_iter().map(|node| node.0).collect::<Vec<_>>();
    assert_eq!(select(Selector::Node(3)), [3]);
    assert_eq!(select(Selector::Range(3, 6)), [3, 4, 5]);
    assert_eq!(select(Selector::Zone(1)), (20..32).collect::<Vec<_>>());
    assert_eq!(select(Selector::Any(vec![Selector::Node(9), Selector::Range(8, 10)])), [8, 9]);
    assert_eq!(select(Selector::Except(Box::new(Selector::Range(1, 32)))), [0]);
    assert_eq!(select(Selector::Part(0.25, Box::new(Selector::All))).len(), 8);
    assert_eq!(select(Selector::Part(0.001, Box::new(Selector::Zone(0)))).len(), 1, "at least one");
    assert!(select(Selector::Random(3, Box::new(Selector::Zone(1)))).iter().all(|node| *node >= 20));
}

#[test]
fn faults_become_tasks_in_order_of_time() {
    let scenario = parsed(
        "[[fault]]\nat = \"10s\"\ndo = \"restart\"\nnodes = [4, 6]\napart = \"3s\"\ndown = \"1s\"\n\
         [[fault]]\nat = \"2s\"\ndo = \"pause\"\nnodes = 1\nfor = \"30s\"\n",
    );
    let schedule = Schedule::new(&scenario, 1);
    let (four, six, one) = (NodeIndex(4), NodeIndex(6), NodeIndex(1));
    let s = Duration::from_secs;
    assert_eq!(
        schedule.tasks,
        [
            (s(2), Task::Pause(one, s(30))),
            (s(10), Task::Crash(four)),
            (s(11), Task::Restart(four, false)),
            (s(11), Task::Join(four)),
            (s(13), Task::Crash(six)),
            (s(14), Task::Restart(six, false)),
            (s(14), Task::Join(six)),
        ]
    );
    assert_eq!(schedule.quiet_from, s(32), "the pause ends last");
}

#[test]
fn expectations_hold_and_fail_as_they_should() {
    let expect = [
        ("full_detection", "within = \"30s\"", true),
        ("full_detection", "within = \"1ms\"", false),
        ("first_detection", "within = \"30s\"", true),
        ("failures", "at_least = 11", true),
        ("failures", "at_most = 10", false),
        ("true_views", "at = \"4s\"", true),
        ("true_views", "at = \"6s\"", false),
        ("true_views", "within = \"30s\"", true),
        ("true_views", "within = \"1ms\"", false),
        ("broadcast", "within = \"5s\"", true),
        ("leave", "within = \"5s\"", false),
        ("false_positives", "at_most = 0", true),
        ("bytes_per_second", "at_most = 1", false),
        ("bytes_per_second", "at_most = 1000", true),
    ];
    let mut text = "duration = \"60s\"\nnodes = { count = 12 }\n".to_owned();
    text += &fault("at = \"5s\"\ndo = \"crash\"\nnodes = 3");
    text += &fault("at = \"30s\"\ndo = \"broadcast\"\nnodes = 0");
    for (what, bound, _) in expect {
        text += &format!("[[expect]]\nwhat = \"{what}\"\n{bound}\n");
    }
    let run = Scenario::parse("x.toml", &text).unwrap().play(1).unwrap();
    for ((what, bound, holds), finding) in expect.iter().zip(&run.findings) {
        assert_eq!(finding.holds, *holds, "{what} {bound}: {finding:?}");
    }
    assert!(!run.holds());
    assert!(run.notes.is_empty(), "{:?}", run.notes);
}

#[test]
fn every_action_can_be_played() {
    let actions = [
        ("start", "30..32", ""),
        ("crash", "1", ""),
        ("vanish", "2", ""),
        ("restart", "1", "goodbye = true"),
        ("leave", "3", ""),
        ("leave", "4", "stay = true"),
        ("pause", "5", "for = \"1s\""),
        ("block", "6", "for = \"1s\""),
        ("slow", "7", "per_input = \"1ms\"\nfor = \"9s\""),
        ("clock", "8", "gains = \"-1%\"\nfor = \"9s\""),
        ("partition", "9", "from = \"10..12\"\nfor = \"9s\""),
        ("partition", "10", "direction = \"in\"\nfor = \"9s\""),
        ("loss", "11", "part = \"20%\"\nfor = \"9s\""),
        ("delay", "12", "by = \"1ms..50ms\"\ndirection = \"out\"\nfor = \"9s\""),
        ("broadcast", "13", "bytes = 100"),
        ("update_meta", "14", ""),
        ("flap", "15", "times = 2\nevery = \"5s\"\ndown = \"1s\""),
    ];
    let mut text = "duration = \"90s\"\n[nodes]\ncount = 32\nformed = 30\n".to_owned();
    for (number, (action, nodes, more)) in actions.iter().enumerate() {
        text += &fault(&format!("at = \"{}s\"\ndo = \"{action}\"\nnodes = \"{nodes}\"\n{more}", number + 1))
            .replace(
                &format!("\"{nodes}\""),
                &if nodes.contains("..") { format!("\"{nodes}\"") } else { (*nodes).to_owned() },
            );
    }
    text += &fault("at = \"20s\"\ndo = \"rejoin\"\nnodes = 4");
    text += "[[expect]]\nwhat = \"true_views\"\nat = \"end\"\n";
    text += "[[expect]]\nwhat = \"broadcast\"\nwithin = \"10s\"\nreach = \"80%\"\n";
    text += "[[expect]]\nwhat = \"meta_update\"\nwithin = \"40s\"\n";
    let run = Scenario::parse("x.toml", &text).unwrap().play(3).unwrap();
    assert!(run.notes.is_empty(), "{:?}", run.notes);
    assert!(run.holds(), "{:?}", run.findings);
}

#[test]
fn what_can_not_be_done_is_noted() {
    let run = parsed(
        &(fault("at = \"5s\"\ndo = \"rejoin\"\nnodes = 3")
            + &fault("at = \"6s\"\ndo = \"broadcast\"\nnodes = 4\nbytes = 9000")),
    )
    .play(1)
    .unwrap();
    assert_eq!(run.notes.len(), 2, "{:?}", run.notes);
    assert!(run.notes[0].starts_with("at 5 s: node 3 can't rejoin: "), "{:?}", run.notes);
}

#[test]
fn same_seed_gives_the_same_results() {
    let scenario = Scenario::parse("x", shipped("mass-crash").unwrap()).unwrap();
    let json = |seed| report::to_json(&scenario, &[scenario.play(seed).unwrap()]).to_string();
    assert_eq!(json(1), json(1));
    assert_ne!(json(1), json(2));
}

/// The HTML of a report on the first seed.
fn html(more: &str) -> String {
    let scenario = parsed(more);
    report::with_plots(&scenario, &[scenario.play(1).unwrap()]).to_html()
}

#[test]
fn plots_mark_where_a_fault_ends_if_it_does() {
    let cut = "at = \"5s\"\ndo = \"partition\"\nnodes = \"east\"\n";
    assert!(html(&fault(&format!("{cut}for = \"9s\""))).contains("end of partition"));
    assert!(!html(&fault(cut)).contains("end of partition"));
    assert!(!html(&fault(&format!("{cut}for = \"70s\""))).contains("end of partition"), "it lasts longer");
}

#[test]
fn timeline_shows_beside_the_beliefs_whose_process_did_not_run() {
    let page = html(
        &(fault("at = \"5s\"\ndo = \"restart\"\nnodes = 3\ndown = \"30s\"")
            + &fault("at = \"9s\"\ndo = \"pause\"\nnodes = 4\nfor = \"8s\"")),
    );
    assert!(page.contains("in fact: down, 5 s to 35 s"));
    assert!(page.contains("in fact: paused, 9 s to 17 s"));
}

#[test]
fn curves_that_would_look_alike_are_drawn_together() {
    let crashes = |n: u32| html(&fault(&format!("at = \"5s\"\ndo = \"crash\"\nnodes = {{ random = {n} }}")));
    assert!(crashes(6).contains("crash of node "));
    assert!(crashes(7).contains("7 × crash, all together"));
}

#[test]
fn shipped_scenarios_say_what_they_are_about_and_hold() {
    for (name, text) in SHIPPED {
        let scenario = Scenario::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, *name);
        assert!(!scenario.about.is_empty() && !scenario.expect.is_empty(), "{name}");
        // The larger ones are played in release.
        if scenario.nodes.count <= 48 {
            let run = scenario.play(1).unwrap();
            assert!(run.holds() && run.notes.is_empty(), "{name}: {:?} {:?}", run.findings, run.notes);
        }
    }
    assert!(shipped("partitoin").unwrap_err().to_string().contains("did you mean `partition`?"));
}

#[test]
fn options_are_set_by_their_names() {
    let lan = Options::lan();
    let set = |field, value| override_option(&lan, field, value);
    assert_eq!(set("probe_interval", "2s").unwrap().probe_interval, Duration::from_secs(2));
    assert_eq!(set("suspicion_mult", "7").unwrap().suspicion_mult, 7);
    assert!(!set("healing", "false").unwrap().healing);
    assert_eq!(
        set("probe_intervall", "2s").unwrap_err().to_string(),
        "option `probe_intervall`: there is no such option; did you mean `probe_interval`?"
    );
    assert!(set("suspicion_mult", "many").is_err());
}

#[test]
fn last_nodes_may_be_strangers_who_speak_the_other_wire() {
    let nodes = |more: &str| format!("duration = \"1s\"\n[nodes]\ncount = 8\n{more}");
    let text = nodes("wire = \"hashicorp\"\nstrangers = 3");
    let scenario = Scenario::parse("test.toml", &text).unwrap();
    assert_eq!((scenario.nodes.start, scenario.nodes.members()), (Start::Formed(5), 5));
    assert!(matches!(scenario.nodes.spoken(NodeIndex(4)), Spoken::Hashicorp(_)));
    assert_eq!(scenario.nodes.spoken(NodeIndex(5)), Spoken::Native);
    let head = |more: &str| refused(&nodes(more))[0].lines().next().unwrap().to_owned();
    assert_eq!(
        head("strangers = 8"),
        "test.toml:4:13: field `nodes.strangers`: 8 is not possible: use 0 to 7"
    );
    assert_eq!(
        head("strangers = 3\nformed = 6"),
        "test.toml:5:10: field `nodes.formed`: 6 is not possible: use 1 to 5"
    );
    assert_eq!(
        head("wire = \"go\""),
        "test.toml:4:8: field `nodes.wire`: \"go\" is not known; there are: native, hashicorp"
    );
}
