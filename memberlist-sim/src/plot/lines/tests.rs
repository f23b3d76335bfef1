use super::*;
use crate::{
    plot::Unit,
    plot::xml::{Element, check},
};

fn elements(plot: &LinePlot) -> Vec<Element> {
    check(&plot.to_svg()).expect("well-formed")
}

fn plot() -> LinePlot {
    LinePlot::new("Infection", Axis::new("time", Unit::Seconds), Axis::new("informed", Unit::Fraction))
}

/// The points of the drawn lines, those of the legend and of the grid left out.
fn paths(plot: &LinePlot) -> Vec<Vec<(i32, i32)>> {
    let series = |e: &&Element| e.name == "polyline" && e.attribute("stroke-width") == Some("4");
    let points = |e: &Element| {
        let pairs = e.attribute("points").unwrap().split_whitespace();
        pairs
            .map(|pair| pair.split_once(',').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect()
    };
    elements(plot).iter().filter(series).map(points).collect()
}

#[test]
fn line_goes_through_its_points_in_proportion() {
    let drawn = paths(&plot().line("a", [(0.0, 0.0), (5.0, 0.5), (10.0, 1.0)]));
    let [(x0, y0), (x1, y1), (x2, y2)] = drawn[0][..] else { panic!("{drawn:?}") };
    assert!(x0 < x1 && x1 < x2 && y0 > y1 && y1 > y2, "{drawn:?}");
    assert!((x1 - x0 - (x2 - x1)).abs() <= 1 && (y0 - y1 - (y1 - y2)).abs() <= 1, "{drawn:?}");
}

#[test]
fn steps_hold_their_height_until_the_next_point_and_to_the_end() {
    let drawn = paths(&plot().steps("a", [(0.0, 0.2), (1.0, 1.0)]).line("b", [(0.0, 0.0), (2.0, 0.0)]));
    let [a, b, c, d] = drawn[0][..] else { panic!("{drawn:?}") };
    assert!(a.1 == b.1 && b.0 == c.0 && c.1 == d.1 && c.1 < b.1, "{drawn:?}");
    assert_eq!(d.0, drawn[1][1].0);
}

#[test]
fn distribution_begins_at_zero() {
    let cdf = Cdf::new(&Sample::new([1.0, 2.0, 3.0]));
    assert_eq!(plot().cdf("a", &cdf).lines[0].points[..2], [(1.0, 0.0), (1.0, 1.0 / 3.0)]);
    assert_eq!(plot().cdf("a", &Cdf::default()).lines[0].points, []);
}

#[test]
fn spread_is_the_median_and_a_band_up_to_the_tail() {
    let samples = [Sample::new([1.0, 2.0, 9.0]), Sample::default(), Sample::new([4.0])];
    let plot = plot().spread("node", (0..).map(f64::from).zip(&samples));
    assert_eq!(plot.lines[0].points, [(0.0, 2.0), (2.0, 4.0)]);
    assert_eq!(plot.bands[0].points, [(0.0, 2.0, 9.0), (2.0, 4.0, 4.0)]);
    assert!(elements(&plot).iter().any(|element| element.name == "polygon"));
}

#[test]
fn many_points_are_thinned_but_their_peak_is_drawn() {
    let few = plot().line("a", (0..200).map(|i| (f64::from(i), 0.0)));
    let mut points: Vec<(f64, f64)> =
        (0..200_000).map(|i| (f64::from(i), f64::from(i % 7) / 100.0)).collect();
    points[123_456].1 = 1.0;
    let many = plot().line("a", points);
    assert!(many.to_svg().len() < 100_000, "{}", many.to_svg().len());
    let peak = paths(&many)[0].iter().map(|point| point.1).min().unwrap();
    let base = paths(&few)[0][0].1;
    let one_percent = plot().line("a", [(0.0, 1.0), (1.0, 0.0)]);
    assert_eq!(peak, paths(&one_percent)[0][0].1);
    assert!(peak < base);
}

#[test]
fn nothing_and_a_single_point_can_be_drawn() {
    for empty in [plot(), plot().line("a", []), plot().line("a", [(f64::NAN, 1.0), (1.0, f64::INFINITY)])] {
        assert!(empty.to_svg().contains("no data"));
        elements(&empty);
    }
    for single in [
        plot().line("a", [(3.0, 0.4)]),
        plot().steps("a", [(0.0, 0.0)]),
        plot().cdf("a", &Cdf::new(&Sample::new([7.0]))),
        plot().spread("a", [(1.0, &Sample::new([2.0]))]),
    ] {
        assert!(!single.to_svg().contains("no data"));
        elements(&single);
    }
    assert!(elements(&plot().line("a", [(3.0, 0.4)])).iter().any(|element| element.name == "circle"));
    elements(&LinePlot::default());
}

#[test]
fn hostile_names_are_escaped_and_long_ones_cut() {
    let hostile = "</text><script>alert('1')</script>\u{1b}\u{202E}";
    let axis = || Axis::new(hostile, Unit::Bytes);
    let plot = LinePlot::new(hostile, axis(), axis()).line(hostile, [(1.0, 1.0)]).mark(0.5, hostile);
    assert!(elements(&plot).iter().all(|element| element.name != "script"));
    let long = "name ".repeat(400);
    let plot = LinePlot::new(
        long.clone(),
        Axis::new(long.clone(), Unit::Bytes),
        Axis::new(long.clone(), Unit::Bytes),
    );
    elements(&plot.line(long.clone(), [(1.0, 1.0)]).mark(1.0, long));
}

#[test]
fn data_that_are_not_finite_are_left_out() {
    let plot = plot()
        .line("a", [(f64::NAN, 1.0), (1.0, 1.0)])
        .band("b", [(0.0, 2.0, 1.0), (1.0, f64::INFINITY, 0.0)])
        .mark(f64::NAN, "never");
    assert_eq!(plot.lines[0].points, [(1.0, 1.0)]);
    assert_eq!(plot.bands[0].points, [(0.0, 1.0, 2.0)]);
    assert!(plot.marks.is_empty());
}

#[test]
fn same_data_give_the_same_bytes() {
    let draw = || plot().line("a", [(0.0, 0.1), (3.0, 0.7)]).mark(1.0, "crash").to_svg();
    assert_eq!(draw(), draw());
}

#[test]
fn labels_of_close_marks_do_not_share_a_line() {
    let plot = (0..9).fold(plot().line("a", [(0.0, 0.0), (9.0, 1.0)]), |plot, i| {
        plot.mark(4.0 + f64::from(i) / 10.0, format!("mark number {i}"))
    });
    let svg = plot.to_svg();
    let check = elements(&plot);
    let heights: Vec<&str> = svg
        .split("<text ")
        .filter(|text| text.contains("mark number"))
        .map(|text| text.split("y=\"").nth(1).unwrap().split('"').next().unwrap())
        .collect();
    let mut distinct = heights.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((heights.len(), distinct.len()), (4, 4), "{heights:?}");
    assert!(!check.is_empty());
}
