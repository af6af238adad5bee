//! `/me/data.zip`, `/me/mails`, `/me/views`.

use actix_web::{HttpResponse, web};

use crate::app::own_data;
use crate::app::own_history::{self, MyMail, MyView, ON_ME};
use crate::app::session::ClaimantActor;
use crate::app::{AppError, Ctx};
use crate::domain::page_length::MAX_LIMIT;
use crate::render::page::own_history::{MailLine, MailsPage, ViewLine, ViewsPage};
use crate::web::WebResult;
use crate::web::api::public::own_data::{PartQuery, archive};
use crate::web::error::WebError;
use crate::web::public::visit::{Visit, html};

/// `GET /me/data.zip`
pub async fn file(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let ctx = visit.ctx().clone();
    let taking = Box::pin(async move { own_data::take(&ctx, &actor).await });
    Ok(archive(visit.ctx().to_end(taking).await?))
}

/// `GET /me/mails?cursor=`
pub async fn mails(
    visit: Visit,
    query: Result<web::Query<PartQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let before = query.map_err(|_| WebError::Malformed)?.before()?;
    let actor = visit.claimant().await?;
    let part = own_history::mails(visit.ctx(), &actor, before, MAX_LIMIT).await?;
    html(&MailsPage {
        chrome: visit.chrome_at("/me/mails"),
        mails: part.items.into_iter().map(mail).collect(),
        next: part.next.map(own_history::write_cursor),
    })
}

/// `GET /me/views?cursor=`
pub async fn views(
    visit: Visit,
    query: Result<web::Query<PartQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let before = query.map_err(|_| WebError::Malformed)?.before()?;
    let actor = visit.claimant().await?;
    let part = own_history::views(visit.ctx(), &actor, before, MAX_LIMIT).await?;
    html(&ViewsPage {
        chrome: visit.chrome_at("/me/views"),
        views: part.items.into_iter().map(view).collect(),
        next: part.next.map(own_history::write_cursor),
    })
}

/// The newest lines of both lists, and whether there are more.
pub(super) struct Newest {
    pub(super) mails: (Vec<MailLine>, bool),
    pub(super) views: (Vec<ViewLine>, bool),
}

/// Reads them for `/me`.
pub(super) async fn newest(ctx: &Ctx, actor: &ClaimantActor) -> Result<Newest, AppError> {
    let mails = own_history::mails(ctx, actor, None, ON_ME).await?;
    let views = own_history::views(ctx, actor, None, ON_ME).await?;
    Ok(Newest {
        mails: (
            mails.items.into_iter().map(mail).collect(),
            mails.next.is_some(),
        ),
        views: (
            views.items.into_iter().map(view).collect(),
            views.next.is_some(),
        ),
    })
}

fn mail(mail: MyMail) -> MailLine {
    MailLine {
        kind: mail.kind,
        at: mail.sent_at,
        code: mail.code,
        state: mail.state,
    }
}

fn view(view: MyView) -> ViewLine {
    ViewLine {
        at: view.at,
        role: view.role,
        what: view.what,
    }
}
