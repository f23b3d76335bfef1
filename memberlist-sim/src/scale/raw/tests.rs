use super::*;

#[test]
fn figures_come_back_from_their_text() {
    let mut figures = Figures::new(&["nodes", "seed", "found_ms"]);
    figures.push(vec!["64".into(), "1".into(), "8200.5".into()]);
    figures.push(vec!["64".into(), "2".into(), String::new()]);
    let again = Figures::parse(&figures.to_text()).unwrap();
    assert_eq!(again, figures);
    let runs: Vec<_> = again.runs().collect();
    assert_eq!(runs[0].get("found_ms"), Some(8200.5));
    assert_eq!(runs[1].get("found_ms"), None, "it was not found");
    assert_eq!(runs[1].get("lost_ms"), None, "there is no such column");
    assert!(figures.contains(&runs[0]));
    let key = |seed: &str| ["64".to_owned(), seed.to_owned()];
    assert_eq!(figures.row(&key("2")).unwrap().len(), 3);
    assert_eq!(figures.row(&key("3")), None);
    let mut others = Figures::new(&["nodes", "seed", "found_ms"]);
    others.push(vec!["64".into(), "1".into(), "8200.6".into()]);
    assert!(!figures.contains(&others.runs().next().unwrap()));
}

#[test]
fn line_that_is_too_short_is_named() {
    assert_eq!(Figures::parse("a,b\n1,2\n3\n").unwrap_err(), "line 3: not 2 values");
    assert!(Figures::load(Path::new("/nonexistent/figures.csv")).is_err());
}
