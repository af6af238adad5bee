//! The statement that writes a batch of sign-ups. Its text is the same for one and for many, so
//! Postgres parses and plans it once per connection; `sql_query` would cost a quarter of the rate
//! (PERFORMANCE 3).
//!
//! Values go in as arrays, column by column, and are unnested where they are used. `place` is the
//! number of a sign-up in its batch, from 1. What belongs to a sign-up whose key was used before is
//! left out by one look into an array of booleans, not by a join.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, Binary, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use serde_json::Value;
use uuid::Uuid;

use super::{IdentityRow, MailRow, SignUpRows, SubmissionRow};

/// Everything after the bound values, `:name` in place of their numbers.
///
/// Whatever selects from `f` begins after all keys are inserted, in the order of their ids; caps
/// are locked after that, again in the order of ids.
const TEMPLATE: &str = "\
), i AS ( \
  INSERT INTO idempotency_keys AS k (id, request_hash, status, response, expires_at) \
  SELECT u.id, u.request_hash, u.status, u.response, u.expires_at \
  FROM unnest(:key_id, :request_hash, :status, :response, :key_expires_at) \
    AS u (id, request_hash, status, response, expires_at) \
  ORDER BY u.id \
  ON CONFLICT (id) DO UPDATE SET request_hash = excluded.request_hash, \
    status = excluded.status, response = excluded.response, expires_at = excluded.expires_at \
  WHERE k.expires_at <= excluded.expires_at - interval '24 hours' \
  RETURNING k.id \
), f AS ( \
  SELECT array_agg(i.id IS NOT NULL ORDER BY u.place) AS fresh \
  FROM unnest(:key_id) WITH ORDINALITY AS u (id, place) LEFT JOIN i ON i.id = u.id \
), claimant AS ( \
  INSERT INTO claimants (id, association_id, case_id, state, review, language, via, province, \
    contact_kind, contact_domain, contact_sealed, mailbox_count, created_at, state_changed_at) \
  SELECT u.id, u.association_id, u.case_id, u.state, u.review, u.language, u.via, u.province, \
    u.contact_kind, u.contact_domain, u.contact_sealed, u.mailbox_count, u.now, u.now \
  FROM unnest(:claimant_id, :association_id, :case_id, :state, :review, :language, :via, :province, \
    :contact_kind, :contact_domain, :contact_sealed, :mailbox_count, :now) WITH ORDINALITY \
    AS u (id, association_id, case_id, state, review, language, via, province, \
    contact_kind, contact_domain, contact_sealed, mailbox_count, now, place) \
  WHERE (SELECT fresh FROM f)[u.place] \
), data_key AS ( \
  INSERT INTO claimant_keys (claimant_id, association_id, key_version, association_key_version, wrapped) \
  SELECT u.claimant_id, u.association_id, 1, u.association_key_version, u.wrapped \
  FROM unnest(:claimant_id, :association_id, :association_key_version, :wrapped) WITH ORDINALITY \
    AS u (claimant_id, association_id, association_key_version, wrapped, place) \
  WHERE (SELECT fresh FROM f)[u.place] \
), mailbox AS ( \
  INSERT INTO mailboxes (claimant_id, id, association_id, domain, treatment, plan, alias_of, sealed, created_at) \
  SELECT :claimant_id[u.place], u.id, :association_id[u.place], u.domain, u.treatment, u.plan, \
    u.alias_of, u.sealed, :now[u.place] \
  FROM unnest(:mailbox_place, :mailbox_id, :mailbox_domain, :mailbox_treatment, :mailbox_plan, \
    :mailbox_alias_of, :mailbox_sealed) AS u (place, id, domain, treatment, plan, alias_of, sealed) \
  WHERE (SELECT fresh FROM f)[u.place] \
), consent AS ( \
  INSERT INTO consents (claimant_id, id, association_id, purpose, text_version, given, channel, evidence, created_at) \
  SELECT :claimant_id[u.place], u.id, :association_id[u.place], u.purpose, u.text_version, u.given, \
    :channel[u.place], :evidence[u.place], :now[u.place] \
  FROM unnest(:consent_place, :consent_id, :consent_purpose, :consent_version, :consent_given) \
    AS u (place, id, purpose, text_version, given) \
  WHERE (SELECT fresh FROM f)[u.place] \
), identity AS ( \
  INSERT INTO identities (claimant_id, version, association_id, kind, capacity, sealed, warnings, given_by, created_at) \
  SELECT :claimant_id[u.place], 0, :association_id[u.place], u.kind, \
    CASE u.kind WHEN 'entity' THEN 'legal_representative' ELSE 'self' END, \
    u.sealed, string_to_array(u.warnings, ' '), 'claimant', :now[u.place] \
  FROM unnest(:identity_place, :identity_kind, :identity_sealed, :identity_warnings) \
    AS u (place, kind, sealed, warnings) \
  WHERE (SELECT fresh FROM f)[u.place] \
), lookup AS ( \
  INSERT INTO lookups (hash, kind, claimant_id, association_id) \
  SELECT u.hash, u.kind, :claimant_id[u.place], :association_id[u.place] \
  FROM unnest(:lookup_place, :lookup_hash, :lookup_kind) AS u (place, hash, kind) \
  WHERE (SELECT fresh FROM f)[u.place] \
), submission AS ( \
  INSERT INTO partner_submissions (claimant_id, association_id, case_id, partner_id, key_id, mode, \
    notice_version, notice_shown_at, created_at) \
  SELECT :claimant_id[u.place], :association_id[u.place], :case_id[u.place], u.partner_id, u.key_id, u.mode, \
    u.notice_version, u.notice_shown_at, :now[u.place] \
  FROM unnest(:submission_place, :partner_id, :partner_key_id, :partner_mode, :notice_version, :notice_shown_at) \
    AS u (place, partner_id, key_id, mode, notice_version, notice_shown_at) \
  WHERE (SELECT fresh FROM f)[u.place] \
), event AS ( \
  INSERT INTO partner_events (partner_id, id, association_id, mode, case_id, claimant_id, state, step, created_at) \
  SELECT u.partner_id, gen_random_uuid(), :association_id[u.place], u.mode, :case_id[u.place], :claimant_id[u.place], \
    'received', 1, date_trunc('second', :now[u.place]) \
  FROM unnest(:submission_place, :partner_id, :partner_mode) AS u (place, partner_id, mode) \
  WHERE (SELECT fresh FROM f)[u.place] \
), trail AS ( \
  INSERT INTO audit (subject_id, id, association_id, actor_kind, actor_id, action, after, detail, created_at) \
  SELECT u.claimant_id, u.id, u.association_id, u.actor_kind, u.actor_id, 'sign_up', u.state, u.detail, u.now \
  FROM unnest(:claimant_id, :audit_id, :association_id, :actor_kind, :actor_id, :state, :audit_detail, :now) WITH ORDINALITY \
    AS u (claimant_id, id, association_id, actor_kind, actor_id, state, detail, now, place) \
  WHERE (SELECT fresh FROM f)[u.place] \
), m AS ( \
  SELECT u.*, :claimant_id[u.place] AS claimant_id, :association_id[u.place] AS association_id, \
    :case_id[u.place] AS case_id, :now[u.place] AS now, o.used, o.first \
  FROM unnest(:mail_place, :challenge_id, :token_hash, :code_hash, :challenge_expires_at, \
    :outbox_id, :lane, :queue_id, :priority, :payload, :mail_expires_at, :cap_yesterday, :cap_today, :cap_tomorrow, \
    :cap_tomorrow_at, :delayed_payload) AS u (place, challenge_id, token_hash, code_hash, \
    challenge_expires_at, outbox_id, lane, queue_id, priority, payload, mail_expires_at, cap_yesterday, cap_today, \
    cap_tomorrow, cap_tomorrow_at, delayed_payload) \
  CROSS JOIN LATERAL ( \
    SELECT count(t) AS used, min(t) AS first FROM rate_buckets r, unnest(r.instants) AS t \
    WHERE r.id = u.cap_yesterday AND t > :now[u.place] - interval '24 hours' \
  ) AS o \
  WHERE (SELECT fresh FROM f)[u.place] \
), b AS ( \
  INSERT INTO rate_buckets AS r (id, instants, granted_to, expires_at) \
  SELECT m.cap_today, \
    CASE WHEN m.used < 3 THEN ARRAY[m.now] ELSE '{}'::timestamptz[] END, \
    CASE WHEN m.used < 3 THEN m.claimant_id END, \
    m.now + interval '48 hours' \
  FROM m ORDER BY m.cap_today \
  ON CONFLICT (id) DO UPDATE SET (instants, granted_to, expires_at) = ( \
    SELECT CASE WHEN m.used + recent.used < 3 THEN recent.instants || m.now ELSE r.instants END, \
      CASE WHEN m.used + recent.used < 3 THEN m.claimant_id END, \
      excluded.expires_at \
    FROM m, LATERAL ( \
      SELECT coalesce(array_agg(t), '{}') AS instants, count(t) AS used \
      FROM unnest(r.instants) AS t WHERE t > m.now - interval '24 hours' \
    ) AS recent \
    WHERE m.cap_today = excluded.id \
  ) \
  RETURNING r.id, r.granted_to, r.instants \
), d AS ( \
  SELECT m.*, b.granted_to IS NOT NULL AS granted, \
    CASE WHEN b.granted_to IS NOT NULL THEN m.now ELSE \
    least(m.first, (SELECT min(t) FROM unnest(b.instants) AS t WHERE t > m.now - interval '24 hours')) \
      + interval '24 hours' END AS due_at \
  FROM b JOIN m ON m.cap_today = b.id \
), challenge AS ( \
  INSERT INTO confirmations (claimant_id, id, association_id, purpose, token_hash, code_hash, created_at, expires_at) \
  SELECT d.claimant_id, d.challenge_id, d.association_id, 'confirm', d.token_hash, d.code_hash, d.now, d.challenge_expires_at \
  FROM d WHERE d.granted \
), mail AS ( \
  INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, queue_id, priority, payload, due_at, created_at, expires_at) \
  SELECT CASE WHEN d.granted THEN d.claimant_id WHEN d.due_at < d.cap_tomorrow_at THEN d.cap_today ELSE d.cap_tomorrow END, \
    CASE WHEN d.granted THEN d.outbox_id WHEN d.due_at < d.cap_tomorrow_at THEN d.cap_today ELSE d.cap_tomorrow END, \
    CASE WHEN d.granted THEN d.association_id END, d.case_id, \
    CASE WHEN d.granted THEN 'confirmation' ELSE 'resend' END, d.lane, d.queue_id, \
    CASE WHEN d.granted THEN d.priority ELSE greatest(d.priority, 3::smallint) END, \
    CASE WHEN d.granted THEN d.payload ELSE d.delayed_payload END, d.due_at, d.now, \
    CASE WHEN d.granted THEN d.mail_expires_at ELSE d.due_at + interval '7 days' END \
  FROM d ON CONFLICT DO NOTHING \
) SELECT unnest(fresh) FROM f";

