//! What operations have in common is described here once, read from what the program really does: who may (the table of
//! permissions), what the layers around a handler answer (`web::middleware`, `web::extract`), headers, limits. What is
//! told at a handler stays; what it leaves out is filled in.

use actix_web::http::StatusCode;
use serde_json::to_value;
use utoipa::Number;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation as Told, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, Object, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr};

use crate::app::partner::limit::{Unit, WINDOW_SECONDS};
use crate::domain::language::Language;
use crate::domain::page_length::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::domain::permission::{Access, Operation, operation};
use crate::web::error;
use crate::web::extract::{BODY_BYTES, LARGE_BODY_BYTES, idempotency};
use crate::web::middleware::rate_limit::Class;
use crate::web::problem::{self, Kind};

const PROBLEM: &str = "application/problem+json";
const SCHEMA: &str = "#/components/schemas/Problem";
/// Statuses of a request whose body cannot be taken.
const OF_BODIES: [u16; 5] = [400, 408, 413, 415, 422];
/// Statuses of problems that the API answers.
const STATUSES: [u16; 13] = [
    400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 500, 503,
];
/// Kinds that only forms of pages meet.
const OF_FORMS: [&str; 2] = ["cross-site", "stale-form"];
/// Kinds that no key of a partner meets.
const OF_PEOPLE: [&str; 6] = [
    "wrong-credentials",
    "totp-used",
    "forbidden",
    "second-person",
    "step-up-required",
    "taken",
];

/// Who reads an answer: keys of partners are refused in other ways than people.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Partner,
    Person,
}

impl Reader {
    const ALL: [Self; 2] = [Self::Partner, Self::Person];

    fn of(known: &Operation) -> Self {
        match known.access {
            Access::Partner(_) => Self::Partner,
            _ => Self::Person,
        }
    }

    fn meets(self, kind: &Kind) -> bool {
        match self {
            Self::Partner => !OF_FORMS.contains(&kind.name) && !OF_PEOPLE.contains(&kind.name),
            Self::Person => !OF_FORMS.contains(&kind.name) && !kind.name.starts_with("key-"),
        }
    }

    /// Name of the shared answer of a status.
    fn answer(self, status: u16) -> String {
        match self {
            Self::Partner => format!("PartnerProblem{status}"),
            Self::Person => format!("Problem{status}"),
        }
    }
}

/// Fills in what the annotations of handlers leave out.
pub(super) fn complete(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_default();
    for (name, header) in headers() {
        let header = RefOr::T(header);
        components.headers.insert(name.to_owned(), header);
    }
    for reader in Reader::ALL {
        shared_answers(components, reader);
    }
    let mut forms = Vec::new();
    for item in openapi.paths.paths.values_mut() {
        for told in operations(item) {
            let id = told.operation_id.clone().unwrap_or_default();
            if let Some(known) = operation::ALL.iter().find(|known| known.name == id) {
                describe(told, known);
            }
            forms.extend(form(told));
        }
    }
    for name in forms {
        if let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(&name) {
            // a part that is not asked for is refused
            let none = AdditionalProperties::FreeForm(false);
            schema.additional_properties = Some(Box::new(none));
        }
    }
}

/// The schema of the form an operation takes, by its name.
fn form(told: &Told) -> Option<String> {
    let RefOr::T(body) = told.request_body.as_ref()? else {
        return None;
    };
    let RefOr::T(media) = body.content.get("multipart/form-data")? else {
        return None;
    };
    let RefOr::Ref(schema) = media.schema.as_ref()? else {
        return None;
    };
    let (_, name) = schema.ref_location.rsplit_once('/')?;
    Some(name.to_owned())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Told> {
    let all = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ];
    all.into_iter().flatten()
}

fn text() -> Object {
    Object::with_type(Type::String)
}

fn number() -> Object {
    Object::with_type(Type::Integer)
}

fn header(schema: Object, description: &str, example: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
}

