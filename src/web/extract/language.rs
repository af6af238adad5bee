//! The language of an answer: `?lang=`, else the cookie it left, else what the browser prefers,
//! else Italian.

use std::future::{Ready, ready};

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE};
use actix_web::{FromRequest, HttpRequest};

use crate::domain::language::Language;
use crate::render::page::SWITCH;
use crate::web::error::WebError;
use crate::web::middleware::frame::is_framed;

const COOKIE_NAME: &str = "lang";

/// The language to answer in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lang(pub Language);

impl Lang {
    /// Reads the head of a request.
    pub fn of(head: &RequestHead) -> Self {
        let language = asked(head)
            // in a frame no cookie is read (decision 36)
            .or_else(|| remembered(head).filter(|_| !is_framed(head.uri.path())))
            .or_else(|| preferred(head));
        Self(language.unwrap_or_default())
    }
}

/// The language named in the query.
pub fn asked(head: &RequestHead) -> Option<Language> {
    head.uri
        .query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Language::parse)
}

/// Whether a form came by a button of a language.
pub fn is_switch(head: &RequestHead) -> bool {
    let query = head.uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair == SWITCH)
}

/// The cookie that remembers a language asked for.
pub fn cookie(language: Language, https: bool) -> Cookie<'static> {
    Cookie::build(COOKIE_NAME, language.as_str())
        .path("/")
        .same_site(SameSite::Lax)
        .secure(https)
        .http_only(true)
        .max_age(Duration::days(365))
        .finish()
}

fn remembered(head: &RequestHead) -> Option<Language> {
    head.headers
        .get_all(COOKIE)
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .and_then(|(_, word)| Language::parse(word))
}

/// The best of `Accept-Language` that we speak; the first of equals.
fn preferred(head: &RequestHead) -> Option<Language> {
    let header = head.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Language)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(tag) = parts.next() else { continue };
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        let word = tag
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(language) = Language::parse(&word)
            && weight > 0.0
            && best.is_none_or(|(heaviest, _)| weight > heaviest)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

impl FromRequest for Lang {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.head())))
    }
}
