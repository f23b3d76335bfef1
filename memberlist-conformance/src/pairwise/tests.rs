use super::pairwise;

/// Looked for one by one, in another way than they are made.
fn covers(rows: &[Vec<usize>], choices: &[usize]) -> bool {
    (0..choices.len()).all(|one| {
        (one + 1..choices.len()).all(|other| {
            (0..choices[one])
                .all(|a| (0..choices[other]).all(|b| rows.iter().any(|row| row[one] == a && row[other] == b)))
        })
    })
}

const SIZES: [&[usize]; 8] = [
    &[2, 2],
    &[2, 2, 2, 2],
    &[3, 3, 3, 3],
    &[6, 5, 5, 2, 6, 3],
    &[1, 1, 1],
    &[1, 7, 2],
    &[2; 10],
    &[9, 8, 7, 6],
];

#[test]
fn every_pair_occurs_in_a_row() {
    for choices in SIZES {
        let rows = pairwise(choices);
        assert!(covers(&rows, choices), "{choices:?}: {rows:?}");
        for row in &rows {
            assert_eq!(row.len(), choices.len());
            assert!(row.iter().zip(choices).all(|(choice, count)| choice < count), "{choices:?}: {row:?}");
        }
    }
}

#[test]
fn rows_are_few() {
    for choices in SIZES {
        let mut sorted = choices.to_vec();
        sorted.sort_unstable();
        let least = sorted[sorted.len() - 1] * sorted[sorted.len() - 2];
        let rows = pairwise(choices).len();
        assert!(
            (least..=least * 2 + 4).contains(&rows),
            "{choices:?}: {rows} rows, at least {least} are needed"
        );
    }
}

#[test]
fn same_choices_give_same_rows() {
    assert_eq!(pairwise(&[6, 5, 5, 2]), pairwise(&[6, 5, 5, 2]));
}

#[test]
fn no_row_brings_nothing_new() {
    for choices in SIZES {
        let rows = pairwise(choices);
        assert!(!covers(&rows[..rows.len() - 1], choices), "{choices:?}");
    }
}

#[test]
fn edges_are_what_one_expects() {
    assert_eq!(pairwise(&[]), Vec::<Vec<usize>>::new());
    assert_eq!(pairwise(&[3]), [[0], [1], [2]]);
    assert_eq!(pairwise(&[3, 0]), Vec::<Vec<usize>>::new());
}