/// [`TEMPLATE`] with the numbers of the bound values. They stand in the statement once, in `v`, from
/// which nothing reads, so that Postgres never makes that row.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = columns(&[]).iter().map(|column| column.name).collect();
    let numbered = |(place, part): (usize, &str)| {
        let end = part.find(|char: char| !char.is_ascii_lowercase() && char != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        match names.iter().position(|known| *known == name) {
            Some(number) => format!("${}{rest}", number + 1),
            // before the first colon, and both halves of a cast
            None if place == 0 => part.to_owned(),
            None => format!(":{part}"),
        }
    };
    TEMPLATE.split(':').enumerate().map(numbered).collect()
});

/// The statement with the values of a batch.
pub(super) struct Insert<'a> {
    columns: Vec<Column<'a>>,
}

impl<'a> Insert<'a> {
    pub(super) fn of(rows: &[&'a SignUpRows]) -> Self {
        Self {
            columns: columns(rows),
        }
    }
}

/// Names the text of the statement, which depends on no value.
pub(super) struct InsertText;

impl QueryId for Insert<'_> {
    type QueryId = InsertText;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Insert<'_> {
    type SqlType = Bool;
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH v AS (SELECT ");
        for (place, column) in self.columns.iter().enumerate() {
            if place > 0 {
                out.push_sql(", ");
            }
            column.values.bind(&mut out)?;
            out.push_sql(" AS ");
            out.push_sql(column.name);
        }
        out.push_sql(" ");
        out.push_sql(&STATEMENT);
        Ok(())
    }
}

