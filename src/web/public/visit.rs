//! What every page needs of a request: who looks, in which language, where the page is.

use std::future::{Ready, ready};

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use uuid::Uuid;

use crate::app::confirmation::Entered;
use crate::app::session::{self, ClaimantActor, KNOWN_DAYS, KnownBrowser, SESSION_MINUTES, Ticket};
use crate::app::sign_up::Evidence;
use crate::app::{AppError, Ctx, csrf, me};
use crate::domain::ids::ClaimantId;
use crate::domain::language::Language;
use crate::domain::permission::Operation;
use crate::render::page::{Chrome, Frame, SWITCH, Whose};
use crate::state::AppState;
use crate::web::error::{WebError, WebResult};
use crate::web::extract::client::{ClientAddr, UserAgent};
use crate::web::extract::session::Holder;
use crate::web::extract::{Lang, language, state};
use crate::web::middleware::frame::is_framed;

/// A request for a page.
pub struct Visit {
    state: web::Data<AppState>,
    /// The language to answer in.
    pub language: Language,
    path: String,
    session: Option<String>,
    ticket: Option<String>,
    known: Option<String>,
    evidence: Evidence,
    whose: Option<Whose>,
    /// In a frame: the path of its form, and what stands around.
    frame: Option<(String, Frame)>,
    operation: Option<&'static Operation>,
    switches_language: bool,
}

impl Visit {
    /// What actions need.
    pub fn ctx(&self) -> &Ctx {
        &self.state.ctx
    }

    /// What every request can reach.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Where the request came from.
    pub fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    /// Whether a form came by a button of another language: what was typed is shown again in it, and nothing is
    /// judged or saved.
    pub const fn switches_language(&self) -> bool {
        self.switches_language
    }

    /// The frame of the page that was asked for.
    pub fn chrome(&self) -> Chrome {
        self.chrome_at(&self.path)
    }

    /// The frame of a page at another path: after a refused POST, the path of its form.
    pub fn chrome_at(&self, path: &str) -> Chrome {
        let ctx = self.ctx();
        let session = self.session.as_deref();
        let csrf = session.and_then(|session| csrf::token(ctx, session));
        let (path, frame) = match &self.frame {
            Some((form, frame)) => (form.as_str(), Some(frame.clone())),
            None => (path, None),
        };
        Chrome {
            language: self.language,
            demo: ctx.settings.demo,
            path: path.to_owned(),
            signed_in: csrf.is_some(),
            csrf,
            privacy_href: None,
            verify_href: Some("/verify".to_owned()),
            whose: self.whose.clone(),
            staff: None,
            frame,
        }
    }

    /// From here on the pages of this visit stand in a frame, whose form is at this path.
    pub fn stand_in_frame(&mut self, form: String, frame: Frame) {
        self.frame = Some((form, frame));
    }

    /// From here on the visit is that of who has just proved to own a record: the forms of its pages
    /// carry the token of the new session.
    pub fn enter(&mut self, entered: &Entered) {
        self.session = Some(entered.session.token.as_str().to_owned());
    }

    /// From here on the pages of this visit say whose record a form is saved to.
    ///
    /// # Errors
    /// `Unauthenticated` if the record is gone.
    pub async fn name_record(&mut self, actor: &ClaimantActor) -> WebResult<()> {
        let record = me::get(self.ctx(), actor).await?;
        let name = record.identity.map(|identity| identity.name);
        self.whose = Some(Whose {
            reference: record.reference.grouped(),
            name: name.or(record.email).or(record.phone),
        });
        Ok(())
    }

