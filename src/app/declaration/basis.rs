//! What a declaration is made of: identity, mailboxes, the case with its texts, as they are known now.

use crate::app::ctx::Ctx;
use crate::app::declaration_document;
use crate::app::directory::{CaseEntry, Directory, TextEntry};
use crate::app::document::{self, MyDocument};
use crate::app::error::{AppError, AppResult};
use crate::app::representation::find as find_representative;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::declaration::{self as db, DeclarationRow};
use crate::db::identity::IdentityRow;
use crate::db::mailbox::MailboxRow;
use crate::db::{Conn, Scope, identity, mailbox};
use crate::domain::accepted_text::TextKind;
use crate::domain::declaration::{
    DeclarableDocument, DeclarableMailbox, Declaration, DeclarationRules, IncidentRule, PlanRule,
};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::representation::{self, Representative};
use crate::domain::signed_content::{
    FORMAT, SignedAssociation, SignedCase, SignedContent, SignedCounsel, SignedDocument,
    SignedFile, SignedNotice, SignedText, register_line,
};

/// What a declaration is made of, read in one transaction.
pub(in crate::app) struct Basis {
    pub(in crate::app) row: ClaimantRow,
    pub(in crate::app) vault: Vault,
    pub(super) identity: Option<IdentityRow>,
    pub(super) representative: Option<Representative>,
    pub(super) mailboxes: Vec<MailboxRow>,
    pub(super) newest: Option<DeclarationRow>,
    /// What a version made now lists (letter f).
    pub(super) documents: Vec<MyDocument>,
}

impl Basis {
    /// The newest version.
    pub(in crate::app) fn newest(&self) -> Option<&DeclarationRow> {
        self.newest.as_ref()
    }

    /// Whether a delegate is recorded, who does not sign (R48).
    pub(in crate::app) fn has_delegate(&self) -> bool {
        let recorded = self.representative.as_ref();
        recorded.is_some_and(Representative::is_delegate)
    }
}

/// Reads what a declaration is made of.
pub(in crate::app) async fn read_basis(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Basis> {
    let row = claimant::find(conn, scope, claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let newest = match row.declared_version {
        Some(version) => db::find(conn, scope, claimant, version).await?,
        None => None,
    };
    let given = identity::find(conn, scope, claimant).await?;
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    let documents = document::read_all(conn, scope, &vault, claimant).await?;
    Ok(Basis {
        documents: document::produced(documents),
        identity: given.filter(|_| row.identity_at.is_some()),
        representative: find_representative(conn, scope, &vault, claimant).await?,
        mailboxes: mailbox::list(conn, scope, claimant).await?,
        vault,
        newest,
        row,
    })
}

/// Whether the owner may declare: in these states, and not where the claim went to another association.
pub(in crate::app) fn may_declare(row: &ClaimantRow) -> AppResult<()> {
    let state = row.state()?;
    if row.moved_at.is_some() {
        Err(AppError::IllegalTransition("moved"))
    } else if state.declares() {
        Ok(())
    } else {
        Err(AppError::IllegalTransition(state.as_str()))
    }
}

/// Whether a version still says what is known now: identity, texts, case, counsel.
pub(in crate::app) fn is_current(
    ctx: &Ctx,
    directory: &Directory,
    basis: &Basis,
    declared: &SignedContent,
) -> AppResult<bool> {
    let now = content(ctx, directory, basis, declared.declaration.clone())?;
    Ok(now.as_of(declared.version, declared.declared_on) == *declared)
}

/// What may be declared.
pub(super) fn rules(ctx: &Ctx, case: &CaseEntry, basis: &Basis) -> AppResult<DeclarationRules> {
    let mut mailboxes = Vec::new();
    for row in &basis.mailboxes {
        mailboxes.push(DeclarableMailbox {
            address: basis
                .vault
                .unseal("mailboxes", "sealed", row.sealed.clone())?,
            plan: row.plan.clone(),
            is_alias: row.alias_of.is_some(),
        });
    }
    let incidents = case.incidents.iter().map(|incident| IncidentRule {
        slug: incident.slug.clone(),
        name: incident.name.clone(),
        first_day: day_in_rome(incident.starts_at),
        last_day: incident.ends_at.map(day_in_rome),
        accept_from: incident.accept_from,
        accept_until: incident.accept_until,
    });
    let plans = case.plans.iter().map(|plan| PlanRule {
        code: plan.code.clone(),
        name: plan.name.clone(),
        paid: plan.paid,
    });
    Ok(DeclarationRules {
        today: day_in_rome(ctx.clock.now()),
        incidents: incidents.collect(),
        plans: plans.chain([PlanRule::unknown()]).collect(),
        mailboxes,
        documents: basis.documents.iter().map(declarable).collect(),
    })
}

/// What a version would say now.
pub(super) fn content(
    ctx: &Ctx,
    directory: &Directory,
    basis: &Basis,
    declaration: Declaration,
) -> AppResult<SignedContent> {
    let Some(given) = &basis.identity else {
        let mut errors = FieldErrors::new();
        errors.push("/identity", FieldCode::Required, "error-identity-required");
        return Err(errors.into());
    };
    let identity: Identity = basis
        .vault
        .unseal("identities", "sealed", given.sealed.clone())?;
    let today = day_in_rome(ctx.clock.now());
    let acting = representation::acting(&identity, basis.representative.as_ref(), today).cloned();
    let case = directory.case(basis.row.case())?;
    let privacy_notice = case
        .text("privacy_notice", Language::It)
        .map(|text| SignedNotice {
            version: text.version.clone(),
            sha256: sha256::hex(&text.sha256),
        });
    let privacy_notice =
        privacy_notice.ok_or_else(|| AppError::internal("no privacy notice is published"))?;
    Ok(SignedContent {
        format: FORMAT.to_owned(),
        template: declaration_document::TEMPLATE.to_owned(),
        claimant: basis.row.id,
        reference: Reference::of(basis.row.claimant()).as_str().to_owned(),
        version: basis.row.declared_version.unwrap_or(0) + 1,
        declared_on: today,
        case: signed_case(&case),
        association: signed_association(&case, &basis.row)?,
        capacity: capacity(given, acting.as_ref(), basis).to_owned(),
        identity,
        representative: acting,
        total_cents: declaration.total_cents(),
        declaration,
        texts: signed_texts(&case),
        privacy_notice,
        documents: basis.documents.iter().map(signed_document).collect(),
    })
}

/// The capacity of who acts; else the one that was told, unless that of who acted has ended with the
/// claimant's majority or a delegate helps: then the claimant acts alone.
fn capacity<'a>(given: &'a IdentityRow, acting: Option<&Representative>, basis: &Basis) -> &'a str {
    let recorded = basis.representative.as_ref();
    match acting {
        Some(acting) => acting.title().capacity(),
        None if recorded.is_some_and(Representative::is_for_minor) => "self",
        None if given.capacity == "delegate" => "self",
        None => &given.capacity,
    }
}

