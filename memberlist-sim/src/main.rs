//! The command line of the simulator.

fn main() -> std::process::ExitCode {
    memberlist_sim::cli::main()
}
