//! Writes the seeds into the corpus: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let seeds = memberlist_fuzz::seeds::all();
    for (target, bytes) in &seeds {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join(format!("seed-{:016x}", hasher.finish())), bytes)?;
    }
    println!("{} seeds", seeds.len());
    Ok(())
}
