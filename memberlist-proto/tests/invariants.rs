//! Every test that INVARIANTS.md names exists.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

#[test]
fn every_named_guard_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("INVARIANTS.md")).unwrap();
    let mut guards = 0;
    for name in text.split('`').filter(|part| part.contains("::") && !part.starts_with("file::")) {
        let (file, test) = name.split_once("::").unwrap();
        let source = fs::read_to_string(root.join("tests/machine").join(file).with_extension("rs"))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(source.contains(&format!("fn {test}(")), "{name} is not there");
        guards += 1;
    }
    assert!(guards > 30, "only {guards} guards found: has the format changed?");
}
