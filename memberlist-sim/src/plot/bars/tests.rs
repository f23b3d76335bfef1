use super::*;
use crate::{
    plot::xml::{Element, check},
    stats::Sample,
};

fn plot() -> HistogramPlot {
    HistogramPlot::new("Detection", Axis::new("time", Unit::Seconds))
}

fn bars(plot: &HistogramPlot) -> Vec<Element> {
    let elements = check(&plot.to_svg()).expect("well-formed");
    elements.into_iter().filter(|e| e.name == "rect" && e.attribute("opacity") == Some("0.75")).collect()
}

#[test]
fn bars_are_as_high_as_their_counts() {
    let sample = Sample::new([0.5, 1.5, 1.5, 1.5, 1.5, 3.5]);
    let drawn = bars(&plot().histogram("a", Histogram::fixed(&sample, 0.0, 4.0, 4).unwrap()));
    let height = |bar: &Element| bar.attribute("height").unwrap().parse::<f64>().unwrap();
    let [one, four, last] = &drawn[..] else { panic!("{drawn:?}") };
    assert!((height(four) / height(one) - 4.0).abs() < 0.05 && height(one) == height(last), "{drawn:?}");
}

#[test]
fn values_outside_of_the_bins_are_told() {
    let sample = Sample::new([-1.0, 0.5, 9.0, 10.0]);
    let svg = plot().histogram("a", Histogram::fixed(&sample, 0.0, 1.0, 1).unwrap()).to_svg();
    assert!(svg.contains("a (1 below, 2 above)"));
}

#[test]
fn several_histograms_have_outlines_of_different_dashes() {
    let histogram = Histogram::auto(&Sample::new([1.0, 2.0, 3.0, 4.0]));
    let two = plot().histogram("a", histogram.clone()).histogram("b", histogram);
    let elements = check(&two.to_svg()).unwrap();
    let strokes =
        elements.iter().filter(|e| e.name == "polyline" && e.attribute("stroke-width") == Some("3"));
    let strokes: Vec<_> = strokes.filter_map(|e| e.attribute("stroke")).collect();
    assert_eq!(strokes, ["#0072B2", "#D55E00"]);
}

#[test]
fn nothing_and_a_single_value_can_be_drawn() {
    for empty in
        [plot(), plot().histogram("a", Histogram::auto(&Sample::default())), HistogramPlot::default()]
    {
        assert!(empty.to_svg().contains("no data"));
        assert!(bars(&empty).is_empty());
    }
    assert_eq!(bars(&plot().histogram("<a>", Histogram::auto(&Sample::new([7.0]))).mark(7.5, "&")).len(), 1);
}
