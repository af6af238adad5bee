//! `joinder picture`: a file in, a picture of it out. The program starts itself so for each file that staff
//! look at, because decoders are where strangers' files bite: whatever happens in here ends with the process,
//! which can open nothing and has bounded time and memory.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::domain::file_type::FileType;
use crate::render::picture;

/// Seconds of computing.
const SECONDS: u64 = 10;
/// Bytes of memory, reserved ones included: decoder, pages and what the allocator keeps.
const MEMORY: u64 = 3 * 1024 * 1024 * 1024;

/// What comes in.
#[derive(Args)]
pub struct PictureArgs {
    /// Type of the file: pdf, jpg, png, webp, tif
    file_type: String,
}

/// Reads a file from standard input, writes a JPEG to standard output.
///
/// # Errors
/// If it cannot be shown.
pub fn run(args: &PictureArgs) -> anyhow::Result<ExitCode> {
    bound(Resource::Cpu, SECONDS)?;
    bound(Resource::As, MEMORY)?;
    bound(Resource::Fsize, 0)?;
    bound(Resource::Core, 0)?;
    // nothing more can be opened: no file, no connection
    bound(Resource::Nofile, 0)?;
    let file_type = FileType::parse(&args.file_type).context("unknown type")?;
    let mut file = Vec::new();
    io::stdin().lock().read_to_end(&mut file)?;
    let picture = picture::jpeg(file, file_type)?;
    io::stdout().lock().write_all(&picture)?;
    Ok(ExitCode::SUCCESS)
}

fn bound(resource: Resource, most: u64) -> anyhow::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limit).context("the limits of the process cannot be set")
}
