/// Rows in which every choice of each parameter meets every choice of every other one: enough to find what goes wrong when
/// two things come together, with a small part of all combinations.
///
/// `choices` says how many choices each parameter has; a row has one index for each. The same input gives the same rows. There are at
/// least as many as the product of the two largest parameters, and seldom many more. A parameter without choices leaves no rows.
///
/// ```
/// let rows = memberlist_conformance::pairwise(&[3, 2, 2]);
/// assert_eq!(rows.len(), 6); // of twelve combinations
/// assert!(rows.iter().any(|row| row[1] == 1 && row[2] == 0));
/// ```
#[must_use]
pub fn pairwise(choices: &[usize]) -> Vec<Vec<usize>> {
    if choices.contains(&0) {
        return Vec::new();
    }
    if let &[only] = choices {
        return (0..only).map(|choice| vec![choice]).collect();
    }
    let mut open = Open::new(choices);
    let mut rows = Vec::new();
    while let Some(((one, a), (other, b))) = open.first() {
        let mut row = vec![None; choices.len()];
        (row[one], row[other]) = (Some(a), Some(b));
        // The parameters with many choices first: they have the most pairs to bring home.
        let mut rest: Vec<usize> = (0..choices.len()).filter(|at| row[*at].is_none()).collect();
        rest.sort_by_key(|&at| std::cmp::Reverse(choices[at]));
        for at in rest {
            let gain = |choice: usize| {
                let fixed = row.iter().enumerate().filter_map(|(other, chosen)| Some((other, (*chosen)?)));
                fixed.filter(|&other| open.contains((at, choice), other)).count()
            };
            // Of equally good ones that which has the most pairs open elsewhere.
            row[at] = (0..choices[at])
                .max_by_key(|&choice| (gain(choice), open.left((at, choice)), std::cmp::Reverse(choice)));
        }
        let row: Vec<usize> = row.into_iter().flatten().collect();
        open.close(&row);
        rows.push(row);
    }
    rows
}

/// A parameter, and a choice for it.
type Choice = (usize, usize);

/// The pairs that no row has yet.
struct Open(std::collections::BTreeSet<(Choice, Choice)>);

impl Open {
    fn new(choices: &[usize]) -> Self {
        let all =
            || choices.iter().enumerate().flat_map(|(at, &count)| (0..count).map(move |choice| (at, choice)));
        let pairs =
            all().flat_map(|one| all().filter(move |other| one.0 < other.0).map(move |other| (one, other)));
        Self(pairs.collect())
    }

    fn first(&self) -> Option<(Choice, Choice)> {
        self.0.first().copied()
    }

    fn contains(&self, one: Choice, other: Choice) -> bool {
        self.0.contains(&(one.min(other), one.max(other)))
    }

    fn left(&self, choice: Choice) -> usize {
        self.0.iter().filter(|(one, other)| *one == choice || *other == choice).count()
    }

    fn close(&mut self, row: &[usize]) {
        let chosen: Vec<Choice> = row.iter().copied().enumerate().collect();
        self.0.retain(|(one, other)| !(chosen.contains(one) && chosen.contains(other)));
    }
}

#[cfg(test)]
mod tests;