/// Headers of answers.
fn headers() -> [(&'static str, Header); 7] {
    let quotas = Unit::ALL.map(|unit| {
        let (name, quota) = (unit.as_str(), unit.quota());
        format!("\"{name}\";q={quota};w={WINDOW_SECONDS}")
    });
    let wait = HeaderBuilder::new()
        .schema(Some(number()))
        .description(Some("Seconds after which to ask again"))
        .example(Some(5.into()));
    [
        (
            "X-Request-Id",
            header(
                text(),
                "The number of the request: tell it to whoever looks for a fault",
                error::EXAMPLE_ID,
            ),
        ),
        (
            "RateLimit-Policy",
            header(text(), "The limits of the key", &quotas.join(", ")),
        ),
        (
            "RateLimit",
            header(
                text(),
                "What is left of the limits of the key, and seconds until all is again",
                "\"requests\";r=599;t=42",
            ),
        ),
        ("Retry-After", wait.build()),
        (
            "WWW-Authenticate",
            header(text(), "Always `Bearer`", "Bearer"),
        ),
        (
            "Content-Language",
            header(text(), "The language of `detail` and `message`", "it"),
        ),
        (
            "ETag",
            header(
                text(),
                "Of these bytes: with it as `If-None-Match` the answer is 304 while they are the same",
                "\"5d41402abc4b2a76\"",
            ),
        ),
    ]
}

fn header_ref(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

/// The answers of each status, with what each kind looks like.
fn shared_answers(components: &mut Components, reader: Reader) {
    for status in STATUSES {
        let kinds: Vec<Kind> = problem::ALL
            .into_iter()
            .filter(|kind| kind.status.as_u16() == status && reader.meets(kind))
            .collect();
        let mut answer = ResponseBuilder::new()
            .description(names(&kinds))
            .content(PROBLEM, content(&kinds))
            .build();
        dress(&mut answer, status, reader);
        components
            .responses
            .insert(reader.answer(status), RefOr::T(answer));
    }
}

/// The names of kinds in one line.
fn names(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds
        .iter()
        .map(|kind| format!("`{}`", kind.name))
        .collect();
    format!("{}: `/problems` says what to do", names.join(", "))
}

fn content(kinds: &[Kind]) -> Content {
    let examples = kinds.iter().map(|kind| {
        let value = to_value(error::example(*kind, Language::En)).ok();
        let example = ExampleBuilder::new().summary(kind.title).value(value);
        (kind.name, RefOr::T(example.build()))
    });
    ContentBuilder::new()
        .schema(Some(Ref::new(SCHEMA)))
        .examples_from_iter(examples)
        .build()
}

/// The headers of an answer.
fn dress(answer: &mut Response, status: u16, reader: Reader) {
    let mut names = vec!["X-Request-Id"];
    if reader == Reader::Partner {
        names.extend(["RateLimit-Policy", "RateLimit"]);
    }
    match status {
        401 => names.push("WWW-Authenticate"),
        429 | 503 => names.push("Retry-After"),
        _ => {}
    }
    if status >= 400 {
        names.push("Content-Language");
    }
    for name in names {
        let known = answer.headers.entry(name.to_owned());
        known.or_insert_with(|| header_ref(name));
    }
}

fn describe(told: &mut Told, known: &Operation) {
    let reader = Reader::of(known);
    for parameter in told.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        match (parameter.name.as_str(), &parameter.parameter_in) {
            ("Idempotency-Key", ParameterIn::Header) => {
                parameter.schema = Some(idempotency_key());
            }
            ("limit", ParameterIn::Query) => parameter.schema = Some(page_length()),
            _ => {}
        }
    }
    for status in statuses(told, known) {
        let answers = &mut told.responses.responses;
        let shared = || RefOr::Ref(Ref::from_response_name(reader.answer(status)));
        answers.entry(status.to_string()).or_insert_with(shared);
    }
    let tagged = told.responses.responses.contains_key("304");
    for (status, answer) in &mut told.responses.responses {
        let Ok(status) = status.parse() else { continue };
        if let RefOr::T(said) = answer {
            if status >= 400 && said.description.is_empty() && STATUSES.contains(&status) {
                *answer = RefOr::Ref(Ref::from_response_name(reader.answer(status)));
                continue;
            }
            mend(said, status);
            dress(said, status, reader);
            if tagged && matches!(status, 200 | 304) {
                said.headers.insert("ETag".to_owned(), header_ref("ETag"));
            }
        }
    }
    // the path stands beside it anyway
    if told
        .summary
        .as_ref()
        .is_none_or(|words| words.contains('`'))
    {
        told.summary = Some(in_words(known.name));
    }
    let words: Vec<String> = told.description.take().into_iter().collect();
    let words = words
        .into_iter()
        .chain(access(known))
        .chain(limits(told, known));
    told.description = Some(words.collect::<Vec<_>>().join("\n\n"));
}

/// The name of an operation as people write: `submit_claimant` is "Submit claimant".
fn in_words(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters.map(spaced)).collect()
}

