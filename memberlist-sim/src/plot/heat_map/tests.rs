use super::*;
use crate::plot::xml::{Element, check};

fn map() -> HeatMap {
    HeatMap::new("FP", "C", ["1", "4"], "D", Unit::Number)
}

fn cells(map: &HeatMap) -> Vec<Element> {
    let elements = check(&map.to_svg()).expect("well-formed");
    let hinted = |(index, element): &(usize, &Element)| {
        element.name == "rect" && elements.get(index + 1).is_some_and(|next| next.name == "title")
    };
    elements.iter().enumerate().filter(hinted).map(|(_, element)| element.clone()).collect()
}

#[test]
fn cells_have_the_colours_of_their_figures() {
    let map = map().row("128 ms", [Some(0.0), Some(50.0)]).row("1 s", [Some(100.0), None]);
    let fills: Vec<_> = cells(&map).iter().map(|cell| cell.attribute("fill").unwrap().to_owned()).collect();
    assert_eq!(fills, [heat(0.0).hex(), heat(0.5).hex(), heat(1.0).hex(), GRID.hex()]);
    let svg = map.to_svg();
    assert!(svg.contains("4 × 128 ms: 50") && svg.contains("4 × 1 s: no figure"));
}

#[test]
fn logarithmic_colours_tell_small_figures_apart() {
    let row = [Some(9.0), Some(99_999.0)];
    let fills = |map: HeatMap| {
        cells(&map.row("", [Some(0.0), None]).row("", row))[2].attribute("fill").unwrap().to_owned()
    };
    assert_eq!(fills(map()), heat(9.0 / 99_999.0).hex());
    // ln 10 of ln 100,000.
    assert_eq!(fills(map().log()), heat(0.2).hex());
}

#[test]
fn figures_in_cells_can_be_read_on_their_colour() {
    for step in 0..=50 {
        let ground = heat(f64::from(step) / 50.0).luminance();
        let ink = if ground > 0.18 { DARK_INK } else { LIGHT_INK }.luminance();
        let contrast = (ground.max(ink) + 0.05) / (ground.min(ink) + 0.05);
        assert!(contrast >= 4.0, "{step}: {contrast}");
    }
}

#[test]
fn nothing_equal_figures_and_ragged_rows_can_be_drawn() {
    for empty in [
        HeatMap::default(),
        map(),
        HeatMap::new("", "", Vec::<String>::new(), "", Unit::Bytes).row("a", [None]),
    ] {
        assert!(empty.to_svg().contains("no data"));
        assert!(cells(&empty).is_empty());
    }
    assert_eq!(cells(&map().row("a", [Some(3.0), Some(3.0)])).len(), 2);
    assert_eq!(cells(&map().row("a", [Some(f64::NAN)]).row("b", [Some(1.0); 5])).len(), 4);
}

#[test]
fn hostile_names_are_escaped() {
    let hostile = "<script>\"&'\u{0}";
    let map = HeatMap::new(hostile, hostile, [hostile], hostile, Unit::Seconds).row(hostile, [Some(1.0)]);
    assert!(check(&map.to_svg()).unwrap().iter().all(|element| element.name != "script"));
}