/// One value of each sign-up, or of each of their mailboxes, consents, ...
struct Column<'a> {
    name: &'static str,
    values: Values<'a>,
}

enum Values<'a> {
    Ids(Vec<Uuid>),
    MaybeIds(Vec<Option<Uuid>>),
    Texts(Vec<&'a str>),
    MaybeTexts(Vec<Option<&'a str>>),
    Bytes(Vec<&'a [u8]>),
    MaybeBytes(Vec<Option<&'a [u8]>>),
    Times(Vec<DateTime<Utc>>),
    Small(Vec<i16>),
    Numbers(Vec<i32>),
    Flags(Vec<bool>),
    Documents(Vec<&'a Value>),
    Words(Vec<String>),
}

impl Values<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Ids(values) => bind::<SqlUuid, _>(out, values, "::uuid[]"),
            Self::MaybeIds(values) => bind::<Nullable<SqlUuid>, _>(out, values, "::uuid[]"),
            Self::Texts(values) => bind::<Text, _>(out, values, "::text[]"),
            Self::MaybeTexts(values) => bind::<Nullable<Text>, _>(out, values, "::text[]"),
            Self::Bytes(values) => bind::<Binary, _>(out, values, "::bytea[]"),
            Self::MaybeBytes(values) => bind::<Nullable<Binary>, _>(out, values, "::bytea[]"),
            Self::Times(values) => bind::<Timestamptz, _>(out, values, "::timestamptz[]"),
            Self::Small(values) => bind::<SmallInt, _>(out, values, "::smallint[]"),
            Self::Numbers(values) => bind::<Integer, _>(out, values, "::int[]"),
            Self::Flags(values) => bind::<Bool, _>(out, values, "::bool[]"),
            Self::Documents(values) => bind::<Jsonb, _>(out, values, "::jsonb[]"),
            Self::Words(values) => bind::<Text, _>(out, values, "::text[]"),
        }
    }
}

fn bind<'b, T, V>(
    out: &mut AstPass<'_, 'b, Pg>,
    values: &'b Vec<V>,
    cast: &'static str,
) -> QueryResult<()>
where
    T: 'static,
    Pg: diesel::sql_types::HasSqlType<T>,
    Vec<V>: diesel::serialize::ToSql<Array<T>, Pg>,
{
    out.push_bind_param::<Array<T>, Vec<V>>(values)?;
    out.push_sql(cast);
    Ok(())
}

