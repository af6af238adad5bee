//! The `joinder` program.

use std::process::ExitCode;

use clap::Parser;
use joinder::commands::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// One runtime outlives those of actix's threads: write actions and connections live on it.
#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(commands::run(Cli::parse())).await {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the last word to the operator")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