const fn spaced(letter: char) -> char {
    match letter {
        '_' => ' ',
        letter => letter,
    }
}

/// A problem is `application/problem+json`; every answer says what it is.
fn mend(said: &mut Response, status: u16) {
    if said.description.is_empty() {
        let known = StatusCode::from_u16(status).ok();
        let reason = known.and_then(|status| status.canonical_reason());
        reason.unwrap_or_default().clone_into(&mut said.description);
    }
    if status >= 400 && (said.content.is_empty() || said.content.contains_key("application/json")) {
        said.content.clear();
        let content = ContentBuilder::new().schema(Some(Ref::new(SCHEMA))).build();
        said.content.insert(PROBLEM.to_owned(), RefOr::T(content));
    }
}

/// What the layers around the handler may answer.
fn statuses(told: &Told, known: &Operation) -> Vec<u16> {
    let mut statuses = vec![500, 503];
    match known.access {
        Access::Public | Access::Demo => {}
        Access::Claimant | Access::AnyStaff => statuses.push(401),
        Access::Partner(_) => statuses.extend([401, 403, 429]),
        Access::Staff(_) | Access::StepUp(_) => statuses.extend([401, 403]),
    }
    if Class::of(known).is_some() {
        statuses.push(429);
    }
    if told.request_body.is_some() {
        statuses.extend(OF_BODIES);
    }
    for parameter in told.parameters.iter().flatten() {
        if let RefOr::T(parameter) = parameter {
            match parameter.parameter_in {
                ParameterIn::Path => statuses.push(404),
                ParameterIn::Query => statuses.push(400),
                _ => {}
            }
        }
    }
    statuses
}

fn idempotency_key() -> RefOr<Schema> {
    let key = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(1))
        .max_length(Some(idempotency::LONGEST))
        .pattern(Some("^[!-~]+$"));
    RefOr::T(Schema::Object(key.build()))
}

fn page_length() -> RefOr<Schema> {
    let length = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(Number::UInt(1)))
        .maximum(Some(Number::UInt(MAX_LIMIT.into())))
        .default(Some(DEFAULT_LIMIT.into()));
    RefOr::T(Schema::Object(length.build()))
}

/// Who may.
fn access(known: &Operation) -> Option<String> {
    let list = |roles: &[crate::domain::permission::Role]| {
        let roles: Vec<String> = roles
            .iter()
            .map(|role| format!("`{}`", role.as_str()))
            .collect();
        roles.join(", ")
    };
    match known.access {
        Access::Public | Access::Demo => None,
        Access::Claimant => Some("For the claimant whose token it is.".to_owned()),
        Access::Partner(scope) => Some(format!("Needs the scope `{}`.", scope.as_str())),
        Access::AnyStaff => Some("For staff of any role.".to_owned()),
        Access::Staff(roles) => Some(format!("For staff of the roles {}.", list(roles))),
        Access::StepUp(roles) => Some(format!(
            "For staff of the roles {}, with a second factor at most 5 minutes old.",
            list(roles)
        )),
    }
}

/// How much of it, and how often.
fn limits(told: &Told, known: &Operation) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(class) = Class::of(known) {
        said.push(format!(
            "From one network {} requests at once and {} a minute, with the others of the class `{}` of `/.well-known/limits`.",
            class.burst(),
            class.per_minute(),
            class.as_str()
        ));
    }
    if Reader::of(known) == Reader::Partner {
        let [requests, people] = [Unit::Requests, Unit::Claimants].map(Unit::quota);
        said.push(format!(
            "With one key {requests} requests and {people} people in {WINDOW_SECONDS} seconds."
        ));
    }
    let takes_json = told.request_body.iter().any(|body| match body {
        RefOr::T(body) => body.content.contains_key("application/json"),
        RefOr::Ref(_) => false,
    });
    if takes_json {
        let bytes = if *known == operation::SUBMIT_CLAIMANTS {
            LARGE_BODY_BYTES
        } else {
            BODY_BYTES
        };
        said.push(format!("A body of at most {} KiB.", bytes / 1024));
    }
    said
}
