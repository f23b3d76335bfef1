//! A cluster that runs before your eyes. See `--help`, and README.

fn main() -> std::process::ExitCode {
    memberlist_examples::demo::main()
}
