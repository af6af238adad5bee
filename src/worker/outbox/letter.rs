//! From a prepared letter to the mail that is sent: the same bytes at each attempt.

use chrono::{DateTime, Utc};

use super::Post;
use crate::app::evidence::INTENT;
use crate::app::outbox::{
    ControlNotice, DeficiencyNotice, FollowNotice, Letter, LetterRecord, RejectionNotice,
    RightsNotice, RightsStep, Signing, StaffNotice,
};
use crate::domain::mail::{Attachment, Mail, MailKind};
use crate::domain::sandbox::MARK;
use crate::mailer::OutgoingMail;
use crate::render::mail::{
    ControlAbout, ControlMail, DeficiencyMail, FollowAbout, FollowMail, Frame, PaperRejectedMail,
    Purpose, ReceiptMail, RecordLine, RecordsMail, RejectionMail, RenderMailError, RightsMail,
    RightsOutcome, SigningCodeMail, StaffAbout, StaffMail,
};

/// A letter as a mail of this sender.
pub(super) fn write(post: &Post, letter: Letter) -> Result<OutgoingMail, RenderMailError> {
    let name = if letter.from_name.is_empty() {
        post.mail_from.0.clone()
    } else {
        letter.from_name.clone()
    };
    let (message_id, date) = (letter.message_id.clone(), letter.date);
    let is_test = letter.is_test;
    let mut mail = render(letter)?;
    if is_test {
        mail.subject = format!("{MARK} {}", mail.subject);
    }
    Ok(OutgoingMail {
        from: (name, post.mail_from.1.clone()),
        mail,
        message_id,
        date,
        dkim: post.dkim.clone(),
    })
}

fn render(letter: Letter) -> Result<Mail, RenderMailError> {
    let frame = Frame {
        to: letter.to.as_str().to_owned(),
        language: letter.language,
        passages: letter.passages,
        mail_code: letter.mail_code,
        verify_url: letter.verify_url,
    };
    let records: Vec<RecordLine> = letter.records.into_iter().map(line).collect();
    if let Some(notice) = letter.staff {
        return render_staff(frame, records, notice, letter.expires_at);
    }
    if let Some(notice) = letter.follow {
        return render_follow(frame, records, notice, letter.expires_at);
    }
    if let Some(notice) = letter.control {
        return render_control(frame, records, notice, letter.code, letter.expires_at);
    }
    if let Some(notice) = letter.rights {
        return render_rights(frame, records, notice);
    }
    if let Some(notice) = letter.deficiency {
        return render_deficiency(frame, records, notice);
    }
    if let Some(notice) = letter.rejection {
        return render_rejection(frame, records, notice);
    }
    let Some(signing) = letter.signing else {
        return RecordsMail {
            frame,
            purpose: purpose(letter.kind),
            records,
            code: letter.code,
            expires_at: letter.expires_at,
        }
        .render();
    };
    let record = records
        .into_iter()
        .next()
        .ok_or(RenderMailError::NoRecord)?;
    render_signing(
        frame,
        record,
        signing,
        letter.code.unwrap_or_default(),
        letter.expires_at,
    )
}

/// What the links of a mail with records are for.
const fn purpose(kind: MailKind) -> Purpose {
    match kind {
        MailKind::Confirmation => Purpose::Confirm,
        MailKind::Reminder => Purpose::Remind,
        MailKind::AlreadyRegistered => Purpose::Registered,
        MailKind::Access
        | MailKind::Otp
        | MailKind::Receipt
        | MailKind::PaperRejected
        | MailKind::Rights
        | MailKind::MailboxCode
        | MailKind::PayoutCode
        | MailKind::PayoutNotice
        | MailKind::ContactCode
        | MailKind::ContactNotice
        | MailKind::ContactStopped
        | MailKind::ContactLink
        | MailKind::Withdrawal
        | MailKind::FollowConfirmation
        | MailKind::CaseUpdate
        | MailKind::Deficiency
        | MailKind::Invitation
        | MailKind::StaffNotice
        | MailKind::ApprovalWaits
        | MailKind::Message
        | MailKind::Rejection
        | MailKind::WebhookDisabled => Purpose::Enter,
    }
}

