//! `joinder preview-mails`: every mail in every language, with made-up values, in the standard words
//! and in those of an association.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::commands::say;
use crate::domain::case_update::UpdateText;
use crate::domain::language::Language;
use crate::domain::mail::{Attachment, Mail, MailKind};
use crate::domain::mail_text::MailTexts;
use crate::domain::outage::day_in_rome;
use crate::domain::paper::Flaw;
use crate::domain::partner_submission::BroughtBy;
use crate::domain::rejection::RejectionCode;
use crate::mailer::{self, OutgoingMail};
use crate::render::mail::{
    AccessMail, ConfirmationMail, ControlAbout, ControlMail, DeficiencyMail, FollowAbout,
    FollowMail, Frame, PaperRejectedMail, Purpose, ReceiptMail, RecordLine, RecordsMail,
    RejectionMail, RenderMailError, RightsMail, RightsOutcome, SigningCodeMail, StaffAbout,
    StaffMail,
};

/// An empty page: what a signed declaration is in a preview.
const SAMPLE_PDF: &[u8] = b"%PDF-1.4\n\
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n\
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>> endobj\n\
trailer <</Root 1 0 R>>\n\
%%EOF\n";

/// What an association may say in its own words: an example.
const OWN_WORDS: &str = include_str!("../../assets/demo/mail_texts.toml");

/// Arguments of `preview-mails`.
#[derive(Args)]
pub struct PreviewArgs {
    /// Folder for the files, made if needed
    dir: PathBuf,
    /// Words of an association, TOML as for `mail texts` [default: an example]
    #[arg(long)]
    texts: Option<PathBuf>,
}