/// All values in the order of their numbers; without sign-ups still all the names.
fn columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let mut columns = claimant_columns(rows);
    columns.extend(key_columns(rows));
    columns.extend(mailbox_columns(rows));
    columns.extend(consent_columns(rows));
    columns.extend(other_columns(rows));
    columns.extend(submission_columns(rows));
    columns.extend(mail_columns(rows));
    columns
}

const fn column<'a>(name: &'static str, values: Values<'a>) -> Column<'a> {
    Column { name, values }
}

/// One value of each sign-up.
fn each<'a, T>(rows: &[&'a SignUpRows], value: impl Fn(&'a SignUpRows) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}

/// What `several` gives for each sign-up, one after the other.
fn all<'a, T, I>(rows: &[&'a SignUpRows], several: impl Fn(&'a SignUpRows) -> I) -> Vec<T>
where
    I: IntoIterator<Item = T>,
{
    rows.iter().flat_map(|row| several(row)).collect()
}

/// The place of its sign-up for each of what `count` counts.
fn places(rows: &[&SignUpRows], count: impl Fn(&SignUpRows) -> usize) -> Values<'static> {
    let numbered = (1..).zip(rows);
    let repeated = numbered.flat_map(|(place, row)| std::iter::repeat_n(place, count(row)));
    Values::Numbers(repeated.collect())
}

