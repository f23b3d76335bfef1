use super::blocking;
use agnostic::{RuntimeLite, smol::SmolRuntime, tokio::TokioRuntime};

/// On some runtimes a panic of the work would be one of its awaiter, too.
#[test]
fn panic_of_blocking_work_is_the_same_on_every_runtime() {
    async fn story<R: RuntimeLite>() {
        assert_eq!(blocking::<R, _>(|| 1).await, Some(1));
        assert_eq!(blocking::<R, ()>(|| panic!("on purpose")).await, None);
        assert_eq!(blocking::<R, _>(|| 2).await, Some(2));
    }
    SmolRuntime::block_on(story::<SmolRuntime>());
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(story::<TokioRuntime>());
}
