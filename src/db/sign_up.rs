//! A sign-up: one cacheable autocommit statement, whatever comes with it (DESIGN 3.1, 3.6).
//!
//! One round trip, one commit, no lock on a row that others need: idempotency key, claimant, data
//! key, mailboxes, consents, identity, look-ups, mail cap, challenge, outbox and audit. The
//! statement's text never changes, so Postgres parses and plans it once per connection;
//! `sql_query` would cost a quarter of the rate (PERFORMANCE 3).

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, Binary, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::idempotency::IdempotencyRow;
use crate::db::pool::Conn;

/// Everything a sign-up writes. Arrays of one group are equally long.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct SignUpRows {
    pub claimant_id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub state: &'static str,
    pub language: &'static str,
    pub via: Option<String>,
    pub province: Option<String>,
    pub contact_kind: &'static str,
    pub contact_domain: Option<String>,
    pub contact_sealed: Vec<u8>,
    pub mailbox_count: i16,
    pub now: DateTime<Utc>,
    pub key: DataKeyRow,
    pub idempotency: IdempotencyRow,
    pub mailboxes: MailboxRows,
    pub consents: ConsentRows,
    /// Given with the sign-up; counts from confirmation on.
    pub identity: Option<IdentityRow>,
    pub lookups: LookupRows,
    /// The mail that asks for confirmation; none without an e-mail.
    pub mail: Option<MailRow>,
    pub audit_id: Uuid,
    pub audit_detail: serde_json::Value,
}

/// The claimant's data key.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct DataKeyRow {
    pub association_key_version: i32,
    pub wrapped: Vec<u8>,
}

/// Mailboxes, column by column.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct MailboxRows {
    pub ids: Vec<Uuid>,
    pub domains: Vec<Option<String>>,
    pub treatments: Vec<&'static str>,
    pub plans: Vec<Option<String>>,
    pub alias_of: Vec<Option<Uuid>>,
    pub sealed: Vec<Vec<u8>>,
}

/// Consents, column by column; all share the evidence.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct ConsentRows {
    pub ids: Vec<Uuid>,
    pub purposes: Vec<&'static str>,
    pub text_versions: Vec<String>,
    pub given: Vec<bool>,
    pub channel: &'static str,
    pub evidence: Option<Vec<u8>>,
}

/// Identity, version 0.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct IdentityRow {
    pub kind: &'static str,
    pub sealed: Vec<u8>,
    pub warnings: Vec<&'static str>,
}

/// Look-ups, column by column.
#[derive(Debug, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct LookupRows {
    pub hashes: Vec<Vec<u8>>,
    pub kinds: Vec<&'static str>,
}

/// Challenge, outbox row and mail cap of the confirmation mail.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migrations"
)]
pub struct MailRow {
    pub challenge_id: Uuid,
    pub token_hash: Vec<u8>,
    pub code_hash: Vec<u8>,
    pub challenge_expires_at: DateTime<Utc>,
    pub outbox_id: Uuid,
    pub lane: i16,
    pub payload: serde_json::Value,
    pub mail_expires_at: DateTime<Utc>,
    pub cap: CapIds,
    /// Payload of the one mail that is sent when the cap's window ends.
    pub delayed_payload: serde_json::Value,
}

/// The cap's hashes of one address for three days.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CapIds {
    pub yesterday: Uuid,
    pub today: Uuid,
    pub tomorrow: Uuid,
    /// First instant of tomorrow, UTC.
    pub tomorrow_at: DateTime<Utc>,
}

/// Writes a sign-up. `false`: the idempotency key was used before, nothing was written.
///
/// Runs on a connection of the intake pool, in a transaction of its own. A request with the same
/// key that is still running is waited for, 2 s at most.
///
/// # Errors
/// `LockTimeout` if the other request takes longer.
pub async fn insert(conn: &mut Conn, rows: SignUpRows) -> DbResult<bool> {
    let fresh: Vec<i32> = SignUpStatement(rows).get_results(conn).await?;
    Ok(!fresh.is_empty())
}

struct SignUpStatement(SignUpRows);

impl QueryId for SignUpStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for SignUpStatement {
    type SqlType = Integer;
}

