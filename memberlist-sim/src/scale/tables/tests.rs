use super::*;

fn data(full_view: &str, false_deaths: &str) -> Data {
    let bootstrap = format!(
        "nodes,loss_percent,ramp_ms,seed,full_view_ms,false_deaths,first_detection_ms\n\
         256,0,0,1,{full_view},0,11000.0\n\
         256,20,0,1,4000.0,{false_deaths},12000.0\n"
    );
    let questions = "members,real,loss_percent,seed,packets_sent\n\
                     1000,1000,0,1,2.0\n1000,1000,0,2,2.2\n1000,100,0,1,2.31\n";
    Data { bootstrap: Figures::parse(&bootstrap).unwrap(), questions: Figures::parse(questions).unwrap() }
}

fn row<'a>(table: &'a Table, begins: &str) -> &'a [String] {
    table.rows().iter().find(|row| row[0].starts_with(begins)).unwrap()
}

#[test]
fn bars_hold_or_are_missed_as_the_figures_say() {
    let met = bars(&data("3000.0", "12"));
    assert_eq!(row(&met, "full view of 256")[2], "holds");
    assert_eq!(row(&met, "false deaths at 256")[2], "holds");
    assert_eq!(row(&met, "first detection at 256 nodes and 0 %")[2], "holds");
    let missed = bars(&data("5000.1", "13"));
    assert_eq!(row(&missed, "full view of 256")[2], "MISSED");
    assert_eq!(row(&missed, "false deaths at 256")[2], "MISSED");
    let never = bars(&data("", "0"));
    assert_eq!(row(&never, "full view of 256")[2], "MISSED", "it never came to that");
    assert_eq!(row(&never, "full view of 1,024")[2], "MISSED", "what was not run does not hold");
}

#[test]
fn sample_is_compared_with_the_mean_of_the_whole() {
    let table = validation(&data("3000.0", "0"));
    assert_eq!(row(&table, "packets sent")[1..4], ["2.10", "2.31", "10.0 %"]);
}

#[test]
fn every_place_in_the_text_is_filled() {
    let text = render(&data("3000.0", "0"), &Figures::default());
    assert!(!text.contains("{{"), "{text}");
    assert!(text.contains("|   256 | 20 % |    1 |"), "{text}");
    assert!(text.contains("| 4,096 | 20 % |    0 |"), "what was not run is shown as such: {text}");
}

#[test]
fn aims_hold_or_are_missed_as_the_machine_says() {
    let columns = "what,nodes,threads,events,seconds,simulated_s,peak_mib\n";
    let judged = |line: &str| {
        let table = aims(&Figures::parse(&format!("{columns}{line}\n")).unwrap());
        table.rows().iter().map(|row| row[1..].join(" ")).collect::<Vec<_>>()
    };
    let idle = judged("idle (together),10000,1,5000000,2.000,50,1024");
    assert_eq!(idle[..2], ["2.50 holds", "25.0 holds"]);
    assert_eq!(idle[2..], ["– MISSED", "– MISSED"], "what was not measured does not hold");
    assert_eq!(judged("idle (together),10000,2,5000000,2.000,50,1024")[0], "– MISSED", "two threads");
    assert_eq!(judged("idle (together),10000,1,3000000,2.000,50,1024")[0], "1.50 MISSED");
    assert_eq!(judged("idle and push/pulls (together),10000,1,1,1.0,1,25600")[3], "−1.00 MISSED");
}