fn claimant_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let texts = |value: fn(&SignUpRows) -> &str| Values::Texts(each(rows, value));
    let maybe = |value: fn(&SignUpRows) -> Option<&str>| Values::MaybeTexts(each(rows, value));
    let ids = |value: fn(&SignUpRows) -> Uuid| Values::Ids(each(rows, value));
    let sealed = Values::Bytes(each(rows, |row| row.contact_sealed.as_slice()));
    let mailbox_count = Values::Small(each(rows, |row| row.mailbox_count));
    vec![
        column("claimant_id", ids(|row| row.claimant_id)),
        column("association_id", ids(|row| row.association_id)),
        column("case_id", ids(|row| row.case_id)),
        column("state", texts(|row| row.state)),
        column("review", texts(|row| row.review)),
        column("language", texts(|row| row.language)),
        column("via", maybe(|row| row.via.as_deref())),
        column("province", maybe(|row| row.province.as_deref())),
        column("contact_kind", texts(|row| row.contact_kind)),
        column("contact_domain", maybe(|row| row.contact_domain.as_deref())),
        column("contact_sealed", sealed),
        column("mailbox_count", mailbox_count),
        column("now", Values::Times(each(rows, |row| row.now))),
    ]
}

fn key_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let bytes =
        |value: fn(&SignUpRows) -> &Vec<u8>| Values::Bytes(each(rows, |row| value(row).as_slice()));
    let version = Values::Numbers(each(rows, |row| row.key.association_key_version));
    let id = Values::Ids(each(rows, |row| row.idempotency.id));
    let status = Values::Small(each(rows, |row| row.idempotency.status));
    let response = Values::Documents(each(rows, |row| &row.idempotency.response));
    let expires_at = Values::Times(each(rows, |row| row.idempotency.expires_at));
    vec![
        column("association_key_version", version),
        column("wrapped", bytes(|row| &row.key.wrapped)),
        column("key_id", id),
        column("request_hash", bytes(|row| &row.idempotency.request_hash)),
        column("status", status),
        column("response", response),
        column("key_expires_at", expires_at),
    ]
}

fn mailbox_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let maybe = |value: fn(&SignUpRows) -> &Vec<Option<String>>| {
        Values::MaybeTexts(all(rows, |row| value(row).iter().map(Option::as_deref)))
    };
    let treatments = all(rows, |row| row.mailboxes.treatments.iter().copied());
    let alias_of = all(rows, |row| row.mailboxes.alias_of.iter().copied());
    let sealed = all(rows, |row| row.mailboxes.sealed.iter().map(Vec::as_slice));
    let ids = all(rows, |row| row.mailboxes.ids.iter().copied());
    vec![
        column("mailbox_place", places(rows, |row| row.mailboxes.ids.len())),
        column("mailbox_id", Values::Ids(ids)),
        column("mailbox_domain", maybe(|row| &row.mailboxes.domains)),
        column("mailbox_treatment", Values::Texts(treatments)),
        column("mailbox_plan", maybe(|row| &row.mailboxes.plans)),
        column("mailbox_alias_of", Values::MaybeIds(alias_of)),
        column("mailbox_sealed", Values::Bytes(sealed)),
    ]
}

fn consent_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let ids = all(rows, |row| row.consents.ids.iter().copied());
    let purposes = all(rows, |row| row.consents.purposes.iter().copied());
    let versions = all(rows, |row| {
        row.consents.text_versions.iter().map(String::as_str)
    });
    let given = all(rows, |row| row.consents.given.iter().copied());
    let channel = each(rows, |row| row.consents.channel);
    let evidence = each(rows, |row| row.consents.evidence.as_deref());
    vec![
        column("consent_place", places(rows, |row| row.consents.ids.len())),
        column("consent_id", Values::Ids(ids)),
        column("consent_purpose", Values::Texts(purposes)),
        column("consent_version", Values::Texts(versions)),
        column("consent_given", Values::Flags(given)),
        column("channel", Values::Texts(channel)),
        column("evidence", Values::MaybeBytes(evidence)),
    ]
}

