use super::Progress;
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// Does this for each seed, on all processors, with a progress bar; the results are in the order of the seeds.
///
/// `work` sees nothing but its seed, so no result depends on which thread did it, or when.
pub fn over_seeds<T: Send>(seeds: &[u64], what: &str, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let progress = Progress::new(seeds.len(), what);
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(seeds.len())));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(seeds.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(seed) = seeds.get(place) else { return };
                    let result = work(*seed);
                    progress.step();
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((place, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