fn render_control(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: ControlNotice,
    code: Option<String>,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    let code = code.unwrap_or_default();
    ControlMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        about: match notice {
            ControlNotice::Mailbox => ControlAbout::Mailbox { code, expires_at },
            ControlNotice::Payout => ControlAbout::Payout { code, expires_at },
            ControlNotice::Given { iban, counts_from } => ControlAbout::Given { iban, counts_from },
            ControlNotice::ContactCode => ControlAbout::ContactCode { code, expires_at },
            ControlNotice::ContactChanged { email } => ControlAbout::ContactChanged { email },
            ControlNotice::ContactStopped => ControlAbout::ContactStopped,
            ControlNotice::ContactLink(until) => ControlAbout::ContactLink(until),
            ControlNotice::Withdrawn(at) => ControlAbout::Withdrawn(at),
        },
    }
    .render()
}

fn render_follow(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: FollowNotice,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    FollowMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        about: match notice {
            FollowNotice::Confirm => FollowAbout::Confirm { expires_at },
            FollowNotice::Update {
                text,
                published_on,
                unsubscribe,
            } => FollowAbout::Update {
                text,
                published_on,
                unsubscribe,
            },
            FollowNotice::Message {
                text,
                sent_on,
                unsubscribe,
            } => FollowAbout::Message {
                text,
                sent_on,
                unsubscribe,
            },
        },
    }
    .render()
}

fn render_deficiency(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: DeficiencyNotice,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    DeficiencyMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        letters: notice.letters,
        due_on: notice.due_on,
        declared_on: notice.declared_on,
    }
    .render()
}

fn render_rejection(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: RejectionNotice,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    RejectionMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        code: notice.code,
        words: notice.words,
        rejected_on: notice.rejected_on,
        object_until: notice.object_until,
        association_email: notice.association_email,
    }
    .render()
}

fn render_staff(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: StaffNotice,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    StaffMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        about: match notice {
            StaffNotice::Invitation { role, invited_by } => StaffAbout::Invitation {
                role: role.as_str(),
                invited_by,
                expires_at,
            },
            StaffNotice::RecoveryCode { at } => StaffAbout::RecoveryCode { at },
            StaffNotice::Password { at } => StaffAbout::Password { at },
            StaffNotice::Factor { at } => StaffAbout::Factor { at },
            StaffNotice::RecoveryCodesMade { at } => StaffAbout::RecoveryCodesMade { at },
            StaffNotice::Webhook(told) => StaffAbout::Webhook {
                host: told.host,
                why: told.why.as_str(),
                at: told.at,
            },
            StaffNotice::Approvals(waiting) => StaffAbout::Approvals {
                waiting: waiting
                    .into_iter()
                    .map(|it| (it.kind.as_str(), it.count, it.more))
                    .collect(),
            },
        },
    }
    .render()
}

fn render_rights(
    frame: Frame,
    records: Vec<RecordLine>,
    notice: RightsNotice,
) -> Result<Mail, RenderMailError> {
    let record = records.into_iter().next();
    RightsMail {
        frame,
        record: record.ok_or(RenderMailError::NoRecord)?,
        kind: notice.kind,
        received_on: notice.received_on,
        outcome: match notice.step {
            RightsStep::Received(day) => RightsOutcome::Received(day),
            RightsStep::Extended(day) => RightsOutcome::Extended(day),
            RightsStep::Answered(decision, became) => RightsOutcome::Answered(decision, became),
            RightsStep::Lifting(day) => RightsOutcome::Lifting(day),
        },
        reason: notice.reason,
    }
    .render()
}

fn render_signing(
    frame: Frame,
    record: RecordLine,
    signing: Signing,
    code: String,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    match signing {
        Signing::Code {
            document_sha256,
            version,
        } => SigningCodeMail {
            frame,
            record,
            code,
            document_sha256,
            document_version: version,
            intent: INTENT.to_owned(),
            expires_at,
        }
        .render(),
        Signing::PaperRejected { flaw } => PaperRejectedMail {
            frame,
            record,
            flaw,
        }
        .render(),
        Signing::Receipt {
            signed_at,
            document_sha256,
            evidence_sha256,
            entry,
            commitment,
            version,
            is_correction,
            document,
            ..
        } => {
            let pdf = Attachment::signed_declaration(&record.reference, version, document);
            ReceiptMail {
                frame,
                record,
                signed_at,
                document_sha256,
                evidence_sha256,
                log_entry: entry.to_string(),
                commitment,
                version,
                difference: is_correction,
                attachment: Some(pdf),
            }
            .render()
        }
    }
}

fn line(record: LetterRecord) -> RecordLine {
    RecordLine {
        case_title: record.case_title,
        association_name: record.association_name,
        association_phone: record.association_phone,
        reference: record.reference,
        link: record.link,
        not_me: record.not_me,
        listed_on: record.listed_on,
        brought_by: record.brought_by,
    }
}
