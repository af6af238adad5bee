//! A read declaration as its input again: where a correction starts from.

use super::{
    Complaint, DamageItem, Declaration, DeclarationInput, DeclaredIncident, Elsewhere, OtherClaim,
    Place,
    input::{
        ComplaintInput, DeclaredIncidentInput, DeclaredMailboxInput, ElsewhereInput, ItemInput,
        OtherClaimInput, UseInput,
    },
    mailbox::{DeclaredMailbox, Use},
};

impl From<&Declaration> for DeclarationInput {
    /// Every field explicit; parsing it against the same rules gives the same declaration.
    fn from(declaration: &Declaration) -> Self {
        Self {
            mailboxes: Some(declaration.mailboxes().iter().map(mailbox).collect()),
            narrative: declaration.narrative().map(str::to_owned),
            complaint: declaration.complaint().map(complaint),
            other_claims: Some(elsewhere(declaration.other_claims())),
            already_compensated: Some(elsewhere(declaration.already_compensated())),
            contract_version: declaration.contract_version().map(str::to_owned),
            contract_clause: declaration.contract_clause().map(str::to_owned),
            member_number: declaration.member_number().map(str::to_owned),
        }
    }
}

fn mailbox(mailbox: &DeclaredMailbox) -> DeclaredMailboxInput {
    DeclaredMailboxInput {
        address: Some(mailbox.address().as_str().to_owned()),
        incidents: Some(mailbox.incidents().iter().map(Into::into).collect()),
    }
}

impl From<&DeclaredIncident> for DeclaredIncidentInput {
    /// Every field explicit.
    fn from(line: &DeclaredIncident) -> Self {
        let words = line.used_for().iter().copied().map(Use::as_str);
        Self {
            slug: Some(line.slug().to_owned()),
            plan: Some(line.plan().to_owned()),
            unavailable_from: Some(line.unavailable_from().to_string()),
            unavailable_until: Some(line.unavailable_until().to_string()),
            used_for: Some(UseInput::Many(words.map(str::to_owned).collect())),
            last_use: line.last_use().map(|day| day.to_string()),
            fee_paid_cents: line.fee_paid_cents(),
            compensation_received: Some(line.compensation_received().as_str().to_owned()),
            compensation_note: line.compensation_note().map(str::to_owned),
            holder: Some(line.holder()),
            holder_note: line.holder_note().map(str::to_owned),
            restored: Some(line.restored()),
            late_mail: Some(line.late_mail()),
            items: Some(line.items().iter().map(item).collect()),
        }
    }
}

fn item(item: &DamageItem) -> ItemInput {
    ItemInput {
        head: Some(item.head().as_str().to_owned()),
        amount_cents: item.amount_cents(),
        description: item.description().map(str::to_owned),
        document_ids: Some(item.document_ids().to_vec()),
    }
}

fn complaint(complaint: &Complaint) -> ComplaintInput {
    ComplaintInput {
        place: Some(complaint.place().as_str().to_owned()),
        reference: complaint.reference().map(str::to_owned),
        date: complaint.date().map(|day| day.to_string()),
        answer: Some(complaint.answer().as_str().to_owned()),
        text: complaint.text().map(str::to_owned),
    }
}

fn elsewhere(elsewhere: &Elsewhere) -> ElsewhereInput {
    match elsewhere {
        Elsewhere::No => ElsewhereInput::Told(false),
        Elsewhere::Yes => ElsewhereInput::Told(true),
        Elsewhere::Listed(claims) => {
            ElsewhereInput::Listed(claims.iter().map(other_claim).collect())
        }
    }
}

fn other_claim(claim: &OtherClaim) -> OtherClaimInput {
    OtherClaimInput {
        place: Some(Place::as_str(claim.place()).to_owned()),
        reference: claim.reference().map(str::to_owned),
        amount_cents: claim.amount_cents(),
    }
}