/// Names of the bound values, in the order of their numbers.
const NAMES: [&str; 50] = [
    "claimant_id",
    "association_id",
    "case_id",
    "state",
    "language",
    "via",
    "province",
    "contact_kind",
    "contact_domain",
    "contact_sealed",
    "mailbox_count",
    "now",
    "association_key_version",
    "wrapped",
    "key_id",
    "request_hash",
    "response",
    "key_expires_at",
    "mailbox_ids",
    "mailbox_domains",
    "mailbox_treatments",
    "mailbox_plans",
    "mailbox_alias_of",
    "mailbox_sealed",
    "consent_ids",
    "consent_purposes",
    "consent_versions",
    "consent_given",
    "channel",
    "evidence",
    "lookup_hashes",
    "lookup_kinds",
    "identity_kind",
    "identity_sealed",
    "identity_warnings",
    "challenge_id",
    "token_hash",
    "code_hash",
    "challenge_expires_at",
    "outbox_id",
    "lane",
    "payload",
    "mail_expires_at",
    "cap_yesterday",
    "cap_today",
    "cap_tomorrow",
    "cap_tomorrow_at",
    "delayed_payload",
    "audit_id",
    "audit_detail",
];

/// Everything after the bound values, `:name` in place of their numbers.
const TEMPLATE: &str = "\
), i AS ( \
  INSERT INTO idempotency_keys AS k (id, request_hash, status, response, expires_at) \
  VALUES (:key_id, :request_hash, 201, :response, :key_expires_at) \
  ON CONFLICT (id) DO UPDATE SET request_hash = excluded.request_hash, \
    status = excluded.status, response = excluded.response, expires_at = excluded.expires_at \
  WHERE k.expires_at <= excluded.expires_at - interval '24 hours' \
  RETURNING 1 AS fresh \
), claimant AS ( \
  INSERT INTO claimants (id, association_id, case_id, state, language, via, province, \
    contact_kind, contact_domain, contact_sealed, mailbox_count, created_at, state_changed_at) \
  SELECT :claimant_id, :association_id, :case_id, :state, :language, :via, :province, \
    :contact_kind, :contact_domain, :contact_sealed, :mailbox_count, :now, :now FROM i \
), data_key AS ( \
  INSERT INTO claimant_keys (claimant_id, association_id, key_version, association_key_version, wrapped) \
  SELECT :claimant_id, :association_id, 1, :association_key_version, :wrapped FROM i \
), mailbox AS ( \
  INSERT INTO mailboxes (claimant_id, id, association_id, domain, treatment, plan, alias_of, sealed, created_at) \
  SELECT :claimant_id, m.id, :association_id, m.domain, m.treatment, m.plan, m.alias_of, m.sealed, :now \
  FROM i, unnest(:mailbox_ids, :mailbox_domains, :mailbox_treatments, :mailbox_plans, \
    :mailbox_alias_of, :mailbox_sealed) AS m (id, domain, treatment, plan, alias_of, sealed) \
), consent AS ( \
  INSERT INTO consents (claimant_id, id, association_id, purpose, text_version, given, channel, evidence, created_at) \
  SELECT :claimant_id, c.id, :association_id, c.purpose, c.text_version, c.given, :channel, :evidence, :now \
  FROM i, unnest(:consent_ids, :consent_purposes, :consent_versions, :consent_given) \
    AS c (id, purpose, text_version, given) \
), identity AS ( \
  INSERT INTO identities (claimant_id, version, association_id, kind, capacity, sealed, warnings, given_by, created_at) \
  SELECT :claimant_id, 0, :association_id, :identity_kind, \
    CASE :identity_kind WHEN 'entity' THEN 'legal_representative' ELSE 'self' END, \
    :identity_sealed, :identity_warnings, 'claimant', :now \
  FROM i WHERE :identity_sealed IS NOT NULL \
), lookup AS ( \
  INSERT INTO lookups (hash, kind, claimant_id, association_id) \
  SELECT l.hash, l.kind, :claimant_id, :association_id \
  FROM i, unnest(:lookup_hashes, :lookup_kinds) AS l (hash, kind) \
), trail AS ( \
  INSERT INTO audit (subject_id, id, association_id, actor_kind, action, after, detail, created_at) \
  SELECT :claimant_id, :audit_id, :association_id, 'public', 'sign_up', :state, :audit_detail, :now FROM i \
), y AS ( \
  SELECT count(t) AS used, min(t) AS first \
  FROM rate_buckets r, unnest(r.instants) AS t \
  WHERE r.id = :cap_yesterday AND t > :now - interval '24 hours' \
), b AS ( \
  INSERT INTO rate_buckets AS r (id, instants, granted_to, expires_at) \
  SELECT :cap_today, \
    CASE WHEN y.used < 3 THEN ARRAY[:now] ELSE '{}'::timestamptz[] END, \
    CASE WHEN y.used < 3 THEN :claimant_id END, \
    :now + interval '48 hours' \
  FROM i, y WHERE :challenge_id IS NOT NULL \
  ON CONFLICT (id) DO UPDATE SET \
    instants = CASE WHEN (SELECT used FROM y) \
        + (SELECT count(*) FROM unnest(r.instants) t WHERE t > :now - interval '24 hours') < 3 \
      THEN ARRAY(SELECT t FROM unnest(r.instants) t WHERE t > :now - interval '24 hours') || :now \
      ELSE r.instants END, \
    granted_to = CASE WHEN (SELECT used FROM y) \
        + (SELECT count(*) FROM unnest(r.instants) t WHERE t > :now - interval '24 hours') < 3 \
      THEN :claimant_id END, \
    expires_at = excluded.expires_at \
  RETURNING granted_to IS NOT DISTINCT FROM :claimant_id AS granted, instants \
), challenge AS ( \
  INSERT INTO confirmations (claimant_id, id, association_id, purpose, token_hash, code_hash, created_at, expires_at) \
  SELECT :claimant_id, :challenge_id, :association_id, 'confirm', :token_hash, :code_hash, :now, :challenge_expires_at \
  FROM b WHERE b.granted \
), d AS ( \
  SELECT b.granted, CASE WHEN b.granted THEN :now ELSE \
    least(y.first, (SELECT min(t) FROM unnest(b.instants) t WHERE t > :now - interval '24 hours')) \
      + interval '24 hours' END AS due_at \
  FROM b, y \
), mail AS ( \
  INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, priority, payload, due_at, created_at, expires_at) \
  SELECT CASE WHEN d.granted THEN :claimant_id WHEN d.due_at < :cap_tomorrow_at THEN :cap_today ELSE :cap_tomorrow END, \
    CASE WHEN d.granted THEN :outbox_id WHEN d.due_at < :cap_tomorrow_at THEN :cap_today ELSE :cap_tomorrow END, \
    CASE WHEN d.granted THEN :association_id END, :case_id, \
    CASE WHEN d.granted THEN 'confirmation' ELSE 'resend' END, :lane, \
    CASE WHEN d.granted THEN 1 ELSE 3 END, \
    CASE WHEN d.granted THEN :payload ELSE :delayed_payload END, d.due_at, :now, \
    CASE WHEN d.granted THEN :mail_expires_at ELSE d.due_at + interval '7 days' END \
  FROM d ON CONFLICT DO NOTHING \
) SELECT fresh FROM i";

