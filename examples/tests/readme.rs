//! What README says is what the code does.
#![allow(clippy::expect_used)] // a test fails by panicking

use memberlist_proto::Options;

/// `name: value` of every field, as `Debug` prints them.
fn field(options: &Options, name: &str) -> Option<String> {
    let text = format!("{options:?}");
    let (_, rest) = text.split_once(&format!(" {name}: "))?;
    let end = rest.find(", ").or_else(|| rest.find(" }"))?;
    Some(rest[..end].to_owned())
}

#[allow(clippy::expect_used)] // A test, though not by its attribute.
fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

/// The cells of every table row whose first cell is code.
fn rows(page: &str) -> Vec<Vec<&str>> {
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// F-65, D-08
#[test]
fn every_value_in_the_option_table_of_readme_is_that_of_the_code() {
    let page = read("README.md");
    let (_, section) = page.split_once("## Options that matter").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("a section after it");
    let rows = rows(section);
    assert!(rows.len() >= 10, "only {} rows", rows.len());
    for row in rows {
        let [name, _, local, lan, wan] = row[..] else { panic!("five columns: {row:?}") };
        for (preset, said, options) in
            [("local", local, Options::local()), ("lan", lan, Options::lan()), ("wan", wan, Options::wan())]
        {
            let name = name.trim_matches('`');
            assert_eq!(field(&options, name).as_deref(), Some(said), "{name} of the preset {preset}");
        }
    }
}

/// D-08
#[test]
fn every_link_of_the_front_pages_into_the_repository_leads_somewhere() {
    let mut checked = 0;
    for path in ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        for link in read(path).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if let Some(place) = link.strip_prefix('#') {
                let page = read(path);
                let mut headings = page.lines().filter_map(|line| line.strip_prefix('#'));
                let slug = |heading: &str| heading.trim_matches(['#', ' ']).to_lowercase().replace(' ', "-");
                assert!(headings.any(|heading| slug(heading) == place), "{path} links to {link}");
            } else if !link.starts_with("http") {
                let target = format!("{}/../{link}", env!("CARGO_MANIFEST_DIR"));
                assert!(std::path::Path::new(&target).exists(), "{path} links to {link}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "only {checked} links");
}
