//! Two nodes that find each other.

use memberlist::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first =
        memberlist::tokio::builder("first").bind("127.0.0.1:0").options(Options::local()).start().await?;
    let second =
        memberlist::tokio::builder("second").bind("127.0.0.1:0").options(Options::local()).start().await?;

    second.join(first.advertise_address()).await?;

    for member in second.members() {
        println!("{} at {} is {:?}", member.node.id, member.node.address, member.state);
    }

    second.leave(Duration::from_secs(5)).await?;
    second.shutdown().await;
    first.shutdown().await;
    Ok(())
}
