//! User events.

use crate::ours::Plan;
use crate::process::scratch;
use crate::{Setup, all_see, wait};
use memberlist::hashicorp::{SerfMember, serf::UserEvent};

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn user_event_of_an_agent_reaches_our_delegate_once() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let node = Plan::new("rust").start().await;
    go2.join(go1.address);
    node.join(go1.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    go2.tell(&["event", "-coalesce=false", "deploy", "v1"]);
    wait("the first event", || !node.user_events().is_empty());
    // So that the second comes after it for all.
    wait("go1 heard it", || go1.log().contains("messageUserEventType: deploy"));
    go1.tell(&["event", "deploy", "v2"]);
    wait("the second event", || node.user_events().len() > 1);

    // Both agents pass on what they hear, so it was heard more often by now.
    wait("the echo", || node.node.delegate().stats().repeated > 0);
    let events = node.user_events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(
        (events[0].name.as_str(), events[0].payload.as_ref(), events[0].coalesce),
        ("deploy", &b"v1"[..], false)
    );
    assert_eq!(
        (events[1].name.as_str(), events[1].payload.as_ref(), events[1].coalesce),
        ("deploy", &b"v2"[..], true)
    );
    assert!(events[1].time > events[0].time);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn our_user_event_runs_the_handlers_of_agents() {
    let file = |name: &str| scratch().join(format!("event-{name}-{}", std::process::id()));
    let handler = |name: &str| {
        let file = file(name);
        let _ = std::fs::remove_file(&file);
        Setup::new(name).with(format!("-event-handler=user:deploy=cat >>{}", file.display()))
    };
    let (go1, go2) = (handler("go1").start(), handler("go2").start());
    let node = Plan::new("rust").start().await;
    node.join(go1.address).await;
    go2.join(node.address);
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    drop(node.node.serf_event("deploy", "v3", false).unwrap());
    for name in ["go1", "go2"] {
        wait("the handler ran", || std::fs::read(file(name)).is_ok_and(|text| text.starts_with(b"v3")));
        let _ = std::fs::remove_file(file(name));
    }
}

/// Our full state has the latest events; an agent takes them from there if it is told to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_is_told_earlier_events_when_it_joins_us() {
    let node = Plan::new("rust").start().await;
    for version in ["v7", "v8"] {
        drop(node.node.serf_event("deploy", version, false).unwrap());
    }
    let agent = Setup::new("go").start();
    agent.tell(&["join", "-replay", &node.address.to_string()]);
    all_see(&[&agent], &[&node], &["go", "rust"]);
    wait("both events", || agent.log().matches("Received event: user-event: deploy").count() == 2);
}

/// On a stream of its own an event reaches one agent, which passes it on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn our_reliable_message_is_taken_by_an_agent() {
    let agent = Setup::new("go").start();
    let node = Plan::new("rust").start().await;
    node.join(agent.address).await;
    all_see(&[&agent], &[&node], &["go", "rust"]);
    let event = UserEvent { time: 5, name: "deploy".into(), payload: "v5".into(), coalesce: false };
    node.node.send_reliable(&agent.address, event.encode().unwrap()).await.unwrap();
    wait("the event", || agent.log().contains("Received event: user-event: deploy"));
}

/// Two agents that can't hear each other but through us would need us to pass events on; we do, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn user_events_and_intents_are_passed_on() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let node = Plan::new("rust").start().await;
    go1.join(node.address);
    go2.join(node.address);
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    go1.tell(&["event", "deploy", "v4"]);
    wait("the event", || node.user_events().len() == 1);
    let stats = node.node.delegate().stats();
    assert_eq!((stats.user_events, stats.not_passed_on, stats.malformed), (1, 0, 0));
    assert!(stats.intents >= 1, "{stats:?}");
}
