//! The form to sign by hand: what was declared in large print, with fields and a barcode.

use crate::app::assist::How;
use crate::app::ctx::Ctx;
use crate::app::declaration::read_basis;
use crate::app::declaration_document;
use crate::app::directory::AssociationEntry;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::signature::signable;
use crate::app::staff::StaffActor;
use crate::crypto::sha256;
use crate::db::declaration::DeclarationRow;
use crate::db::{Scope, claimant};
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::render::document::PaperForm;

/// The trail's word for printing a form.
const PRINT: &str = "print_paper_form";

/// The form of the newest version of the own declaration, as PDF.
///
/// # Errors
/// `IllegalTransition` if it cannot be signed now: not declared, changed since, no representative.
pub async fn form(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<u8>> {
    print(ctx, actor.scope(), actor.claimant()).await
}

/// As [`form`], for staff who send it by post; audited as `print_paper_form`.
///
/// # Errors
/// As [`form`]; `Forbidden`; `NotFound` out of the own association.
pub async fn form_by_staff(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<Vec<u8>> {
    actor.require(&operation::STAFF_PAPER_FORM)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = claimant::find(&mut tx, scope, id).await?;
    found.ok_or(AppError::NotFound)?;
    // it says in clear who the claimant is
    let deed = actor.deed(id.uuid(), PRINT);
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let printed = print(ctx, scope, id).await;
    printed.map_err(|error| match error {
        AppError::Unauthenticated => AppError::NotFound,
        error => error,
    })
}

async fn print(ctx: &Ctx, scope: Scope, claimant: ClaimantId) -> AppResult<Vec<u8>> {
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let basis = read_basis(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    let (content, declared) = signable(ctx, &directory, &basis)?;
    let case = directory.case(basis.row.case())?;
    let association = case.association_by_id(basis.row.association());
    let association = association.ok_or(AppError::NotFound)?;
    let form = PaperForm {
        typed: typed(declared, association),
        document_sha256: sha256::hex(&declared.document_sha256),
        hand_in: ways(ctx, association),
    };
    declaration_document::render_form(ctx, content, form).await
}

/// What who signs must know where somebody else held the pen, in Italian.
fn typed(declared: &DeclarationRow, association: &AssociationEntry) -> Option<String> {
    let how = match How::parse(declared.typed_how.as_deref()?)? {
        How::Phone => "quello che hai detto al telefono",
        How::Desk => "quello che hai detto allo sportello",
        How::Post => "quello che hai scritto per posta",
    };
    let (name, day) = (&association.name, day_in_rome(declared.created_at));
    let day = day.format("%d/%m/%Y");
    Some(format!(
        "Questa dichiarazione l’ha scritta al computer un operatore di {name}, il {day}, secondo {how}. \
         Leggila tutta: la dichiarazione è tua. Se qualcosa non è giusto non firmare, e dillo a {name}."
    ))
}

/// How a signed form comes back, in Italian.
fn ways(ctx: &Ctx, association: &AssociationEntry) -> Vec<String> {
    let page = format!("{}/me/paper", ctx.settings.public_base_url);
    let mut ways = vec![format!(
        "Da casa: fotografa o scansiona tutte le pagine e il documento d’identità, e caricali nella tua pratica: {page}"
    )];
    let name = &association.name;
    let reached = [
        association
            .phone
            .as_ref()
            .map(|phone| format!("tel. {phone}")),
        association.hours.clone(),
        association.email.clone(),
    ];
    let reached: Vec<String> = reached.into_iter().flatten().collect();
    ways.push(if reached.is_empty() {
        format!("A mano o per posta: consegna i fogli a {name}, che li carica per te.")
    } else {
        let reached = reached.join(", ");
        format!("A mano o per posta: chiedi a {name} ({reached}) dove consegnare i fogli; li carica per te.")
    });
    ways
}
