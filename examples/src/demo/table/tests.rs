use super::*;

fn names(count: usize) -> Vec<SmolStr> {
    (1..=count).map(|n| format!("n{n}").into()).collect()
}

fn view(observer: &str, sees: &[Option<State>]) -> View {
    View { observer: observer.into(), sees: Some(sees.to_vec()) }
}

#[test]
fn a_small_cluster_has_a_row_for_each_observer_and_a_word_for_each_state() {
    let views = [
        view("n1", &[Some(State::Alive), Some(State::Suspect), None]),
        View { observer: "n2".into(), sees: None },
        view("n3", &[Some(State::Left), Some(State::Dead), Some(State::Alive)]),
    ];
    let expected = [
        "         n1       n2       n3",
        "n1       alive    suspect  .",
        "n2       (not running)",
        "n3       left     dead     alive",
    ];
    assert_eq!(render(&names(3), &views, Paint::Plain), expected);
}

#[test]
fn colours_change_no_cell_and_no_width() {
    let views = [view("n1", &[Some(State::Alive), Some(State::Dead)])];
    let coloured = render(&names(2), &views, Paint::Coloured).join("\n");
    assert!(coloured.contains("\x1b[32m"), "{coloured:?}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain += before;
        rest = after.split_once('m').unwrap().1;
    }
    plain += rest;
    let trimmed: Vec<_> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, render(&names(2), &views, Paint::Plain));
}

#[test]
fn a_large_cluster_has_one_row_for_all_who_agree_the_largest_crowd_first() {
    let names = names(20);
    let all = vec![Some(State::Alive); 20];
    let mut one_dead = all.clone();
    one_dead[2] = Some(State::Dead);
    let mut views: Vec<_> = names.iter().map(|name| view(name, &one_dead)).collect();
    views[0] = view("n1", &all);
    views[2] = View { observer: "n3".into(), sees: None };
    let lines = render(&names, &views, Paint::Plain);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert_eq!(lines[1], "AADAAAAAAAAAAAAAAAAA  n2 n4 n5 n6 and 14 more");
    assert_eq!(lines[2], "AAAAAAAAAAAAAAAAAAAA  n1");
    assert_eq!(lines[3], "(not running)         n3");
}

#[test]
fn however_much_they_disagree_the_table_stays_small() {
    let names = names(50);
    let views: Vec<_> = (0..50)
        .map(|n| {
            let mut sees = vec![Some(State::Alive); 50];
            sees[n] = None;
            view(&names[n], &sees)
        })
        .collect();
    let lines = render(&names, &views, Paint::Plain);
    assert_eq!(lines.len(), 1 + ROWS + 1);
    assert_eq!(lines.last().unwrap(), "and 38 more views");
}
