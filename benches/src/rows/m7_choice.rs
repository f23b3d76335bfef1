//! M7: whom to probe next, and some at random.

use crate::{
    Case, Row,
    crowd::{Addr, Name, dice, node},
};
use memberlist_proto::bench::Members;

pub(super) fn row() -> Row {
    let mut row = Row::new("M7", "Choice among members: the next to probe, and some at random");
    for size in [100, 10_000, 100_000] {
        row.add(move || targets(size, 50.0, 5.0, next(size)));
        for k in [1, 3] {
            let (floor, goal) = if k == 3 { (150.0, 20.0) } else { (f64::NAN, f64::NAN) };
            row.add(move || targets(size, floor, goal, random(size, k, false)));
        }
        row.add(move || random(size, 3, true));
        row.add(move || lookup(size));
    }
    row
}

fn targets(size: u32, floor: f64, goal: f64, case: Case) -> Case {
    if size == 10_000 && floor.is_finite() { case.targets(floor, goal) } else { case }
}

fn members(size: u32) -> Members<Name, Addr> {
    Members::new(node(0).id, (0..size).map(node), &mut dice())
}

/// Whole rounds, so that drawing a new order has its share.
pub(super) fn next(size: u32) -> Case {
    let (mut members, mut dice) = (members(size), dice());
    Case::staged(format!("next to probe of {size}"), move |meter, n| {
        for _ in 0..n {
            meter.time(|| (0..size).for_each(|_| assert!(members.next_probe(&mut dice).is_some())));
        }
    })
    .each(size.into())
    .without_allocations()
}

pub(super) fn random(size: u32, k: usize, excluded: bool) -> Case {
    let (mut members, mut dice) = (members(size), dice());
    if excluded {
        members.kill_every(3);
    }
    let name = format!("{k} at random of {size}{}", if excluded { ", a third excluded" } else { "" });
    Case::new(name, move || members.sample(k, &mut dice)).without_allocations()
}

pub(super) fn lookup(size: u32) -> Case {
    let members = members(size);
    let mut dice = dice();
    // So many that what a large cluster holds is not in a near cache by chance.
    let count = size.max(4096);
    let names: Vec<Name> = (0..count).map(|_| node(rand_core::Rng::next_u32(&mut dice) % size).id).collect();
    Case::new(format!("by name, of {size}"), move || names.iter().filter(|name| members.knows(name)).count())
        .each(count.into())
        .without_allocations()
}
