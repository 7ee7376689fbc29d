//! The `mynah` interpreter: runs Lua scripts, with the habits of `lua`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
