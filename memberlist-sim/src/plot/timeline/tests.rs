use proptest::prelude::*;

use super::*;
use crate::{
    plot::Unit,
    plot::xml::{Element, check},
};

fn timeline() -> Timeline {
    Timeline::new("Who believed what", Axis::new("time", Unit::Seconds))
}

fn spans(timeline: &Timeline) -> Vec<Element> {
    let elements = check(&timeline.to_svg()).expect("well-formed");
    let hinted = |(index, element): &(usize, &Element)| {
        element.name == "rect" && elements.get(index + 1).is_some_and(|next| next.name == "title")
    };
    elements.iter().enumerate().filter(hinted).map(|(_, element)| element.clone()).collect()
}

fn number(element: &Element, name: &str) -> f64 {
    element.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn spans_are_as_long_as_they_lasted() {
    let timeline = timeline().row("", "a", [(0.0, 6.0, Belief::Alive), (6.0, 9.0, Belief::Suspect)]);
    let [alive, suspect] = &spans(&timeline)[..] else { panic!() };
    assert!((number(alive, "width") / number(suspect, "width") - 2.0).abs() < 0.01);
    assert!((number(alive, "x") + number(alive, "width") - number(suspect, "x")).abs() < 0.2);
    assert_eq!(suspect.attribute("fill"), Some(SUSPECT.hex().as_str()));
    assert!(timeline.to_svg().contains("a: suspect, 6 s to 9 s"));
}

#[test]
fn legend_says_what_a_gap_means_where_there_is_one() {
    let known = timeline().row("", "a", [(0.0, 6.0, Belief::Alive), (6.0, 9.0, Belief::Dead)]);
    let facts = known.clone().row("", "in fact", [(5.0, 9.0, Belief::Down)]);
    let gap = known.clone().row("", "b", [(0.0, 3.0, Belief::Alive), (5.0, 9.0, Belief::Alive)]);
    assert!(!known.to_svg().contains("not known") && !facts.to_svg().contains("not known"));
    assert!(gap.to_svg().contains("nothing: not known"));
}

#[test]
fn short_suspicion_is_a_pixel_wide_and_over_the_others() {
    let timeline = timeline().row("", "a", [(5.0, 5.000_001, Belief::Suspect), (0.0, 100.0, Belief::Alive)]);
    let [_, last] = &spans(&timeline)[..] else { panic!() };
    assert_eq!((number(last, "width"), last.attribute("fill")), (2.0, Some(SUSPECT.hex().as_str())));
}

#[test]
fn of_short_spans_on_one_pixel_the_gravest_is_drawn() {
    let flapping = (0..10_000).map(|i| {
        let from = f64::from(i) / 1_000.0;
        (from, from + 0.001, if i == 5_000 { Belief::Dead } else { Belief::Suspect })
    });
    let timeline = timeline().row("", "a", flapping);
    let drawn = spans(&timeline);
    assert!(drawn.len() <= 760, "{}", drawn.len());
    assert_eq!(drawn.iter().filter(|span| span.attribute("fill") == Some(&DEAD.hex())).count(), 1);
}

#[test]
fn rows_in_which_most_happened_are_shown() {
    let mut all = timeline();
    for index in 0..400 {
        let busy = if index == 399 { 3 } else { 1 };
        let row = (0..busy).map(|i| (f64::from(i), f64::from(i) + 1.0, Belief::Alive));
        all = all.row("", format!("node-{index}"), row);
    }
    let svg = all.to_svg();
    assert!(svg.contains("250 more rows") && svg.contains("node-399") && !svg.contains("node-149<"));
}

#[test]
fn heading_stands_before_each_group() {
    let timeline = timeline()
        .row("first group", "a", [(0.0, 1.0, Belief::Alive)])
        .row("first group", "b", [])
        .row("second group", "c", [(0.0, 1.0, Belief::Down)]);
    let svg = timeline.to_svg();
    assert_eq!(svg.matches(">first group<").count(), 1);
    assert!(svg.find("first group") < svg.find(">a<") && svg.find(">b<") < svg.find("second group"));
    // The legend names what is there, and nothing else.
    assert!(svg.contains(">down<") && !svg.contains(">suspect<"));
}

#[test]
fn nothing_can_be_drawn_and_wrong_spans_are_left_out() {
    for empty in [Timeline::default(), timeline()] {
        assert!(empty.to_svg().contains("no data"));
        check(&empty.to_svg()).unwrap();
    }
    let wrong = timeline().row(
        "",
        "<a>&",
        [(2.0, 1.0, Belief::Dead), (f64::NAN, 1.0, Belief::Dead), (0.0, f64::INFINITY, Belief::Dead)],
    );
    assert!(spans(&wrong).is_empty());
    assert_eq!(spans(&timeline().row("", "a", [(3.0, 3.0, Belief::Left)])).len(), 1);
}

proptest! {
    #[test]
    fn no_span_leaves_the_picture(rows in prop::collection::vec(prop::collection::vec((-5.0_f64..50.0, 0.0_f64..9.0, 0_usize..6), 0..20), 0..5)) {
        let timeline = rows.iter().fold(timeline().mark(3.0, "crash"), |timeline, row| {
            timeline.row("", "node", row.iter().map(|(from, length, belief)| (*from, from + length, Belief::ALL[*belief])))
        });
        for span in spans(&timeline) {
            let (x, width) = (number(&span, "x"), number(&span, "width"));
            prop_assert!(x >= 0.0 && width >= 2.0 && x + width <= f64::from(WIDTH - MARGIN) + 0.1);
        }
    }
}