/// [`TEMPLATE`] with the numbers of the bound values. They stand in the statement once, in `v`, from
/// which nothing reads: so wide a row, read ten times over, would cost more than some of the inserts.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let numbered = |(place, part): (usize, &str)| {
        let end = part.find(|char: char| !char.is_ascii_lowercase() && char != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        match NAMES.iter().position(|known| *known == name) {
            Some(number) => format!("${}{rest}", number + 1),
            // before the first colon, and both halves of a cast
            None if place == 0 => part.to_owned(),
            None => format!(":{part}"),
        }
    };
    TEMPLATE.split(':').enumerate().map(numbered).collect()
});

impl QueryFragment<Pg> for SignUpStatement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let rows = &self.0;
        out.push_sql("WITH v AS (SELECT ");
        claimant_values(rows, &mut out)?;
        list_values(rows, &mut out)?;
        identity_values(rows.identity.as_ref(), &mut out)?;
        mail_values(rows.mail.as_ref(), &mut out)?;
        bind::<SqlUuid, _>(&mut out, &rows.audit_id, "::uuid AS audit_id, ")?;
        bind::<Jsonb, _>(&mut out, &rows.audit_detail, "::jsonb AS audit_detail ")?;
        out.push_sql(&STATEMENT);
        Ok(())
    }
}

