//! A page with a title and a few sentences: refusals and failures, for people.

use askama::Template;

use super::Chrome;
use super::console::Console;

/// The one thing to do next.
#[derive(Debug, Clone)]
pub struct Action {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub label: String,
}

/// Any answer that is only words.
#[derive(Debug, Clone, Template)]
#[template(path = "page/message.html")]
pub struct MessagePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The heading.
    pub title: String,
    /// The sentences.
    pub paragraphs: Vec<String>,
    /// What to do next.
    pub action: Option<Action>,
    /// The number to tell the association, shown with failures of ours.
    pub request_id: Option<String>,
}

/// The same with what stands around pages of the console.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/message.html")]
pub struct ConsoleMessagePage {
    /// Around the content.
    pub console: Console,
    /// The heading.
    pub title: String,
    /// The sentences.
    pub paragraphs: Vec<String>,
    /// What to do next.
    pub action: Option<Action>,
    /// The number to tell whoever runs the service, shown with failures of ours.
    pub request_id: Option<String>,
}

impl From<MessagePage> for ConsoleMessagePage {
    fn from(page: MessagePage) -> Self {
        let mut chrome = page.chrome;
        "/console".clone_into(&mut chrome.path);
        Self {
            console: Console { chrome, who: None },
            title: page.title,
            paragraphs: page.paragraphs,
            action: page.action,
            request_id: page.request_id,
        }
    }
}

impl MessagePage {
    /// 403 in the console: the role may not.
    pub fn role(chrome: Chrome) -> Self {
        Self::of(chrome, "role")
    }

    /// 400: the request could not be read.
    pub fn bad_request(chrome: Chrome) -> Self {
        Self::of(chrome, "bad-request")
    }

    /// 403: the form is too old, or came from another page.
    pub fn forbidden(chrome: Chrome) -> Self {
        Self::of(chrome, "forbidden")
    }

    /// 404: nothing here, or nothing you may see.
    pub fn not_found(chrome: Chrome) -> Self {
        Self::of(chrome, "not-found")
    }

    /// 409: not possible in the present state.
    pub fn conflict(chrome: Chrome) -> Self {
        Self::of(chrome, "conflict")
    }

    /// 410: the link is used or too old.
    pub fn gone(chrome: Chrome) -> Self {
        Self::of(chrome, "gone")
    }

    /// 413 and 415: too large, or not a form.
    pub fn too_large(chrome: Chrome) -> Self {
        Self::of(chrome, "too-large")
    }

    /// 429: wait `seconds`.
    pub fn too_many(chrome: Chrome, seconds: u64) -> Self {
        let wait = chrome.tv(
            "message-wait",
            &[("minutes", seconds.div_ceil(60).max(1).into())],
        );
        let mut page = Self::of(chrome, "too-many");
        page.paragraphs.push(wait);
        page
    }

    /// 503: too busy; nothing is lost.
    pub fn unavailable(chrome: Chrome) -> Self {
        Self::of(chrome, "unavailable")
    }

    /// 500: our fault; only the number is told.
    pub fn internal(chrome: Chrome, request_id: String) -> Self {
        let mut page = Self::of(chrome, "internal");
        page.request_id = Some(request_id);
        page
    }

    /// The session ran out; what was stored is kept.
    pub fn session_over(chrome: Chrome) -> Self {
        let mut page = Self::of(chrome, "session-over");
        let label = page.chrome.t("message-session-over-action");
        page.action = Some(Action {
            href: "/enter".to_owned(),
            label,
        });
        page
    }

    /// Nobody came in yet: how to.
    pub fn enter(chrome: Chrome) -> Self {
        let mut page = Self::of(chrome, "enter");
        let label = page.chrome.t("message-enter-action");
        page.action = Some(Action {
            href: "/enter".to_owned(),
            label,
        });
        page
    }

    /// The record was erased.
    pub fn erased(chrome: Chrome) -> Self {
        Self::of(chrome, "erased")
    }

    fn of(chrome: Chrome, word: &str) -> Self {
        let text = chrome.text();
        let title = text.word("message-title", word);
        let paragraphs = vec![text.word("message-text", word)];
        let action = Some(Action {
            href: "/".to_owned(),
            label: text.get("message-home"),
        });
        Self {
            chrome,
            title,
            paragraphs,
            action,
            request_id: None,
        }
    }
}
