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
    assert_eq!(row(&missed, "full view of 256")[2], "**missed**");
    assert_eq!(row(&missed, "false deaths at 256")[2], "**missed**");
    let never = bars(&data("", "0"));
    assert_eq!(row(&never, "full view of 256")[2], "**missed**", "it never came to that");
    assert_eq!(row(&never, "full view of 1,024")[2], "**missed**", "what was not run does not hold");
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
    assert!(text.contains("|   256 | 20 % |"), "{text}");
}