fn bind<'b, T, V>(
    out: &mut AstPass<'_, 'b, Pg>,
    value: &'b V,
    name: &'static str,
) -> QueryResult<()>
where
    Pg: diesel::sql_types::HasSqlType<T>,
    V: diesel::serialize::ToSql<T, Pg> + ?Sized,
{
    out.push_bind_param::<T, V>(value)?;
    out.push_sql(name);
    Ok(())
}

fn claimant_values<'b>(rows: &'b SignUpRows, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    bind::<SqlUuid, _>(out, &rows.claimant_id, "::uuid AS claimant_id, ")?;
    bind::<SqlUuid, _>(out, &rows.association_id, "::uuid AS association_id, ")?;
    bind::<SqlUuid, _>(out, &rows.case_id, "::uuid AS case_id, ")?;
    bind::<Text, _>(out, rows.state, "::text AS state, ")?;
    bind::<Text, _>(out, rows.language, "::text AS language, ")?;
    bind::<Nullable<Text>, _>(out, &rows.via, "::text AS via, ")?;
    bind::<Nullable<Text>, _>(out, &rows.province, "::text AS province, ")?;
    bind::<Text, _>(out, rows.contact_kind, "::text AS contact_kind, ")?;
    bind::<Nullable<Text>, _>(out, &rows.contact_domain, "::text AS contact_domain, ")?;
    bind::<Binary, _>(out, &rows.contact_sealed, "::bytea AS contact_sealed, ")?;
    bind::<SmallInt, _>(out, &rows.mailbox_count, "::smallint AS mailbox_count, ")?;
    bind::<Timestamptz, _>(out, &rows.now, "::timestamptz AS now, ")?;
    let key = &rows.key;
    bind::<Integer, _>(
        out,
        &key.association_key_version,
        "::int AS association_key_version, ",
    )?;
    bind::<Binary, _>(out, &key.wrapped, "::bytea AS wrapped, ")?;
    let kept = &rows.idempotency;
    bind::<SqlUuid, _>(out, &kept.id, "::uuid AS key_id, ")?;
    bind::<Binary, _>(out, &kept.request_hash, "::bytea AS request_hash, ")?;
    bind::<Jsonb, _>(out, &kept.response, "::jsonb AS response, ")?;
    bind::<Timestamptz, _>(out, &kept.expires_at, "::timestamptz AS key_expires_at, ")
}

fn list_values<'b>(rows: &'b SignUpRows, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    let mailboxes = &rows.mailboxes;
    bind::<Array<SqlUuid>, _>(out, &mailboxes.ids, "::uuid[] AS mailbox_ids, ")?;
    bind::<Array<Nullable<Text>>, _>(out, &mailboxes.domains, "::text[] AS mailbox_domains, ")?;
    bind::<Array<Text>, _>(
        out,
        &mailboxes.treatments,
        "::text[] AS mailbox_treatments, ",
    )?;
    bind::<Array<Nullable<Text>>, _>(out, &mailboxes.plans, "::text[] AS mailbox_plans, ")?;
    bind::<Array<Nullable<SqlUuid>>, _>(
        out,
        &mailboxes.alias_of,
        "::uuid[] AS mailbox_alias_of, ",
    )?;
    bind::<Array<Binary>, _>(out, &mailboxes.sealed, "::bytea[] AS mailbox_sealed, ")?;
    let consents = &rows.consents;
    bind::<Array<SqlUuid>, _>(out, &consents.ids, "::uuid[] AS consent_ids, ")?;
    bind::<Array<Text>, _>(out, &consents.purposes, "::text[] AS consent_purposes, ")?;
    bind::<Array<Text>, _>(
        out,
        &consents.text_versions,
        "::text[] AS consent_versions, ",
    )?;
    bind::<Array<Bool>, _>(out, &consents.given, "::bool[] AS consent_given, ")?;
    bind::<Text, _>(out, consents.channel, "::text AS channel, ")?;
    bind::<Nullable<Binary>, _>(out, &consents.evidence, "::bytea AS evidence, ")?;
    bind::<Array<Binary>, _>(out, &rows.lookups.hashes, "::bytea[] AS lookup_hashes, ")?;
    bind::<Array<Text>, _>(out, &rows.lookups.kinds, "::text[] AS lookup_kinds, ")
}

