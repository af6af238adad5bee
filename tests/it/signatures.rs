//! Digital signatures that people bring: a corpus made by others' programs (`signatures/make.py`), each file
//! with the report it must get, and what no change of a file may ever do (R40-R42).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use joinder::domain::signing::{CheckCode, Format, Outcome, Reason, Report, TimeSource, Verdict};
use joinder::evidence::{LARGEST, Question, Trust, examine};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Corpus {
    checked_at: DateTime<Utc>,
    signer: String,
    files: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    issued: String,
    verdict: Verdict,
    check: Option<CheckCode>,
    reason: Option<Reason>,
    with_lists: Option<Verdict>,
    time: Option<TimeSource>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/signatures")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn corpus() -> Corpus {
    serde_json::from_slice(&bytes("expected.json")).unwrap()
}

fn anchors() -> Trust {
    let mut trust = Trust::default();
    trust
        .add_anchors(&String::from_utf8(bytes("anchors.pem")).unwrap())
        .unwrap();
    trust
}

fn with_lists() -> Trust {
    let mut trust = anchors();
    trust.add_list(&bytes("lists/sub.crl")).unwrap();
    trust.add_list(&bytes("lists/root.crl")).unwrap();
    trust
}

fn report_of(trust: &Trust, file: &[u8], issued: &[u8]) -> Report {
    let corpus = corpus();
    examine(
        trust,
        &Question {
            file,
            issued,
            signers: &[corpus.signer],
            received_at: corpus.checked_at,
        },
    )
}

fn small(trust: &Trust, file: &str) -> Report {
    report_of(
        trust,
        &bytes(&format!("files/{file}")),
        &bytes("issued.pdf"),
    )
}