/// Identities of those that gave one, look-ups, audit.
fn other_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let identity = |row: &'a SignUpRows| -> Option<&'a IdentityRow> { row.identity.as_ref() };
    let count = |row: &SignUpRows| usize::from(row.identity.is_some());
    let kinds = all(rows, |row| identity(row).map(|given| given.kind));
    let sealed = all(rows, |row| {
        identity(row).map(|given| given.sealed.as_slice())
    });
    // codes: no blanks in them
    let warnings = all(rows, |row| {
        identity(row).map(|given| given.warnings.join(" "))
    });
    let hashes = all(rows, |row| row.lookups.hashes.iter().map(Vec::as_slice));
    let lookups = all(rows, |row| row.lookups.kinds.iter().copied());
    let actor_kind = each(rows, |row| row.actor_kind);
    let actor_id = each(rows, |row| row.actor_id);
    vec![
        column("actor_kind", Values::Texts(actor_kind)),
        column("actor_id", Values::MaybeIds(actor_id)),
        column("identity_place", places(rows, count)),
        column("identity_kind", Values::Texts(kinds)),
        column("identity_sealed", Values::Bytes(sealed)),
        column("identity_warnings", Values::Words(warnings)),
        column("lookup_place", places(rows, |row| row.lookups.hashes.len())),
        column("lookup_hash", Values::Bytes(hashes)),
        column("lookup_kind", Values::Texts(lookups)),
        column("audit_id", Values::Ids(each(rows, |row| row.audit_id))),
        column(
            "audit_detail",
            Values::Documents(each(rows, |row| &row.audit_detail)),
        ),
    ]
}

/// Who sent those that partners sent.
fn submission_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let sent: Vec<&'a SubmissionRow> = all(rows, |row| row.submission.as_ref());
    let ids = |value: fn(&SubmissionRow) -> Uuid| {
        Values::Ids(sent.iter().map(|submission| value(submission)).collect())
    };
    let place = places(rows, |row| usize::from(row.submission.is_some()));
    let modes = sent.iter().map(|submission| submission.mode).collect();
    let versions = sent
        .iter()
        .map(|submission| submission.notice_version.as_str())
        .collect();
    let times = sent
        .iter()
        .map(|submission| submission.notice_shown_at)
        .collect();
    vec![
        column("submission_place", place),
        column("partner_id", ids(|submission| submission.partner_id)),
        column("partner_key_id", ids(|submission| submission.key_id)),
        column("partner_mode", Values::Texts(modes)),
        column("notice_version", Values::Texts(versions)),
        column("notice_shown_at", Values::Times(times)),
    ]
}

/// The mails of those that gave an e-mail.
fn mail_columns<'a>(rows: &[&'a SignUpRows]) -> Vec<Column<'a>> {
    let mails: Vec<&'a MailRow> = all(rows, |row| row.mail.as_ref());
    let ids =
        |value: fn(&MailRow) -> Uuid| Values::Ids(mails.iter().map(|mail| value(mail)).collect());
    let bytes = |value: fn(&MailRow) -> &[u8]| {
        Values::Bytes(mails.iter().map(|mail| value(mail)).collect())
    };
    let times = |value: fn(&MailRow) -> DateTime<Utc>| {
        Values::Times(mails.iter().map(|mail| value(mail)).collect())
    };
    let documents = |value: fn(&MailRow) -> &Value| {
        Values::Documents(mails.iter().map(|mail| value(mail)).collect())
    };
    let place = places(rows, |row| usize::from(row.mail.is_some()));
    let small =
        |value: fn(&MailRow) -> i16| Values::Small(mails.iter().map(|mail| value(mail)).collect());
    vec![
        column("mail_place", place),
        column("challenge_id", ids(|mail| mail.challenge_id)),
        column("token_hash", bytes(|mail| &mail.token_hash)),
        column("code_hash", bytes(|mail| &mail.code_hash)),
        column(
            "challenge_expires_at",
            times(|mail| mail.challenge_expires_at),
        ),
        column("outbox_id", ids(|mail| mail.outbox_id)),
        column("lane", small(|mail| mail.lane)),
        column("queue_id", ids(|mail| mail.queue_id)),
        column("priority", small(|mail| mail.priority)),
        column("payload", documents(|mail| &mail.payload)),
        column("mail_expires_at", times(|mail| mail.mail_expires_at)),
        column("cap_yesterday", ids(|mail| mail.cap.yesterday)),
        column("cap_today", ids(|mail| mail.cap.today)),
        column("cap_tomorrow", ids(|mail| mail.cap.tomorrow)),
        column("cap_tomorrow_at", times(|mail| mail.cap.tomorrow_at)),
        column("delayed_payload", documents(|mail| &mail.delayed_payload)),
    ]
}
