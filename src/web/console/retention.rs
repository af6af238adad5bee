//! `/console/retention`: what is kept for how long, and what is due (R62, R64).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::retention::rules::{self, COUNTED, Standing};
use crate::domain::retention::{Mode, Term};
use crate::render::page::console::retention::{RetentionPage, RuleLine};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::console::inside;
use crate::web::extract::{Lang, Staff};

/// `GET /console/retention`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let rules = rules::own_standing(&state.ctx, &staff.actor).await?;
    let shown = RetentionPage {
        console: inside(&state, language, &request, &staff).await?,
        rules: rules.into_iter().map(line).collect(),
    };
    super::page(StatusCode::OK, &shown)
}

fn line(standing: Standing) -> RuleLine {
    let rule = standing.rule;
    RuleLine {
        name: rule.name,
        days: standing.days,
        minutes: match rule.term {
            Term::Minutes(minutes) => Some(minutes),
            Term::Days { .. } | Term::Expired | Term::None => None,
        },
        expires: rule.term == Term::Expired,
        from: rule.from,
        source: rule.source,
        acts: match (standing.acts, rule.mode) {
            (true, _) => "yes",
            (false, Mode::OnceConfirmed) => "confirmation",
            (false, Mode::Unstored) => "unstored",
            (false, Mode::Acts | Mode::Never) => "never",
        },
        due: standing.due.map(|due| (due.count, due.oldest)),
        is_at_least: standing.due.is_some_and(|due| due.count >= COUNTED),
        confirmed: standing.confirmed,
        last: standing.last,
    }
}