#[test]
fn r42_each_file_of_the_corpus_gets_its_report() {
    let corpus = corpus();
    assert!(corpus.files.len() > 80);
    let mut wrong = Vec::new();
    for (name, expected) in &corpus.files {
        let (file, issued) = (bytes(&format!("files/{name}")), bytes(&expected.issued));
        let report = report_of(&anchors(), &file, &issued);
        let listed = report_of(&with_lists(), &file, &issued);
        let decisive = report.decisive().map(|check| (check.code, check.reason));
        let of_time = |time| listed.signatures.iter().all(|it| it.time_source == time);
        let is_expected = report.verdict == expected.verdict
            && (expected.check.is_none() || decisive == expected.check.zip(expected.reason))
            && expected.time.is_none_or(of_time);
        if !is_expected {
            let told = report.checks.iter();
            let told = told.filter(|it| it.reason != Reason::AsItMustBe);
            let told: Vec<_> = told.map(|it| (it.code, it.result, it.reason)).collect();
            wrong.push(format!("{name}: {:?} {told:?}", report.verdict));
        }
        if expected
            .with_lists
            .is_some_and(|verdict| verdict != listed.verdict)
        {
            wrong.push(format!("{name} with lists: {:?}", listed.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn r41_the_report_tells_who_signed_when_and_by_which_clock() {
    let report = small(&anchors(), "timestamped.p7m");
    assert_eq!(
        (report.verdict, report.format),
        (Verdict::Valid, Format::Cades)
    );
    let [signature] = report.signatures.as_slice() else {
        panic!("one signature");
    };
    assert_eq!(signature.name, "MARIO ROSSI");
    assert_eq!(
        signature.codice_fiscale.as_deref(),
        Some("RSSMRA80A01H501U")
    );
    assert_eq!(signature.issuer, "Prova Sub CA");
    assert_eq!(
        signature.claimed_at.unwrap().to_rfc3339(),
        "2026-11-22T11:00:00+00:00"
    );
    assert_eq!(
        signature.proven_at.to_rfc3339(),
        "2026-11-21T12:00:00+00:00"
    );
    assert_eq!(signature.time_source, TimeSource::Timestamp);
    let report = small(&anchors(), "good.p7m");
    assert_eq!(report.signatures[0].proven_at, report.checked_at);
    assert_eq!(report.signatures[0].time_source, TimeSource::Receipt);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["report"], "joinder-signature-report/1");
    assert_eq!(json["verdict"], "valid");
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
    assert!(!format!("{report:?}").contains("ROSSI"));
}

#[test]
fn r42_without_issuers_to_trust_nothing_is_valid() {
    let trust = Trust::default();
    for name in corpus()
        .files
        .keys()
        .filter(|name| !name.starts_with("declaration-"))
    {
        assert_ne!(small(&trust, name).verdict, Verdict::Valid, "{name}");
    }
    let report = small(&trust, "good.p7m");
    let decisive = report.decisive().unwrap();
    assert_eq!(
        (decisive.code, decisive.reason),
        (CheckCode::Chain, Reason::NoAnchors)
    );
}

#[test]
fn r41_who_has_no_codice_fiscale_to_compare_is_not_verifiable() {
    let report = examine(
        &anchors(),
        &Question {
            file: &bytes("files/good.p7m"),
            issued: &bytes("issued.pdf"),
            signers: &[],
            received_at: corpus().checked_at,
        },
    );
    assert_eq!(report.verdict, Verdict::NotVerifiable);
    assert_eq!(report.decisive().unwrap().reason, Reason::NothingToCompare);
}

#[test]
fn a_file_of_certificates_that_cannot_be_read_is_refused() {
    let mut trust = Trust::default();
    assert!(trust.add_anchors("no certificate").is_err());
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert!(trust.add_anchors(broken).is_err());
    assert!(trust.add_list(b"no list").is_err());
    assert_eq!(trust.count(), 0);
}

/// A changed file that still is valid must prove the very same.
fn check_changed(trust: &Trust, good: &Report, changed: &[u8], issued: &[u8], what: &str) {
    let report = report_of(trust, changed, issued);
    if report.verdict != Verdict::Valid {
        return;
    }
    let proof = |report: &Report| {
        let signatures = report.signatures.iter();
        signatures
            .map(|it| (it.certificate_sha256.clone(), it.signature_sha256.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(proof(&report), proof(good), "{what}");
    assert!(
        report
            .checks
            .iter()
            .any(|it| it.code == CheckCode::Document && it.result == Outcome::Passed),
        "{what}"
    );
}

#[test]
fn r40_no_changed_byte_makes_another_thing_valid() {
    let trust = with_lists();
    let issued = bytes("issued.pdf");
    for name in ["good.p7m", "timestamped.p7m", "good.pdf", "with-dss.pdf"] {
        let file = bytes(&format!("files/{name}"));
        let good = report_of(&trust, &file, &issued);
        assert_eq!(good.verdict, Verdict::Valid, "{name}");
        let content = file
            .windows(issued.len())
            .position(|window| window == issued)
            .unwrap();
        for at in (0..file.len()).step_by(file.len() / 400) {
            for mask in [1, 0x80] {
                let mut changed = file.clone();
                changed[at] ^= mask;
                let what = format!("{name} at {at} by {mask}");
                check_changed(&trust, &good, &changed, &issued, &what);
                if (content..content + issued.len()).contains(&at) {
                    assert_eq!(
                        report_of(&trust, &changed, &issued).verdict,
                        Verdict::Invalid,
                        "{what}"
                    );
                }
            }
        }
    }
}

#[test]
fn r40_every_byte_that_a_pdf_signature_covers_is_covered() {
    let (trust, issued) = (with_lists(), bytes("issued.pdf"));
    let file = bytes("files/good.pdf");
    let begin = file
        .windows(12)
        .rposition(|it| it == b"/Contents <3")
        .unwrap()
        + 10;
    let end = begin + file[begin..].iter().position(|it| *it == b'>').unwrap() + 1;
    let gap = begin..end;
    assert_eq!(report_of(&trust, &file, &issued).verdict, Verdict::Valid);
    let outside = (issued.len()..file.len()).filter(|at| !gap.contains(at));
    for at in outside.step_by(3) {
        let mut changed = file.clone();
        changed[at] ^= 4;
        assert_eq!(
            report_of(&trust, &changed, &issued).verdict,
            Verdict::Invalid,
            "{at}"
        );
    }
    // zeros that fill the gap up are no room to hide anything in
    for at in [gap.end - 2, gap.end - 40] {
        let mut changed = file.clone();
        changed[at] = b'1';
        assert_eq!(
            report_of(&trust, &changed, &issued).verdict,
            Verdict::Invalid,
            "{at}"
        );
    }
}

#[test]
fn hostile_files_are_answered_in_bounded_time() {
    let (trust, issued) = (with_lists(), bytes("issued.pdf"));
    let began = Instant::now();
    let too_large = vec![0x30; LARGEST + 1];
    let report = report_of(&trust, &too_large, &issued);
    assert_eq!(report.decisive().unwrap().reason, Reason::TooLarge);
    let nested = [0x30, 0x84, 0, 0x90, 0, 0].repeat(1_500_000);
    let sets = [vec![0x31, 0x83, 0x2d, 0xc6, 0xc0], [5, 0].repeat(1_500_000)].concat();
    let many = [vec![0x30, 0x83, 0x2d, 0xc6, 0xc5], sets].concat();
    let dicts = [issued.clone(), b"<<".repeat(2_000_000)].concat();
    let comments = [
        issued.clone(),
        b"%\n".repeat(2_000_000),
        b"startxref\n9\n%%EOF".to_vec(),
    ]
    .concat();
    let base64 = b"MIAG".repeat(1_000_000);
    for file in [nested, many, dicts, comments, base64] {
        assert_ne!(report_of(&trust, &file, &issued).verdict, Verdict::Valid);
    }
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn spliced_files_prove_nothing_new(
        from in 0..6_usize,
        into in 0..6_usize,
        cut in 0..10_000_usize,
        paste in 0..10_000_usize,
        length in 0..400_usize,
    ) {
        let names = ["good.p7m", "good.pdf", "two-signers.p7m", "with-dss.pdf", "wrong-person.p7m", "appended-text.pdf"];
        let (trust, issued) = (with_lists(), bytes("issued.pdf"));
        let source = bytes(&format!("files/{}", names[from]));
        let mut file = bytes(&format!("files/{}", names[into]));
        let good = report_of(&trust, &file, &issued);
        let cut = cut % source.len();
        let piece = source[cut..source.len().min(cut + length)].to_vec();
        let at = paste % file.len();
        let end = file.len().min(at + length);
        file.splice(at..end, piece);
        let report = report_of(&trust, &file, &issued);
        if report.verdict == Verdict::Valid {
            check_changed(&trust, &good, &file, &issued, "spliced");
        }
    }

    #[test]
    fn any_bytes_get_a_report(bytes: Vec<u8>, kind in 0..3_u8) {
        let issued = self::bytes("issued.pdf");
        let file = match kind {
            0 => bytes,
            1 => [issued.clone(), bytes].concat(),
            _ => [b"MI".to_vec(), bytes].concat(),
        };
        let report = report_of(&with_lists(), &file, &issued);
        prop_assert_ne!(report.verdict, Verdict::Valid);
    }
}

/// DER of one value.
fn der(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), body].concat()
}

/// A `.tsd` around a file, as RFC 5544 has it; its evidence is left empty.
fn tsd(file: &[u8]) -> Vec<u8> {
    let kind = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x1f";
    let named = der(0x30, &[der(0x01, b"\xff"), der(0x0c, b"atto.p7m")].concat());
    let data = [der(0x02, b"\x01"), named, der(0x04, file), der(0xa0, b"")].concat();
    der(
        0x30,
        &[kind.to_vec(), der(0xa0, &der(0x30, &data))].concat(),
    )
}

#[test]
fn r45_a_file_in_a_time_stamp_is_worth_what_it_is_without() {
    let corpus = corpus();
    let mut valid = 0;
    for (name, expected) in &corpus.files {
        let (file, issued) = (bytes(&format!("files/{name}")), bytes(&expected.issued));
        let wrapped = tsd(&file);
        let report = report_of(&anchors(), &wrapped, &issued);
        assert_eq!(report.verdict, expected.verdict, "{name}");
        assert_eq!(
            report.file_sha256,
            joinder::crypto::sha256::hex(&joinder::crypto::sha256::digest(&wrapped))
        );
        valid += usize::from(report.verdict == Verdict::Valid);
    }
    assert!(valid > 5, "{valid}");
    let good = tsd(&bytes("files/good.p7m"));
    let junk = [good.as_slice(), b"x"].concat();
    for broken in [junk.as_slice(), &good[..good.len() / 2], &tsd(b"")] {
        let report = report_of(&anchors(), broken, &bytes("issued.pdf"));
        assert_ne!(report.verdict, Verdict::Valid);
    }
    for file in [&good, &bytes("files/good.p7m")] {
        let kind = joinder::domain::file_type::detect(file);
        assert_eq!(kind, Some(joinder::domain::file_type::FileType::P7m));
    }
}
