use super::*;
use memberlist::{Memberlist, Node, Options, core::memory::MemoryNetwork, tokio::TokioRuntime};

/// Of a real node, since a member cannot be made up.
async fn member(name: &str) -> Peer {
    let network = MemoryNetwork::new(1);
    let transport = network.bind::<TokioRuntime>("10.0.0.1:7946".parse().unwrap()).unwrap();
    let list = Memberlist::start(SmolStr::new(name), transport, Options::local()).await.unwrap();
    let member = list.local_state();
    list.shutdown().await;
    member
}

fn said(event: Event<SmolStr, SocketAddr>) -> Option<String> {
    of_event(&event, &"own".into())
}

#[tokio::test]
async fn what_becomes_of_others_is_said_and_our_own_joining_is_not() {
    let other = member("n2").await;
    assert_eq!(said(Event::Joined(other.clone())).unwrap(), "n2 joined, at 10.0.0.1:7946");
    assert_eq!(said(Event::Left(other)).unwrap(), "n2 left");
    let own = member("own").await;
    assert_eq!((said(Event::Joined(own.clone())), said(Event::Left(own))), (None, None));
}

#[tokio::test]
async fn an_update_says_what_changed() {
    let previous = member("n2").await;
    let mut moved = previous.clone();
    moved.node.address = "10.0.0.9:1".parse().unwrap();
    let event = Event::Updated { member: moved, previous: previous.clone() };
    assert_eq!(said(event).unwrap(), "n2 moved from 10.0.0.1:7946 to 10.0.0.9:1");
    let mut changed = previous.clone();
    changed.meta = Meta::new("zone=a");
    let event = Event::Updated { member: changed, previous };
    assert_eq!(said(event).unwrap(), "n2 changed, metadata \"zone=a\"");
}

#[tokio::test]
async fn names_and_metadata_from_the_network_cannot_drive_the_terminal() {
    let mut nasty = member("n\x1b[2J").await;
    nasty.meta = Meta::new("\x1b]0;title\x07");
    for text in [
        said(Event::Joined(nasty.clone())).unwrap(),
        said(Event::Conflict { existing: nasty.clone(), claimed: Node::new("n".into(), nasty.node.address) })
            .unwrap(),
        of_member(&nasty, Duration::from_secs(3)),
    ] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[tokio::test]
async fn a_row_of_the_list_has_name_address_state_and_since_when() {
    let mut member = member("n2").await;
    member.state = State::Suspect;
    let row = of_member(&member, Duration::from_millis(65_400));
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["n2", "10.0.0.1:7946", "suspect", "for", "65", "s"]
    );
}