/// Optional values are bound as NULL, so that the text of the statement stays the same.
fn identity_values<'b>(
    identity: Option<&'b IdentityRow>,
    out: &mut AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    const NO_TEXT: &Option<String> = &None;
    const NO_BYTES: &Option<Vec<u8>> = &None;
    const NO_WARNINGS: &[&str] = &[];
    if let Some(identity) = identity {
        bind::<Text, _>(out, identity.kind, "::text AS identity_kind, ")?;
        bind::<Binary, _>(out, &identity.sealed, "::bytea AS identity_sealed, ")?;
        bind::<Array<Text>, _>(out, &identity.warnings, "::text[] AS identity_warnings, ")
    } else {
        bind::<Nullable<Text>, _>(out, NO_TEXT, "::text AS identity_kind, ")?;
        bind::<Nullable<Binary>, _>(out, NO_BYTES, "::bytea AS identity_sealed, ")?;
        bind::<Array<Text>, _>(out, NO_WARNINGS, "::text[] AS identity_warnings, ")
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "thirteen values, once bound and once NULL"
)]
fn mail_values<'b>(mail: Option<&'b MailRow>, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    const NO_ID: &Option<Uuid> = &None;
    const NO_BYTES: &Option<Vec<u8>> = &None;
    const NO_TIME: &Option<DateTime<Utc>> = &None;
    const NO_JSON: &Option<serde_json::Value> = &None;
    const NO_LANE: &Option<i16> = &None;
    const NAMES: [&str; 13] = [
        "::uuid AS challenge_id, ",
        "::bytea AS token_hash, ",
        "::bytea AS code_hash, ",
        "::timestamptz AS challenge_expires_at, ",
        "::uuid AS outbox_id, ",
        "::smallint AS lane, ",
        "::jsonb AS payload, ",
        "::timestamptz AS mail_expires_at, ",
        "::uuid AS cap_yesterday, ",
        "::uuid AS cap_today, ",
        "::uuid AS cap_tomorrow, ",
        "::timestamptz AS cap_tomorrow_at, ",
        "::jsonb AS delayed_payload, ",
    ];
    let [
        challenge,
        token,
        code,
        expires,
        outbox,
        lane,
        payload,
        mail_expires,
        y,
        t,
        m,
        m_at,
        delayed,
    ] = NAMES;
    let Some(mail) = mail else {
        bind::<Nullable<SqlUuid>, _>(out, NO_ID, challenge)?;
        bind::<Nullable<Binary>, _>(out, NO_BYTES, token)?;
        bind::<Nullable<Binary>, _>(out, NO_BYTES, code)?;
        bind::<Nullable<Timestamptz>, _>(out, NO_TIME, expires)?;
        bind::<Nullable<SqlUuid>, _>(out, NO_ID, outbox)?;
        bind::<Nullable<SmallInt>, _>(out, NO_LANE, lane)?;
        bind::<Nullable<Jsonb>, _>(out, NO_JSON, payload)?;
        bind::<Nullable<Timestamptz>, _>(out, NO_TIME, mail_expires)?;
        bind::<Nullable<SqlUuid>, _>(out, NO_ID, y)?;
        bind::<Nullable<SqlUuid>, _>(out, NO_ID, t)?;
        bind::<Nullable<SqlUuid>, _>(out, NO_ID, m)?;
        bind::<Nullable<Timestamptz>, _>(out, NO_TIME, m_at)?;
        return bind::<Nullable<Jsonb>, _>(out, NO_JSON, delayed);
    };
    bind::<SqlUuid, _>(out, &mail.challenge_id, challenge)?;
    bind::<Binary, _>(out, &mail.token_hash, token)?;
    bind::<Binary, _>(out, &mail.code_hash, code)?;
    bind::<Timestamptz, _>(out, &mail.challenge_expires_at, expires)?;
    bind::<SqlUuid, _>(out, &mail.outbox_id, outbox)?;
    bind::<SmallInt, _>(out, &mail.lane, lane)?;
    bind::<Jsonb, _>(out, &mail.payload, payload)?;
    bind::<Timestamptz, _>(out, &mail.mail_expires_at, mail_expires)?;
    bind::<SqlUuid, _>(out, &mail.cap.yesterday, y)?;
    bind::<SqlUuid, _>(out, &mail.cap.today, t)?;
    bind::<SqlUuid, _>(out, &mail.cap.tomorrow, m)?;
    bind::<Timestamptz, _>(out, &mail.cap.tomorrow_at, m_at)?;
    bind::<Jsonb, _>(out, &mail.delayed_payload, delayed)
}
