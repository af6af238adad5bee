//! `/console/cases/{slug}/dashboard`: how a case stands, in figures.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::claimant_list;
use crate::app::dashboard::{self, Dashboard, Movement, OpenItems, Waiting};
use crate::domain::claimant::Queue;
use crate::domain::declaration::DeclarationFlag;
use crate::render::page::console::dashboard::{
    DashboardPage, MailboxCountLine, MovementLine, ShareLine, SumLine, WaitingLine, shares,
};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::console::{inside, page};
use crate::web::extract::{Lang, Staff};

/// `GET /console/cases/{slug}/dashboard`
pub async fn show(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let dashboard = dashboard::of(&state.ctx, &staff.actor, &slug).await?;
    let own = claimant_list::own_case(&state.ctx, &staff.actor, &slug).await?;
    let funnel = dashboard.funnel;
    let shown = DashboardPage {
        console: inside(&state, language, &request, &staff).await?,
        title: own.case.title.clone(),
        counted_at: dashboard.counted_at,
        hours: dashboard.hours.iter().map(line).collect(),
        days: dashboard.days.iter().map(line).collect(),
        funnel: shares(steps(&dashboard)),
        ended: positive(funnel.ended),
        declared: sum(funnel.declared_cents, funnel.declared_open),
        signed: sum(funnel.signed_cents, funnel.signed_open),
        records: positive(dashboard.completeness.records),
        ready: positive(dashboard.completeness.ready),
        letters: letters(&dashboard),
        provinces: shares(counted(&dashboard.provinces)),
        mailboxes: dashboard
            .mailboxes
            .iter()
            .map(|row| MailboxCountLine {
                domain: row.domain.clone(),
                plan: row.plan.clone(),
                count: positive(row.count),
            })
            .collect(),
        waiting: dashboard
            .waiting
            .iter()
            .map(|row| waiting(row, list_of(&slug, &row.word)))
            .collect(),
        mails: dashboard
            .mails
            .iter()
            .map(|row| waiting(row, None))
            .collect(),
        slug: slug.into_inner(),
    };
    page(StatusCode::OK, &shown)
}

fn sum(cents: i64, open: OpenItems) -> SumLine {
    SumLine {
        cents,
        open_items: positive(open.items),
        open_records: positive(open.records),
    }
}

fn steps(dashboard: &Dashboard) -> [(String, u64); 5] {
    let funnel = dashboard.funnel;
    [
        ("signed_up", funnel.signed_up),
        ("confirmed", funnel.confirmed),
        ("identified", funnel.identified),
        ("declared", funnel.declared),
        ("signed", funnel.signed),
    ]
    .map(|(word, count)| (word.to_owned(), positive(count)))
}

/// How many lack each letter, with bars of all records that are worked on.
fn letters(dashboard: &Dashboard) -> Vec<ShareLine> {
    let completeness = &dashboard.completeness;
    let all = (String::new(), positive(completeness.records));
    let lacks = completeness
        .letters
        .iter()
        .map(|(letter, count)| (letter.as_char().to_string(), positive(*count)));
    shares(std::iter::once(all).chain(lacks))
        .into_iter()
        .skip(1)
        .collect()
}

fn counted(rows: &[(String, i64)]) -> impl Iterator<Item = (String, u64)> {
    rows.iter()
        .map(|(word, count)| (word.clone(), positive(*count)))
}

fn line<T: Copy>((at, movement): &(T, Movement)) -> MovementLine<T> {
    MovementLine {
        at: *at,
        signed_up: positive(movement.signed_up),
        confirmed: positive(movement.confirmed),
        signed: positive(movement.signed),
    }
}

fn waiting(row: &Waiting, href: Option<String>) -> WaitingLine {
    WaitingLine {
        word: row.word.clone(),
        href,
        count: positive(row.count),
        oldest: row.oldest,
    }
}

/// Where staff find a list.
fn list_of(slug: &str, word: &str) -> Option<String> {
    let case = format!("/console/cases/{slug}");
    match word {
        "paper" | "rights" => Some(format!("{case}/{word}")),
        "to_assist" => Some(format!("{case}?state={word}")),
        _ if Queue::parse(word).is_some() => Some(format!("{case}?queue={word}")),
        _ if DeclarationFlag::parse(word).is_some() => Some(format!("{case}?flag={word}")),
        _ => None,
    }
}

fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