/// Writes `{mail}.{language}.eml`, `.txt` and `.html`; the same with `.own` before the ending in the
/// words of an association.
///
/// # Errors
/// If the folder cannot be written, or the words cannot be read.
pub fn run(args: &PreviewArgs) -> anyhow::Result<ExitCode> {
    let own = own_words(args)?;
    fs::create_dir_all(&args.dir)
        .with_context(|| format!("{} cannot be made", args.dir.display()))?;
    let mut count = 0;
    for language in Language::ALL {
        for (texts, mark) in [(&MailTexts::default(), ""), (&own, ".own")] {
            for (name, mail) in samples(Sample { language, texts })? {
                let name = format!("{name}.{}{mark}", language.as_str());
                write(&args.dir, &name, mail)?;
                count += 1;
            }
        }
    }
    say(&format!(
        "{count} mails, three files each, in {}",
        args.dir.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn own_words(args: &PreviewArgs) -> anyhow::Result<MailTexts> {
    let Some(path) = &args.texts else {
        return Ok(MailTexts::from_toml(OWN_WORDS)?);
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    MailTexts::from_toml(&text).with_context(|| format!("{} cannot be used", path.display()))
}

fn write(dir: &Path, name: &str, mail: Mail) -> anyhow::Result<()> {
    let file = |kind: &str| dir.join(format!("{name}.{kind}"));
    fs::write(file("txt"), &mail.text)?;
    fs::write(file("html"), &mail.html)?;
    let message = OutgoingMail {
        from: ("Codacons".to_owned(), "joinder@joinder.example".to_owned()),
        mail,
        message_id: format!("<{name}@joinder.example>"),
        date: sample_time(),
        dkim: None,
    };
    fs::write(file("eml"), mailer::formatted(&message)?)?;
    Ok(())
}

/// In which language and whose words.
#[derive(Clone, Copy)]
struct Sample<'a> {
    language: Language,
    texts: &'a MailTexts,
}

fn samples(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let code = || "123456".to_owned();
    let expires_at = sample_time();
    let records = |purpose: Purpose, count| {
        let code = (purpose == Purpose::Remind && count == 1).then(code);
        RecordsMail {
            frame: frame(sample, purpose.kind()),
            purpose,
            records: (0..count).map(|_| record(purpose)).collect(),
            code,
            expires_at,
        }
        .render()
    };
    let mut all = vec![
        (
            "confirmation",
            ConfirmationMail {
                frame: frame(sample, MailKind::Confirmation),
                record: record(Purpose::Confirm),
                code: code(),
                expires_at,
            }
            .render()?,
        ),
        ("confirmation-from-partner", from_partner(sample)?),
        (
            "access",
            AccessMail {
                frame: frame(sample, MailKind::Access),
                record: record(Purpose::Enter),
                code: code(),
                expires_at,
            }
            .render()?,
        ),
        ("confirmation-of-several", records(Purpose::Confirm, 3)?),
        ("access-to-several", records(Purpose::Enter, 3)?),
        ("reminder", records(Purpose::Remind, 1)?),
        ("reminder-of-several", records(Purpose::Remind, 2)?),
        ("already-registered", records(Purpose::Registered, 1)?),
        ("signing-code", signing_code(sample)?),
        ("paper-rejected", paper_rejected(sample)?),
        ("receipt", receipt(sample, 1)?),
        ("receipt-of-correction", receipt(sample, 2)?),
    ];
    all.extend(about_requests(sample)?);
    all.extend(about_control(sample)?);
    all.extend(about_contact(sample)?);
    all.extend(to_followers(sample)?);
    all.extend(to_staff(sample)?);
    Ok(all)
}

fn from_partner(sample: Sample<'_>) -> Result<Mail, RenderMailError> {
    let brought_by = BroughtBy {
        partner: "Il blog dei disservizi".to_owned(),
        shown_on: day_in_rome(sample_time()),
        notice: "https://joinder.example/c/libero-virgilio-2023/texts".to_owned(),
    };
    ConfirmationMail {
        frame: frame(sample, MailKind::Confirmation),
        record: RecordLine {
            brought_by: Some(brought_by),
            ..record(Purpose::Confirm)
        },
        code: "123456".to_owned(),
        expires_at: sample_time(),
    }
    .render()
}

fn about_requests(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    Ok(vec![
        ("rights-received", rights(sample, received())?),
        ("rights-extended", rights(sample, extended())?),
        (
            "rights-answered",
            rights(sample, RightsOutcome::Answered("granted".to_owned(), None))?,
        ),
        ("rights-erased", rights(sample, answered("erasing"))?),
        ("rights-restricted", rights(sample, answered("restricted"))?),
        ("rights-kept", rights(sample, answered("kept"))?),
        ("rights-lifting", rights(sample, lifting())?),
        ("deficiency", deficiency(sample, &["b", "g", "i"])?),
        ("deficiency-correct", deficiency(sample, &["b_correction"])?),
        ("rejection", rejection(sample)?),
    ])
}

fn about_control(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let code = || "123456".to_owned();
    let expires_at = sample_time();
    Ok(vec![
        (
            "mailbox-code",
            control(
                sample,
                MailKind::MailboxCode,
                ControlAbout::Mailbox {
                    code: code(),
                    expires_at,
                },
            )?,
        ),
        (
            "payout-code",
            control(
                sample,
                MailKind::PayoutCode,
                ControlAbout::Payout {
                    code: code(),
                    expires_at,
                },
            )?,
        ),
        ("payout-given", given(sample, None)?),
        ("payout-changed", given(sample, Some(expires_at))?),
        (
            "withdrawal",
            control(
                sample,
                MailKind::Withdrawal,
                ControlAbout::Withdrawn(expires_at),
            )?,
        ),
    ])
}

/// Those about another contact.
fn about_contact(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let expires_at = sample_time();
    Ok(vec![
        (
            "contact-code",
            control(
                sample,
                MailKind::ContactCode,
                ControlAbout::ContactCode {
                    code: "123456".to_owned(),
                    expires_at,
                },
            )?,
        ),
        (
            "contact-changed",
            control(
                sample,
                MailKind::ContactNotice,
                ControlAbout::ContactChanged {
                    email: "m***o@example.com".to_owned(),
                },
            )?,
        ),
        (
            "contact-stopped",
            control(
                sample,
                MailKind::ContactStopped,
                ControlAbout::ContactStopped,
            )?,
        ),
        (
            "contact-link",
            control(
                sample,
                MailKind::ContactLink,
                ControlAbout::ContactLink(expires_at),
            )?,
        ),
    ])
}

fn to_followers(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let mail = |page: &str, kind, about| {
        FollowMail {
            frame: frame(sample, kind),
            record: RecordLine {
                reference: String::new(),
                link: format!("https://joinder.example/{page}"),
                not_me: None,
                listed_on: None,
                brought_by: None,
                ..record(Purpose::Enter)
            },
            about,
        }
        .render()
    };
    let confirm = FollowAbout::Confirm {
        expires_at: sample_time(),
    };
    let update = FollowAbout::Update {
        text: UpdateText {
            language: Language::It,
            title: "La prima udienza".to_owned(),
            text: "Il tribunale ha fissato la prima udienza.\nÈ a Roma.\n\nVi diremo com'è andata."
                .to_owned(),
        },
        published_on: day_in_rome(sample_time()),
        unsubscribe: format!("https://joinder.example/unfollow/{}", "A".repeat(64)),
    };
    let token = format!("follow/{}", "A".repeat(64));
    let message = FollowMail {
        frame: frame(sample, MailKind::Message),
        record: record_at("me"),
        about: FollowAbout::Message {
            text: UpdateText {
                language: Language::It,
                title: "Serve un documento in più".to_owned(),
                text:
                    "Il giudice ha chiesto una copia della ricevuta.\n\nCaricala nella tua pagina."
                        .to_owned(),
            },
            sent_on: day_in_rome(sample_time()),
            unsubscribe: format!("https://joinder.example/stop-messages/{}", "A".repeat(64)),
        },
    };
    Ok(vec![
        ("message", message.render()?),
        (
            "follow-confirmation",
            mail(&token, MailKind::FollowConfirmation, confirm)?,
        ),
        (
            "case-update",
            mail(
                "c/libero-virgilio-2023/updates",
                MailKind::CaseUpdate,
                update,
            )?,
        ),
    ])
}

fn to_staff(sample: Sample<'_>) -> Result<Vec<(&'static str, Mail)>, RenderMailError> {
    let mail = |page: &str, kind, about| {
        StaffMail {
            frame: frame(sample, kind),
            record: RecordLine {
                case_title: String::new(),
                reference: String::new(),
                link: format!("https://joinder.example/{page}"),
                not_me: None,
                listed_on: None,
                brought_by: None,
                ..record(Purpose::Enter)
            },
            about,
        }
        .render()
    };
    let at = sample_time();
    let invitation = StaffAbout::Invitation {
        role: "case_manager",
        invited_by: "Anna Bianchi".to_owned(),
        expires_at: at,
    };
    let token = format!("console/invitation/{}", "A".repeat(64));
    let approvals = StaffAbout::Approvals {
        waiting: vec![
            ("bulk", 1, false),
            ("export", 2, false),
            ("paper", 99, true),
        ],
    };
    let webhook = StaffAbout::Webhook {
        host: "hooks.blog.example".to_owned(),
        why: "failing",
        at,
    };
    let notice = |about| mail("console/account", MailKind::StaffNotice, about);
    Ok(vec![
        (
            "invitation",
            mail(&token, MailKind::Invitation, invitation)?,
        ),
        (
            "recovery-code-used",
            notice(StaffAbout::RecoveryCode { at })?,
        ),
        ("password-changed", notice(StaffAbout::Password { at })?),
        ("authenticator-changed", notice(StaffAbout::Factor { at })?),
        (
            "recovery-codes-made",
            notice(StaffAbout::RecoveryCodesMade { at })?,
        ),
        (
            "approval-waits",
            mail("console/approvals", MailKind::ApprovalWaits, approvals)?,
        ),
        (
            "webhook-disabled",
            mail("docs", MailKind::WebhookDisabled, webhook)?,
        ),
    ])
}

fn given(sample: Sample<'_>, counts_from: Option<DateTime<Utc>>) -> Result<Mail, RenderMailError> {
    let about = ControlAbout::Given {
        iban: "IT*********************3456".to_owned(),
        counts_from,
    };
    control(sample, MailKind::PayoutNotice, about)
}

fn control(
    sample: Sample<'_>,
    kind: MailKind,
    about: ControlAbout,
) -> Result<Mail, RenderMailError> {
    let page = match kind {
        MailKind::Withdrawal => "me",
        MailKind::ContactCode => "me/contact",
        MailKind::ContactNotice => "stop-contact/SAMPLE-TOKEN",
        MailKind::ContactStopped => "enter",
        MailKind::ContactLink => "new-contact/SAMPLE-TOKEN",
        _ => "stop-payout/SAMPLE-TOKEN",
    };
    ControlMail {
        frame: frame(sample, kind),
        record: record_at(page),
        about,
    }
    .render()
}

fn received() -> RightsOutcome {
    RightsOutcome::Received(sample_time().date_naive())
}

fn extended() -> RightsOutcome {
    RightsOutcome::Extended(sample_time().date_naive())
}

fn lifting() -> RightsOutcome {
    RightsOutcome::Lifting(sample_time().date_naive())
}

fn answered(became: &'static str) -> RightsOutcome {
    RightsOutcome::Answered("granted".to_owned(), Some(became))
}

fn rights(sample: Sample<'_>, outcome: RightsOutcome) -> Result<Mail, RenderMailError> {
    let reason = (outcome != received()).then(|| "Il nome è scritto come nel documento".to_owned());
    RightsMail {
        frame: frame(sample, MailKind::Rights),
        record: record_at("me"),
        kind: "rectification".to_owned(),
        received_on: sample_time().date_naive(),
        outcome,
        reason,
    }
    .render()
}

fn deficiency(sample: Sample<'_>, letters: &[&str]) -> Result<Mail, RenderMailError> {
    DeficiencyMail {
        frame: frame(sample, MailKind::Deficiency),
        record: record_at("me"),
        letters: letters.iter().map(|letter| (*letter).to_owned()).collect(),
        due_on: sample_time().date_naive(),
        declared_on: None,
    }
    .render()
}

fn rejection(sample: Sample<'_>) -> Result<Mail, RenderMailError> {
    let day = sample_time().date_naive();
    RejectionMail {
        frame: frame(sample, MailKind::Rejection),
        record: record_at("me"),
        code: RejectionCode::NotProven,
        words: Some("Non abbiamo ricevuto la prova che la casella è tua".to_owned()),
        rejected_on: day,
        object_until: day,
        association_email: Some("info@associazione.example".to_owned()),
    }
    .render()
}

fn signing_code(sample: Sample<'_>) -> Result<Mail, RenderMailError> {
    SigningCodeMail {
        frame: frame(sample, MailKind::Otp),
        record: record_at("me/sign"),
        code: "123456".to_owned(),
        document_sha256: "3f2a9c01".repeat(8),
        document_version: 1,
        intent: "Firmo la dichiarazione di danno e la pre-adesione che ho letto, nel documento \
                 con l'impronta SHA-256 indicata"
            .to_owned(),
        expires_at: sample_time(),
    }
    .render()
}

fn paper_rejected(sample: Sample<'_>) -> Result<Mail, RenderMailError> {
    PaperRejectedMail {
        frame: frame(sample, MailKind::PaperRejected),
        record: record_at("me/paper"),
        flaw: Flaw::PagesMissing,
    }
    .render()
}

fn receipt(sample: Sample<'_>, version: u32) -> Result<Mail, RenderMailError> {
    let record = record_at("me");
    ReceiptMail {
        frame: frame(sample, MailKind::Receipt),
        attachment: Some(Attachment::signed_declaration(
            &record.reference,
            version,
            SAMPLE_PDF,
        )),
        record,
        signed_at: sample_time(),
        document_sha256: "3f2a9c01".repeat(8),
        evidence_sha256: "b7d04e5a".repeat(8),
        log_entry: "6f1c2b9e-0d4a-4c55-9b7e-3a1f8e2d7c60".to_owned(),
        commitment: "19e8a6f4".repeat(8),
        version,
        difference: version > 1,
    }
    .render()
}

fn frame(sample: Sample<'_>, kind: MailKind) -> Frame {
    Frame {
        to: "anna.bianchi@example.org".to_owned(),
        language: sample.language,
        passages: sample.texts.of(kind, sample.language),
        mail_code: "7K3M-Q9RT-4WXZ".to_owned(),
        verify_url: "https://joinder.example/verify".to_owned(),
    }
}

fn record(purpose: Purpose) -> RecordLine {
    let not_me = (purpose != Purpose::Enter)
        .then(|| "https://joinder.example/not-me/SAMPLE-TOKEN".to_owned());
    let line = record_at(match purpose {
        Purpose::Confirm | Purpose::Remind => "confirm/SAMPLE-TOKEN",
        Purpose::Enter | Purpose::Registered => "enter/SAMPLE-TOKEN",
    });
    RecordLine { not_me, ..line }
}

fn record_at(page: &str) -> RecordLine {
    RecordLine {
        case_title: "Libero Mail e Virgilio Mail: i blocchi del 2023".to_owned(),
        association_name: "Codacons".to_owned(),
        association_phone: Some("06 0000 0001".to_owned()),
        reference: "0GZ7-41KX-N2QA".to_owned(),
        link: format!("https://joinder.example/{page}"),
        not_me: None,
        listed_on: None,
        brought_by: None,
    }
}

/// 26 January 2026, 10:00 UTC: previews of two days are the same.
fn sample_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_769_421_600, 0).unwrap_or_default()
}
