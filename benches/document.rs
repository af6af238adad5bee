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
use joinder::domain::accepted_text::DPR_445;
use joinder::domain::readiness::FondoSpese;
use joinder::render::document::{
    CertifiedAddress, Circumstances, DeclarationDocument, LegalText, PrintedAssociation,
    PrintedCase, PrintedClaimant, PrintedDocument, PrintedIncident, PrintedItem, PrintedMailbox,
    PrintedPerson, TextVersion, declaration,
};

#[path = "../src/render/document/tests/sample.rs"]
mod sample;

// the program's own
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 31;

fn main() {
    let smallest = smallest();
    let start = Instant::now();
    drop(declaration(&sample::document()).expect("a document"));
    let first = start.elapsed();

    let (mut yardsticks, mut smalls, mut typicals) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for number in 0..ROUNDS {
        yardsticks.push(time(deflate));
        let (small, typical) = (of(number, &smallest), of(number, &sample::document()));
        smalls.push(time(|| drop(declaration(&small).expect("a document"))));
        typicals.push(time(|| {
            bytes = declaration(&typical).expect("a document").len();
        }));
    }
    let [yardstick, small, typical] = [yardsticks, smalls, typicals].map(median);
    writeln!(
        stdout(),
        "first document {first:.1?}\n\
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

/// The same with another person's words everywhere: what two people's documents have in common may be
/// set once for both, and no more.
fn of(number: usize, document: &DeclarationDocument) -> DeclarationDocument {
    let mut document = document.clone();
    let (word, cents) = (format!("{number:07}"), i64::try_from(number).expect("few"));
    document.canonical_sha256.replace_range(..7, &word);
    document.reference.replace_range(..7, &word);
    let person = &mut document.claimant.person;
    person.name = format!(
        "Anna {} Bianchi",
        "Maria ".repeat(number % 5 + 1).trim_end()
    );
    person.codice_fiscale = Some(format!("BNCNNA{word}205"));
    person.residence = Some(format!("via dei Tigli {word}, 20131 Milano (MI), Italia"));
    document.association.member_number = Some(word.clone());
    for (mailbox, place) in document.mailboxes.iter_mut().zip(0..) {
        mailbox.address = format!("anna{word}{place}@libero.it");
        for incident in &mut mailbox.incidents {
            incident.used_for.push_str(&word);
            for item in &mut incident.items {
                item.description = item.description.take().map(|words| words + &word);
                if let Some(amount) = &mut item.amount_cents {
                    *amount += cents;
                    incident.subtotal_cents += cents;
                    document.total_cents += cents;
                }
            }
        }
    }
    document.narrative = document.narrative.map(|words| word.clone() + &words);
    for file in &mut document.documents {
        file.sha256.replace_range(..7, &word);
    }
    document
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
