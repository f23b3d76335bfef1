//! A1: all join at once.

use crate::compare::{Contender, Fault, Figure, Quantity, Settings, cluster::Cluster};

pub(super) async fn run<C: Contender>(nodes: usize, seed: u64) -> Result<Vec<Figure>, Fault> {
    let cluster = Cluster::<C>::start(&Settings::quiet(nodes), nodes).await?;
    let joined = cluster.join(seed).await?;
    Ok(vec![
        Figure::one(Quantity::AllJoined, joined.took.as_secs_f64()),
        Figure::one(Quantity::ViewSizes, joined.sizes.len() as f64),
    ])
}
