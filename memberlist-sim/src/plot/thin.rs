//! Fewer points that look the same.

#[cfg(test)]
mod tests;

/// `points` with at most four for each run of consecutive ones that share a column: the first, the least, the greatest and the last by
/// their second coordinate, in their order. What is drawn in columns that wide does not change by it: no peak is lost, and
/// lines enter and leave each column where they did.
pub(super) fn extremes(points: &[(f64, f64)], column: impl Fn(f64) -> i32) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    let mut rest = points;
    while let Some(first) = rest.first() {
        let here = column(first.0);
        let length = rest.iter().take_while(|point| column(point.0) == here).count();
        let (run, after) = rest.split_at(length);
        rest = after;
        if run.len() <= 4 {
            out.extend_from_slice(run);
            continue;
        }
        let by_height = |a: &(usize, &(f64, f64)), b: &(usize, &(f64, f64))| a.1.1.total_cmp(&b.1.1);
        let least = run.iter().enumerate().min_by(by_height).map_or(0, |(index, _)| index);
        let greatest = run.iter().enumerate().max_by(by_height).map_or(0, |(index, _)| index);
        let mut keep = [0, least, greatest, run.len() - 1];
        keep.sort_unstable();
        let mut before = None;
        for index in keep {
            if before != Some(index) {
                out.extend(run.get(index));
            }
            before = Some(index);
        }
    }
    out
}
