use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Remove(usize),
    Pop,
    SplitOff(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..50_u64).prop_map(Step::Insert),
        2 => any::<usize>().prop_map(Step::Remove),
        2 => Just(Step::Pop),
        1 => (20..60_u64).prop_map(Step::SplitOff),
    ]
}

proptest! {
    /// Few or many, they come out as an ordered map gives them.
    #[test]
    fn it_is_in_order_whatever_the_number(steps in proptest::collection::vec(step(), 1..300)) {
        let (mut ready, mut map) = (Ready::new(), BTreeMap::new());
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Insert(at) => {
                    let key = (Instant::from_nanos(at), u64::from(number));
                    ready.insert(key, number);
                    map.insert(key, number);
                }
                Step::Remove(nth) => {
                    let key = map.keys().nth(nth % map.len().max(1)).copied();
                    let key = key.unwrap_or((Instant::START, u64::from(number)));
                    ready.remove(&key);
                    map.remove(&key);
                }
                Step::Pop => {
                    let first = map.pop_first().map(|((at, _), index)| (at, index));
                    prop_assert_eq!(ready.pop_first(), first);
                }
                Step::SplitOff(at) => {
                    let at = Instant::from_nanos(at);
                    let rest: Vec<_> = map.split_off(&(at, 0)).into_values().collect();
                    prop_assert_eq!(ready.split_off(at), rest);
                }
            }
            prop_assert_eq!(ready.len(), map.len());
            prop_assert_eq!(ready.first(), map.keys().next().map(|(at, _)| *at));
        }
    }
}
