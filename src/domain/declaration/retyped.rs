//! A declaration as it would be typed again: what fills the form of who signs anew elsewhere (R51).

use super::{
    Complaint, ComplaintInput, DamageItem, Declaration, DeclarationInput, DeclaredIncident,
    DeclaredIncidentInput, DeclaredMailboxInput, Elsewhere, ElsewhereInput, ItemInput, OtherClaim,
    OtherClaimInput, UseInput,
};

impl Declaration {
    /// What must be typed to declare the same again.
    pub fn retyped(&self) -> DeclarationInput {
        let mailboxes = self.mailboxes().iter().map(|mailbox| DeclaredMailboxInput {
            address: Some(mailbox.address().as_str().to_owned()),
            incidents: Some(mailbox.incidents().iter().map(incident).collect()),
        });
        DeclarationInput {
            mailboxes: Some(mailboxes.collect()),
            narrative: self.narrative().map(str::to_owned),
            complaint: self.complaint().map(complaint),
            other_claims: Some(elsewhere(self.other_claims())),
            already_compensated: Some(elsewhere(self.already_compensated())),
            contract_version: self.contract_version().map(str::to_owned),
            contract_clause: self.contract_clause().map(str::to_owned),
            member_number: self.member_number().map(str::to_owned),
        }
    }
}

fn incident(line: &DeclaredIncident) -> DeclaredIncidentInput {
    let used_for = line.used_for().iter();
    DeclaredIncidentInput {
        slug: Some(line.slug().to_owned()),
        plan: Some(line.plan().to_owned()),
        unavailable_from: Some(line.unavailable_from().to_string()),
        unavailable_until: Some(line.unavailable_until().to_string()),
        used_for: Some(UseInput::Many(
            used_for.map(|used| used.as_str().to_owned()).collect(),
        )),
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
        Elsewhere::Listed(claims) => ElsewhereInput::Listed(claims.iter().map(claim).collect()),
    }
}

fn claim(claim: &OtherClaim) -> OtherClaimInput {
    OtherClaimInput {
        place: Some(claim.place().as_str().to_owned()),
        reference: claim.reference().map(str::to_owned),
        amount_cents: claim.amount_cents(),
    }
}