fn declarable(produced: &MyDocument) -> DeclarableDocument {
    DeclarableDocument {
        id: produced.id.to_string(),
        number: produced.number,
        kind: produced.kind,
    }
}

fn signed_document(produced: &MyDocument) -> SignedDocument {
    let files = produced.files.iter().map(|file| SignedFile {
        name: file.name.as_str().to_owned(),
        size: file.size,
        sha256: sha256::hex(&file.sha256),
    });
    SignedDocument {
        id: produced.id.uuid(),
        number: produced.number,
        kind: produced.kind,
        files: files.collect(),
    }
}

fn signed_case(case: &CaseEntry) -> SignedCase {
    SignedCase {
        slug: case.slug.clone(),
        title: case.title.clone(),
        court: case.court.clone(),
        rg_number: case.rg_number.clone(),
        respondent: case.respondent.name.clone(),
        respondent_codice_fiscale: case.respondent.codice_fiscale.clone(),
        respondent_pec: case.respondent.pec.clone(),
        fondo_spese_ordered: case.fondo_spese_ordered,
    }
}

fn signed_association(case: &CaseEntry, row: &ClaimantRow) -> AppResult<SignedAssociation> {
    let association = case
        .association_by_id(row.association())
        .ok_or(AppError::NotFound)?;
    let counsel = association.counsel.iter().map(|lawyer| SignedCounsel {
        name: lawyer.name.clone(),
        codice_fiscale: lawyer.codice_fiscale.clone(),
        bar: lawyer.bar.clone(),
        pec: lawyer.pec.clone(),
    });
    Ok(SignedAssociation {
        slug: association.slug.clone(),
        name: association.name.clone(),
        counsel: counsel.collect(),
        registers: association.registers.iter().map(register_line).collect(),
    })
}

/// The texts to accept, the Italian ones: they bind.
fn signed_texts(case: &CaseEntry) -> Vec<SignedText> {
    let of = |kind: TextKind| {
        let text: &TextEntry = case.text(kind.as_str(), Language::It)?;
        Some(SignedText {
            kind,
            version: text.version.clone(),
            sha256: sha256::hex(&text.sha256),
            body: text.body.clone(),
        })
    };
    TextKind::ALL.into_iter().filter_map(of).collect()
}