    /// The frame of a page about a case: its privacy notice is linked.
    pub fn chrome_of(&self, slug: &str, path: &str) -> Chrome {
        Chrome {
            privacy_href: Some(format!("/c/{slug}/texts")),
            ..self.chrome_at(path)
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// `Unauthenticated` if nobody is.
    pub async fn claimant(&self) -> WebResult<ClaimantActor> {
        let token = self.session.as_deref().ok_or(AppError::Unauthenticated)?;
        let actor = session::authenticate(self.ctx(), token).await?;
        self.check(&actor)?;
        Ok(actor)
    }

    /// Whether what is asked for is open to a record.
    ///
    /// # Errors
    /// `IllegalTransition` if it is not.
    pub fn check(&self, actor: &ClaimantActor) -> WebResult<()> {
        Ok(actor.require(self.operation)?)
    }

    /// Who is signed in and sent this form from a page of the same session.
    ///
    /// # Errors
    /// `Unauthenticated` if nobody is; `Forbidden` if the form is another session's.
    pub async fn claimant_with(&self, token: Option<&str>) -> WebResult<ClaimantActor> {
        let actor = self.claimant().await?;
        csrf::check(
            self.ctx(),
            self.session.as_deref().unwrap_or_default(),
            token,
        )?;
        Ok(actor)
    }

    /// What a sign-up left in this browser.
    ///
    /// # Errors
    /// `Unauthenticated` if there is none, or it is over.
    pub fn ticket(&self) -> WebResult<Ticket> {
        let value = self.ticket.as_deref().ok_or(AppError::Unauthenticated)?;
        Ok(Ticket::open(self.ctx(), value)?)
    }

    /// The record this browser held a link or code of.
    pub fn known(&self) -> Option<KnownBrowser> {
        KnownBrowser::open(self.ctx(), self.known.as_deref()?)
    }

    /// Whether this browser has to do with a record: its session, its sign-up, its link.
    ///
    /// # Errors
    /// As the database.
    pub async fn belongs_to(&self, claimant: ClaimantId) -> WebResult<bool> {
        let by_cookie = self.known().is_some_and(|known| known.claimant == claimant)
            || self
                .ticket()
                .is_ok_and(|ticket| ticket.claimant == claimant);
        Ok(by_cookie || self.is_signed_in_as(claimant).await?)
    }

    /// Whether the session of this browser is open, for this record.
    ///
    /// # Errors
    /// As the database.
    pub async fn is_signed_in_as(&self, claimant: ClaimantId) -> WebResult<bool> {
        match self.claimant().await {
            Ok(actor) => Ok(actor.claimant() == claimant),
            Err(WebError::App(AppError::Unauthenticated)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The cookie of an open session, with its full time again: every act moves its end.
    pub fn session_cookie(&self) -> Option<Cookie<'static>> {
        let token = self.session.clone()?;
        Some(Holder::Claimant.cookie(&self.state.web, token, SESSION_MINUTES * 60))
    }

    /// The cookies after a sign-up.
    pub fn ticket_cookie(&self, ticket: Ticket) -> Cookie<'static> {
        let value = ticket.seal(self.ctx());
        Holder::SignUp.cookie(&self.state.web, value, SESSION_MINUTES * 60)
    }

    /// The cookie by which this browser is known again.
    pub fn known_cookie(&self, known: KnownBrowser) -> Cookie<'static> {
        let value = known.seal(self.ctx());
        Holder::Known.cookie(&self.state.web, value, KNOWN_DAYS * 86_400)
    }

    /// The cookies of who has just proved to own a record.
    pub fn entered_cookies(&self, entered: &Entered) -> [Cookie<'static>; 2] {
        let token = entered.session.token.as_str().to_owned();
        let known = KnownBrowser {
            claimant: entered.claimant,
            association: entered.association,
        };
        [
            Holder::Claimant.cookie(&self.state.web, token, SESSION_MINUTES * 60),
            self.known_cookie(known),
        ]
    }

    /// The cookies that take a session away.
    pub fn leaving_cookie(&self) -> Cookie<'static> {
        Holder::Claimant.removal(&self.state.web)
    }

    /// The cookies that take everything away: the record is gone.
    pub fn erased_cookies(&self) -> [Cookie<'static>; 3] {
        [Holder::Claimant, Holder::SignUp, Holder::Known]
            .map(|holder| holder.removal(&self.state.web))
    }
}

/// A page.
///
/// # Errors
/// `Internal` if the template fails.
pub fn html<T: Template>(page: &T) -> WebResult<HttpResponse> {
    html_with(StatusCode::OK, page)
}

/// A page with a status: a refused form is 422.
///
/// # Errors
/// `Internal` if the template fails.
pub fn html_with<T: Template>(status: StatusCode, page: &T) -> WebResult<HttpResponse> {
    let body = page.render().map_err(AppError::internal)?;
    Ok(HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(body))
}

/// 303: the page to look at after a POST.
pub fn see_other(place: &str) -> HttpResponseBuilder {
    let mut builder = HttpResponse::SeeOther();
    builder.insert_header((LOCATION, place));
    builder
}

/// A fresh one-time key for a form.
pub fn one_time_key(ctx: &Ctx) -> String {
    Uuid::simple(ctx.new_id()).to_string()
}

/// Path and query as a GET, without what is said of the language.
fn path_of(request: &HttpRequest) -> String {
    let kept: Vec<&str> = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && *pair != SWITCH)
        .collect();
    if kept.is_empty() {
        return request.path().to_owned();
    }
    format!("{}?{}", request.path(), kept.join("&"))
}

impl FromRequest for Visit {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = |payload: &mut Payload| {
            let web = &state(request)?.web;
            let data = request.app_data::<web::Data<AppState>>().cloned();
            let operation = request.app_data::<&'static Operation>().copied();
            // in a page of a partner nobody is known, whatever the browser would tell
            let framed = operation.is_some_and(|asked| is_framed(asked.path));
            let told = |holder: Holder| (!framed).then(|| holder.read(request, web)).flatten();
            Ok(Self {
                language: Lang::of(request.head()).0,
                path: path_of(request),
                session: told(Holder::Claimant),
                ticket: told(Holder::SignUp),
                known: told(Holder::Known),
                evidence: Evidence {
                    address: Some(ClientAddr::from_request(request, payload).into_inner()?.0),
                    user_agent: UserAgent::from_request(request, payload).into_inner()?.0,
                    partner: None,
                },
                whose: None,
                frame: None,
                switches_language: request.method() == Method::POST
                    && language::is_switch(request.head()),
                operation,
                state: data.ok_or_else(|| AppError::internal("the server has no state"))?,
            })
        };
        ready(read(payload))
    }
}

/// Refuses a token that no mail of ours can hold, before it is put into an address.
///
/// # Errors
/// `NotFound`.
pub(super) fn checked_token(token: &str) -> WebResult<()> {
    let is_ours = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_ours {
        Ok(())
    } else {
        Err(AppError::NotFound.into())
    }
}
