//! `cargo bench --bench document`: what one declaration costs, on one core.
//!
//! Prints medians: a declaration of three pages and more, the smallest one, and a yardstick that has
//! nothing to do with it (1 MiB deflated); the ratios do not depend on the machine. Goal: 15 ms and
//! 60 kB in release (docs/PERFORMANCE.md).

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark that fails shall stop"
)]

use std::{
    io::{Write, stdout},
    time::{Duration, Instant},
};

use flate2::{Compression, write::ZlibEncoder};
use joinder::render::document::{
    CertifiedAddress, Circumstances, DeclarationDocument, LegalText, PrintedAssociation,
    PrintedCase, PrintedClaimant, PrintedDocument, PrintedIncident, PrintedItem, PrintedMailbox,
    PrintedPerson, TextVersion, declaration, prepare,
};

#[path = "../src/render/document/tests/sample.rs"]
mod sample;

const ROUNDS: usize = 15;

fn main() {
    let start = Instant::now();
    prepare().expect("fonts and template are in the program");
    let prepared = start.elapsed();
    let typical = sample::document();
    let smallest = smallest();
    let start = Instant::now();
    drop(declaration(&typical).expect("a document"));
    let first = start.elapsed();

    let (mut yardsticks, mut smalls, mut typicals) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        yardsticks.push(time(deflate));
        smalls.push(time(|| drop(declaration(&smallest).expect("a document"))));
        typicals.push(time(|| {
            bytes = declaration(&typical).expect("a document").len();
        }));
    }
    let [yardstick, small, typical] = [yardsticks, smalls, typicals].map(median);
    writeln!(
        stdout(),
        "prepare {prepared:.1?}, first document {first:.1?}\n\
         declaration {typical:.2?}, {bytes} bytes: {:.2} x the smallest ({small:.2?}), {:.2} x the \
         yardstick ({yardstick:.2?})",
        typical.as_secs_f64() / small.as_secs_f64(),
        typical.as_secs_f64() / yardstick.as_secs_f64()
    )
    .expect("standard output");
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// 1 MiB of numbers in words of text, deflated.
fn deflate() {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut written = 0;
    for number in 0_u32.. {
        let word = number.wrapping_mul(2_654_435_761).to_string();
        encoder.write_all(word.as_bytes()).expect("memory");
        written += word.len();
        if written > 1 << 20 {
            break;
        }
    }
    drop(encoder.finish().expect("memory"));
}

/// One mailbox, one item, no narrative, shortest texts.
fn smallest() -> DeclarationDocument {
    let mut document = sample::document();
    document.mailboxes = vec![PrintedMailbox {
        address: "a@libero.it".to_owned(),
        incidents: vec![sample::incident(
            "Guasto",
            vec![sample::item("Forfait", None)],
        )],
    }];
    document.total_cents = 0;
    document.circumstances = Circumstances::default();
    document.narrative = None;
    document.documents = Vec::new();
    document.messa_in_mora = None;
    document
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
