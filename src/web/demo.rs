//! `/demo/outbox`: the mails of a demonstration, read from the folder they are written to. The one
//! place of `web` that reads files; 404 where it is no demonstration. And the site of its partner, which listens elsewhere.

use std::path::{Path, PathBuf};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use mail_parser::{Message, MessageParser};

use crate::app::AppError;
use crate::domain::permission::operation;
use crate::render::page::outbox::{MailPage, OutboxPage, OutboxRow};
use crate::web::public::visit::{Visit, html};
use crate::web::{Route, WebResult};

/// Mails the list shows.
const LISTED: usize = 100;
/// Largest mail that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// A mail is somebody else's markup: it may show itself and nothing more.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Headers shown, in this order.
const SHOWN: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Reply-To",
    "Content-Language",
    "X-Joinder-Kind",
];

/// Routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::DEMO_OUTBOX_PAGE, web::to(list)),
        Route::new(&operation::DEMO_MAIL_PAGE, web::to(mail)),
        Route::new(&operation::DEMO_MAIL_HTML, web::to(html_part)),
    ]
}

/// The page of the demo's partner, and whose script and frame it lets in: what partners are told to say.
#[derive(Clone)]
pub struct PartnerSite {
    /// The page.
    pub html: String,
    /// Origin of the platform.
    pub platform: String,
}

/// `GET /` of the partner's own server
pub async fn partner_site(site: web::Data<PartnerSite>) -> HttpResponse {
    let platform = &site.platform;
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src {platform}; frame-src {platform}"
    );
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(site.html.clone())
}

/// `GET /demo/outbox`
async fn list(visit: Visit) -> WebResult<HttpResponse> {
    let folder = folder(&visit)?;
    let mut names = names(&folder).await?;
    names.sort_unstable_by(|left, right| right.cmp(left));
    names.truncate(LISTED);
    let mut mails = Vec::new();
    for name in names {
        // gone between listing and reading
        let Ok(bytes) = read(&folder, &name).await else {
            continue;
        };
        if let Some(message) = MessageParser::default().parse(&bytes) {
            mails.push(row(name, &message));
        }
    }
    html(&OutboxPage {
        chrome: visit.chrome(),
        mails,
    })
}

/// `GET /demo/outbox/{name}`
async fn mail(visit: Visit, name: web::Path<String>) -> WebResult<HttpResponse> {
    let bytes = read(&folder(&visit)?, &name).await?;
    let message = MessageParser::default().parse(&bytes);
    let message = message.ok_or(AppError::NotFound)?;
    let words = message.body_text(0).unwrap_or_default().into_owned();
    html(&MailPage {
        chrome: visit.chrome(),
        subject: message.subject().unwrap_or_default().to_owned(),
        headers: headers(&message),
        links: links(&words, &visit.ctx().settings.public_base_url),
        words,
        html_href: message
            .body_html(0)
            .map(|_| format!("/demo/outbox/{}/html", name.as_str())),
    })
}

/// `GET /demo/outbox/{name}/html`
async fn html_part(visit: Visit, name: web::Path<String>) -> WebResult<HttpResponse> {
    let bytes = read(&folder(&visit)?, &name).await?;
    let message = MessageParser::default().parse(&bytes);
    let message = message.ok_or(AppError::NotFound)?;
    let body = message.body_html(0).ok_or(AppError::NotFound)?.into_owned();
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, SANDBOX))
        .body(body))
}

/// Where the mails are.
fn folder(visit: &Visit) -> WebResult<PathBuf> {
    let folder = visit.state().web.mail_dir.clone();
    let folder = folder.filter(|_| visit.ctx().settings.demo);
    Ok(folder.ok_or(AppError::NotFound)?)
}

/// Names of the mails, without the ending.
async fn names(folder: &Path) -> WebResult<Vec<String>> {
    let mut names = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        // the first mail makes the folder
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(error) => return Err(AppError::internal(error).into()),
    };
    while let Some(entry) = entries.next_entry().await.map_err(AppError::internal)? {
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".eml"));
        names.extend(name.filter(|name| is_name(name)).map(str::to_owned));
    }
    Ok(names)
}

async fn read(folder: &Path, name: &str) -> WebResult<Vec<u8>> {
    if !is_name(name) {
        return Err(AppError::NotFound.into());
    }
    let path = folder.join(format!("{name}.eml"));
    let about = tokio::fs::metadata(&path).await;
    let about = about.map_err(|_| AppError::NotFound)?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(AppError::NotFound.into());
    }
    Ok(tokio::fs::read(&path)
        .await
        .map_err(|_| AppError::NotFound)?)
}

/// Names as the mailer makes them: no way out of the folder, no hidden file.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=200).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

fn row(id: String, message: &Message<'_>) -> OutboxRow {
    OutboxRow {
        at: written_at(&id).unwrap_or_default(),
        to: header(message, "To"),
        subject: message.subject().unwrap_or_default().to_owned(),
        kind: header(message, "X-Joinder-Kind"),
        id,
    }
}

/// The name starts with the time of the outbox row.
fn written_at(name: &str) -> Option<DateTime<Utc>> {
    let time = name.get(..20)?;
    let time = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%S%.3fZ").ok()?;
    Some(time.and_utc())
}

fn headers(message: &Message<'_>) -> Vec<(String, String)> {
    SHOWN
        .into_iter()
        .map(|name| match name {
            "Subject" => (
                name.to_owned(),
                message.subject().unwrap_or_default().to_owned(),
            ),
            name => (name.to_owned(), header(message, name)),
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn header(message: &Message<'_>, name: &str) -> String {
    let value = message.header_raw(name).unwrap_or_default();
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Links of the text that lead to a record here, as paths.
fn links(words: &str, base: &str) -> Vec<String> {
    let mut links: Vec<String> = words
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(base))
        .filter(|path| path.starts_with("/confirm/") || path.starts_with("/enter/"))
        .map(str::to_owned)
        .collect();
    links.dedup();
    links
}
