//! `joinder verify`: checks a receipt, or a PDF with a seal, with nothing but the file; no database, no network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::app::receipt_check::{self, Against, LONGEST, Report, Verdict};
use crate::app::{Clock, seal};
use crate::commands::say;
use crate::domain::language::Language;
use crate::evidence::{SealCertificate, Trust};
use crate::render::text::Text;

/// A file of another kind than a receipt is not read to its end.
const LONGEST_NOTE: usize = 64 * 1024;

/// Arguments of `verify`.
#[derive(Args)]
pub struct VerifyArgs {
    /// The receipt: ricevuta.json; or a signed PDF with a seal
    receipt: PathBuf,
    /// The log's key as its site publishes it (/log/.../vkey), or a file with it
    #[arg(long)]
    key: Option<String>,
    /// A file with a newer checkpoint, or with /log/.../consistency/SIZE, got from wherever you trust
    #[arg(long)]
    newer: Option<PathBuf>,
    /// Certificates of the time-stamping authorities' issuers you trust, PEM
    #[arg(long)]
    tsa_anchors: Option<PathBuf>,
    /// The certificate that a PDF must be sealed by, PEM
    #[arg(long)]
    seal_certificate: Option<PathBuf>,
    /// it or en
    #[arg(long, env = "LANG", hide_env_values = true)]
    lang: Option<String>,
}

/// Says what the file proves and what not. Exit code 0: proved; 1: something is wrong; 2: it cannot be
/// told, because it is no receipt, not finished, or sealed by nobody who was asked about.
///
/// # Errors
/// If nobody reads the lines.
pub fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let text = Text::new(language(args.lang.as_deref()));
    let receipt = match read(&args.receipt, LONGEST) {
        Ok(receipt) => receipt,
        Err(error) => return unread(text, &args.receipt, &error),
    };
    if seal::is_pdf(&receipt) {
        return run_seal(text, args, &receipt);
    }
    let newer = match args.newer.as_deref().map(|path| (path, read_text(path))) {
        Some((path, Err(error))) => return unread(text, path, &error),
        Some((_, Ok(newer))) => Some(newer),
        None => None,
    };
    let key = args.key.as_deref().map(|key| {
        let file = read_text(Path::new(key));
        file.unwrap_or_else(|_| key.to_owned())
    });
    let stamps = match args
        .tsa_anchors
        .as_deref()
        .map(|path| (path, anchors(path)))
    {
        Some((path, Err(error))) => return unread(text, path, &error),
        Some((_, Ok(stamps))) => Some(stamps),
        None => None,
    };
    let against = Against {
        key: key.as_deref(),
        newer: newer.as_deref(),
        stamps: stamps.as_ref(),
    };
    let report = receipt_check::check(&receipt, against);
    for line in lines(text, &report) {
        say(&line)?;
    }
    Ok(ExitCode::from(match report.verdict {
        Verdict::Proved => 0,
        Verdict::Refuted => 1,
        Verdict::Unfinished | Verdict::Unreadable => 2,
    }))
}

fn run_seal(text: Text, args: &VerifyArgs, file: &[u8]) -> anyhow::Result<ExitCode> {
    let known = match args
        .seal_certificate
        .as_deref()
        .map(|path| (path, seal_certificate(path)))
    {
        Some((path, Err(error))) => return unread(text, path, &error),
        Some((_, Ok(known))) => Some(known),
        None => None,
    };
    let report = seal::check(file, known.as_ref(), Clock::System.now());
    for (holder, issuer) in &report.holders {
        for (name, value) in [("holder", holder), ("issuer", issuer)] {
            say(&format!(
                "{}: {}",
                text.word("seal-fact", name),
                one_line(value)
            ))?;
        }
    }
    if let Some(digest) = &report.document_sha256 {
        say(&format!("{}: {digest}", text.get("seal-fact-document")))?;
    }
    let verdict = report.verdict;
    say(&format!("\n{}", text.word("seal-title", verdict.as_str())))?;
    say(&text.word("seal-verdict", verdict.as_str()))?;
    Ok(ExitCode::from(match verdict {
        seal::Verdict::Ours => 0,
        seal::Verdict::Broken => 1,
        seal::Verdict::Whole | seal::Verdict::Unsealed => 2,
    }))
}

fn seal_certificate(path: &Path) -> std::io::Result<SealCertificate> {
    let read = SealCertificate::parse(&read_text(path)?);
    read.map_err(|problem| std::io::Error::new(std::io::ErrorKind::InvalidData, problem))
}

fn unread(text: Text, path: &Path, error: &std::io::Error) -> anyhow::Result<ExitCode> {
    let words = text.word("receipt-verdict", "unreadable");
    say(&format!("{}: {error}\n{words}", path.display()))?;
    Ok(ExitCode::from(2))
}

/// What comes after the limit is not read: such a file is no receipt.
fn read(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn anchors(path: &Path) -> std::io::Result<Trust> {
    let mut trust = Trust::default();
    let read = trust.add_anchors(&read_text(path)?);
    read.map_err(|problem| std::io::Error::new(std::io::ErrorKind::InvalidData, problem))?;
    Ok(trust)
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let bytes = read(path, LONGEST_NOTE)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `it_IT.UTF-8`, `en`, `C`: Italian is the first language, and the one for who says nothing.
fn language(lang: Option<&str>) -> Language {
    match lang.map(str::trim) {
        None | Some("") => Language::It,
        Some(lang) if lang.starts_with("it") => Language::It,
        Some(lang) if lang.starts_with("de") => Language::De,
        Some(_) => Language::En,
    }
}

fn lines(text: Text, report: &Report) -> Vec<String> {
    let facts = &report.facts;
    let signed_at = facts.signed_at.map(|at| text.instant(at));
    let stamped_at = facts.stamped_at.map(|at| text.instant(at));
    let place = match (facts.index, facts.size) {
        (Some(index), Some(size)) => Some(format!("{index} / {size}")),
        _ => None,
    };
    let shown = [
        ("signer", facts.signer.clone()),
        ("signed-at", signed_at),
        ("document", Some(facts.document_sha256.clone())),
        ("origin", facts.origin.clone()),
        ("place", place),
        ("vkey", facts.vkey.clone()),
        ("stamped-at", stamped_at),
    ];
    let mut lines: Vec<String> = shown
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
        .map(|(name, value)| format!("{}: {}", text.word("receipt-fact", name), one_line(&value)))
        .collect();
    for (part, outcome) in &report.parts {
        let mark = text.word("receipt-outcome", outcome.as_str());
        let part = format!("{}-{}", part.as_str(), outcome.as_str());
        lines.push(format!("[{mark}] {}", text.word("receipt-part", &part)));
    }
    if report.verdict != Verdict::Unreadable {
        lines.push(format!("\n{}", text.get("receipt-not-title")));
        for number in ["1", "2", "3", "4"] {
            lines.push(format!("- {}", text.word("receipt-not", number)));
        }
    }
    let verdict = text.word("receipt-verdict", report.verdict.as_str());
    lines.push(format!("\n{verdict}"));
    lines
}

/// A hostile receipt says nothing to the terminal.
fn one_line(value: &str) -> String {
    let kept = value.chars().filter(|char| !char.is_control());
    kept.take(300).collect()
}
