//! M5: the queue of broadcasts.

use crate::{
    Case, Row,
    crowd::{INCARNATION, Name, alive, encoded, node},
};
use bytes::Bytes;
use memberlist_proto::bench::Queue;
use rand_core::Rng;
use std::hint::black_box;

/// How many wait.
const SIZES: [u32; 4] = [0, 1_000, 10_000, 100_000];
/// Operations between two looks at the clock.
const BATCH: u64 = 256;
/// So high that nothing leaves: the queue stays as long as it is.
const LIMIT: u32 = u32::MAX;

pub(super) fn row() -> Row {
    let mut row = Row::new("M5", "Broadcast queue, by how many wait");
    for size in SIZES {
        row.add(move || with_targets(size, 100.0, 20.0, enqueue(size)));
    }
    for size in SIZES.into_iter().skip(1) {
        row.add(move || supersede(size));
    }
    for size in SIZES.into_iter().skip(1) {
        row.add(move || with_targets(size, 1_000.0, 250.0, fill(size)));
    }
    row.add(|| fill_mixed(10_000));
    row.add(|| drain(10_000));
    row
}

fn with_targets(size: u32, floor: f64, goal: f64, case: Case) -> Case {
    if size == 10_000 { case.targets(floor, goal) } else { case }
}

fn item(n: u32) -> (Name, Bytes) {
    (node(n).id, encoded(&alive(n, INCARNATION)))
}

fn queue(size: u32) -> Queue<Name> {
    let mut queue = Queue::new();
    for n in 0..size {
        let (name, payload) = item(n);
        queue.insert(name, payload);
    }
    queue
}

pub(super) fn enqueue(size: u32) -> Case {
    let mut queue = queue(size);
    let fresh: Vec<_> = (0..BATCH as u32).map(|n| item(10_000_000 + n)).collect();
    let mut add = move |count: usize, meter: &mut crate::Meter| {
        let items: Vec<_> = fresh.iter().take(count).cloned().collect();
        meter.time(|| items.into_iter().for_each(|(name, payload)| queue.insert(name, payload)));
        fresh.iter().for_each(|(name, _)| queue.remove(name));
    };
    // Warm: the queue was a little longer once, and its payloads have been cloned.
    add(BATCH as usize, &mut crate::Meter::default());
    Case::staged(format!("enqueue at {size}"), move |meter, n| {
        for done in (0..n).step_by(BATCH as usize) {
            add((n - done).min(BATCH) as usize, meter);
        }
    })
    .without_allocations()
}

fn supersede(size: u32) -> Case {
    let mut queue = queue(size);
    let mut dice = crate::crowd::dice();
    Case::staged(format!("supersede at {size}"), move |meter, n| {
        for done in (0..n).step_by(BATCH as usize) {
            let count = (n - done).min(BATCH);
            let items: Vec<_> = (0..count).map(|_| item(dice.next_u32() % size)).collect();
            meter.time(|| items.into_iter().for_each(|(name, payload)| queue.insert(name, payload)));
        }
    })
    .without_allocations()
}

pub(super) fn fill(size: u32) -> Case {
    let mut queue = queue(size);
    let mut out = Vec::with_capacity(64);
    // The first clone of each payload allocates.
    for _ in 0..size / 20 {
        queue.fill(1_400, LIMIT, &mut out);
        out.clear();
    }
    Case::staged(format!("fill 1,400 B at {size}"), move |meter, n| {
        for _ in 0..n {
            meter.time(|| queue.fill(1_400, LIMIT, black_box(&mut out)));
            out.clear();
        }
    })
    .without_allocations()
}

/// Payloads of every length from 20 to 219 bytes, as user broadcasts may have.
fn fill_mixed(size: u32) -> Case {
    let mut queue = Queue::new();
    for n in 0..size {
        queue.insert(node(n).id, Bytes::from(vec![0; 20 + (n % 200) as usize]));
    }
    let mut out = Vec::with_capacity(64);
    Case::staged(format!("fill 1,400 B at {size}, 200 different lengths"), move |meter, n| {
        for _ in 0..n {
            meter.time(|| queue.fill(1_400, LIMIT, black_box(&mut out)));
            out.clear();
        }
    })
}

/// Everything until nothing is left, each handed out four times.
fn drain(size: u32) -> Case {
    let items: Vec<_> = (0..size).map(item).collect();
    let mut out = Vec::with_capacity(64);
    Case::staged(format!("drain {size}, each sent 4 times: for each transmission"), move |meter, n| {
        for _ in 0..n {
            let mut queue = Queue::new();
            for (name, payload) in items.iter().cloned() {
                queue.insert(name, payload);
            }
            meter.time(|| {
                while !queue.is_empty() {
                    queue.fill(1_400, 4, black_box(&mut out));
                    out.clear();
                }
            });
        }
    })
    .each(u64::from(size) * 4)
}
