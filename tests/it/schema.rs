//! The migrated database: as `src/db/schema.rs` says, named and commented, ready to be distributed.

use std::collections::BTreeMap;

use crate::app::TestApp;

/// A table: its primary key and its columns, each with type and whether it may be null.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    key: Vec<String>,
    columns: Vec<(String, String, bool)>,
}

/// The `table!` blocks of the text.
fn declared() -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let text = include_str!("../../src/db/schema.rs");
    for block in text.split("diesel::table! {").skip(1) {
        let block = block.split("\n}").next().unwrap();
        let (head, body) = block.split_once(") {").unwrap();
        let (name, key) = head.trim().split_once(" (").unwrap();
        let columns = body
            .lines()
            .filter_map(|line| line.trim().trim_end_matches(',').split_once(" -> "));
        let columns = columns.map(|(column, kind)| {
            let inner = kind
                .strip_prefix("Nullable<")
                .and_then(|kind| kind.strip_suffix('>'));
            (
                column.to_owned(),
                inner.unwrap_or(kind).to_owned(),
                inner.is_some(),
            )
        });
        let table = Table {
            key: key.split(", ").map(str::to_owned).collect(),
            columns: columns.collect(),
        };
        tables.insert(name.to_owned(), table);
    }
    tables
}

fn diesel_type(udt: &str) -> String {
    if let Some(item) = udt.strip_prefix('_') {
        return format!("Array<{}>", diesel_type(item));
    }
    let named = match udt {
        "uuid" => "Uuid",
        "text" => "Text",
        "int2" => "Int2",
        "int4" => "Int4",
        "int8" => "Int8",
        "bool" => "Bool",
        "bytea" => "Bytea",
        "date" => "Date",
        "timestamptz" => "Timestamptz",
        "jsonb" => "Jsonb",
        other => other,
    };
    named.to_owned()
}

/// What the database has.
async fn migrated(app: &TestApp) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT table_name, column_name, udt_name, is_nullable FROM information_schema.columns \
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' ORDER BY table_name, ordinal_position";
    for row in app.rows(columns).await {
        let cell = |place: usize| row[place].clone().unwrap();
        let table = tables.entry(cell(0)).or_default();
        table
            .columns
            .push((cell(1), diesel_type(&cell(2)), cell(3) == "YES"));
    }
    let keys = "SELECT u.table_name, u.column_name FROM information_schema.table_constraints c \
        JOIN information_schema.key_column_usage u USING (constraint_name, table_schema) \
        WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = 'public' \
        AND u.table_name <> '__diesel_schema_migrations' ORDER BY u.table_name, u.ordinal_position";
    for row in app.rows(keys).await {
        let table = tables.get_mut(row[0].as_ref().unwrap()).unwrap();
        table.key.push(row[1].clone().unwrap());
    }
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_knows_the_tables_as_they_are() {
    let app = TestApp::start().await;
    let (declared, migrated) = (declared(), migrated(&app).await);
    assert!(declared.len() > 30, "{}", declared.len());
    for (name, table) in &migrated {
        assert_eq!(declared.get(name), Some(table), "{name}");
    }
    assert_eq!(declared.len(), migrated.len());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_changes_under_the_code_is_noticed() {
    let app = TestApp::start().await;
    app.sql(
        "ALTER TABLE plans ALTER COLUMN name DROP NOT NULL; ALTER TABLE texts ADD COLUMN extra int",
    )
    .await;
    let (declared, migrated) = (declared(), migrated(&app).await);
    let differ: Vec<&String> = migrated
        .iter()
        .filter(|(name, table)| declared.get(*name) != Some(table))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(differ, ["plans", "texts"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_constraint_and_index_is_named_after_its_table() {
    let app = TestApp::start().await;
    let names = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' \
        UNION SELECT indrelid::regclass::text, relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace";
    let mut seen = 0;
    for row in app.rows(names).await {
        let (table, name) = (row[0].as_ref().unwrap(), row[1].as_ref().unwrap());
        if table == "__diesel_schema_migrations" {
            continue;
        }
        let rest = name.strip_prefix(&format!("{table}_")).unwrap_or_default();
        let ending = ["pkey", "key", "fkey", "check", "idx"];
        assert!(
            ending.iter().any(|ending| rest.ends_with(ending)),
            "{table}: {name}"
        );
        // a name the server makes up is numbered when there are two
        assert!(
            !name.ends_with(|last: char| last.is_ascii_digit()),
            "{name}"
        );
        seen += 1;
    }
    assert!(seen > 80, "{seen}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_column_is_commented() {
    let app = TestApp::start().await;
    let bare = "SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> '__diesel_schema_migrations' \
        AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)";
    assert_eq!(app.rows(bare).await, Vec::<Vec<Option<String>>>::new());
    app.sql("COMMENT ON COLUMN plans.name IS NULL").await;
    assert_eq!(app.rows(bare).await.len(), 1);
    app.stop().await;
}

/// Tables that are distributed, by the column they are distributed by; equal numbers lie together.
/// Tables with a key of their own come after the claimant group (SCALE S1).
const DISTRIBUTED: &[(&str, &str, u8)] = &[
    ("claimants", "id", 1),
    ("claimant_keys", "claimant_id", 1),
    ("identities", "claimant_id", 1),
    ("mailboxes", "claimant_id", 1),
    ("consents", "claimant_id", 1),
    ("confirmations", "claimant_id", 1),
    ("conflicts", "claimant_id", 1),
    ("declaration_drafts", "claimant_id", 1),
    ("declarations", "claimant_id", 1),
    ("signature_requests", "claimant_id", 1),
    ("signature_files", "claimant_id", 1),
    ("signatures", "claimant_id", 1),
    ("log_pending", "claimant_id", 1),
    ("log_events", "subject_id", 1),
    ("payouts", "claimant_id", 1),
    ("contact_changes", "claimant_id", 1),
    ("contact_requests", "claimant_id", 1),
    ("documents", "claimant_id", 1),
    ("representatives", "claimant_id", 1),
    ("minors", "claimant_id", 1),
    ("estates", "claimant_id", 1),
    ("paper_hand_ins", "claimant_id", 1),
    ("document_files", "claimant_id", 1),
    ("file_uploads", "claimant_id", 1),
    ("outbox", "subject_id", 1),
    ("mails", "subject_id", 1),
    ("audit", "subject_id", 1),
    ("bounces", "subject_id", 1),
    ("registered_persons", "id", 2),
    ("registered_mailboxes", "id", 3),
    ("idempotency_keys", "id", 4),
    ("rate_buckets", "id", 5),
    ("sessions", "id", 6),
    ("refresh_tokens", "id", 7),
    ("totp_uses", "staff_id", 8),
    ("recovery_codes", "staff_id", 8),
    ("approval_notices", "staff_id", 8),
    ("exports", "id", 9),
    ("suppressions", "id", 10),
    ("reminders", "id", 11),
    ("rights_requests", "subject_id", 1),
    ("assignments", "subject_id", 1),
    ("deficiencies", "claimant_id", 1),
    ("export_batches", "export_id", 9),
    ("export_files", "export_id", 9),
    ("imports", "id", 9),
    ("import_reports", "import_id", 9),
    ("imported_contacts", "id", 20),
    ("breaches", "id", 12),
    ("followers", "id", 13),
    ("scam_reports", "id", 14),
    ("conflict_decisions", "registered_id", 15),
    ("staff_devices", "id", 16),
    ("bulk_actions", "id", 17),
    ("bulk_members", "claimant_id", 1),
    ("message_stops", "claimant_id", 1),
    ("case_revisions", "case_id", 18),
    ("demand_letters", "id", 19),
    ("partner_submissions", "claimant_id", 1),
    ("partner_rates", "key_id", 21),
    ("partner_events", "partner_id", 22),
    ("partner_event_heads", "partner_id", 22),
    ("webhook_endpoints", "partner_id", 22),
    ("webhook_deliveries", "partner_id", 22),
    ("webhook_attempts", "partner_id", 22),
];

/// Tables that each node has whole.
const REFERENCE: &[&str] = &[
    "associations",
    "association_registers",
    "association_keys",
    "respondents",
    "cases",
    "third_parties",
    "case_associations",
    "case_counsel",
    "incidents",
    "incident_domains",
    "mail_domains",
    "case_facts",
    "case_updates",
    "case_words",
    "respondent_statements",
    "plans",
    "tariffs",
    "texts",
    "case_counts",
    "template_pauses",
    "mail_texts",
    "staff",
    "memberships",
    "membership_changes",
    "invitations",
    "partners",
    "partner_keys",
    "root_keys",
    "signing_keys",
    "log_timestamps",
    "logs",
    "sample_checks",
    "sample_members",
];

/// Tables on one node: leases, cursors, what senders share, the end of a log; and look-ups, distributed by a hash that is no uuid.
const LOCAL: &[&str] = &[
    "__diesel_schema_migrations",
    "leases",
    "housekeeping_cursors",
    "retention_runs",
    "retention_terms",
    "lookups",
    "mail_queues",
    "mail_days",
    "log_leaves",
];

/// L1 to L6 of SCALE 5.2 over our tables.
fn check() -> String {
    let quoted = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("'{name}'"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let rows: Vec<String> = DISTRIBUTED
        .iter()
        .map(|(table, column, group)| format!("('{table}'::regclass, '{column}'::name, {group})"))
        .collect();
    let references: Vec<String> = REFERENCE
        .iter()
        .map(|table| format!("('{table}'::regclass)"))
        .collect();
    format!(
        "WITH dist(t, col, grp) AS (VALUES {}), ref(t) AS (VALUES {}) \
         SELECT 'L1 '||i.indexrelid::regclass FROM pg_index i JOIN dist d ON d.t = i.indrelid \
           WHERE (i.indisunique OR i.indisexclusion) AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid \
             AND a.attname = d.col AND a.attnum = ANY (string_to_array(i.indkey::text, ' ')::int2[])) \
         UNION ALL SELECT 'L2 '||c.conname FROM pg_constraint c LEFT JOIN dist s ON s.t = c.conrelid LEFT JOIN dist f ON f.t = c.confrelid \
           WHERE c.contype = 'f' AND (s.t IS NOT NULL OR f.t IS NOT NULL) AND c.confrelid NOT IN (SELECT t FROM ref) \
             AND NOT coalesce(s.grp = f.grp AND EXISTS (SELECT 1 FROM unnest(c.conkey, c.confkey) k(a, b) \
               JOIN pg_attribute x ON x.attrelid = c.conrelid AND x.attnum = k.a AND x.attname = s.col \
               JOIN pg_attribute y ON y.attrelid = c.confrelid AND y.attnum = k.b AND y.attname = f.col), false) \
         UNION ALL SELECT 'L3 '||tgname FROM pg_trigger JOIN dist ON t = tgrelid WHERE NOT tgisinternal \
         UNION ALL SELECT 'L4 '||d.t||'.'||d.col FROM dist d JOIN pg_attribute a ON a.attrelid = d.t AND a.attname = d.col \
           WHERE NOT a.attnotnull OR a.attgenerated <> '' OR a.attidentity <> '' OR a.atthasdef OR a.atttypid <> 'uuid'::regtype \
         UNION ALL SELECT 'L5 '||a.attrelid::regclass||'.'||a.attname FROM pg_attribute a JOIN dist d ON d.t = a.attrelid \
           LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum \
           WHERE a.atttypid IN (21, 23) AND (a.attidentity <> '' OR pg_get_expr(ad.adbin, ad.adrelid) LIKE 'nextval%') \
         UNION ALL SELECT 'L6 '||oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace \
           AND relname NOT IN ({}) AND oid NOT IN (SELECT t FROM dist UNION SELECT t FROM ref)",
        rows.join(", "),
        references.join(", "),
        quoted(LOCAL),
    )
}

async fn faults(app: &TestApp) -> Vec<String> {
    let rows = app.rows(&check()).await;
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_to_s4_the_tables_can_be_distributed() {
    let app = TestApp::start().await;
    assert_eq!(faults(&app).await, Vec::<String>::new());
    let keyed = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisprimary AND c.relname = 'lookups' \
        AND pg_get_indexdef(i.indexrelid, 1, true) = 'hash'";
    assert_eq!(app.number(keyed).await, 1, "look-ups begin with their hash");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l1_to_l6_each_rule_fires_on_its_fault() {
    let app = TestApp::start().await;
    let function =
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";
    app.sql(function).await;
    for (fault, repair, told) in [
        (
            "CREATE UNIQUE INDEX mails_code_key ON mails (code)",
            "DROP INDEX mails_code_key",
            "L1 mails_code_key",
        ),
        (
            "ALTER TABLE mails ADD CONSTRAINT mails_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES idempotency_keys (id)",
            "ALTER TABLE mails DROP CONSTRAINT mails_subject_id_fkey",
            "L2 mails_subject_id_fkey",
        ),
        (
            "CREATE TRIGGER consents_trigger BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION nothing()",
            "DROP TRIGGER consents_trigger ON consents",
            "L3 consents_trigger",
        ),
        (
            "ALTER TABLE mailboxes ALTER COLUMN claimant_id SET DEFAULT gen_random_uuid()",
            "ALTER TABLE mailboxes ALTER COLUMN claimant_id DROP DEFAULT",
            "L4 mailboxes.claimant_id",
        ),
        (
            "ALTER TABLE audit ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY",
            "ALTER TABLE audit DROP COLUMN number",
            "L5 audit.number",
        ),
        (
            "CREATE TABLE surprises (id uuid)",
            "DROP TABLE surprises",
            "L6 surprises",
        ),
    ] {
        app.sql(fault).await;
        assert_eq!(faults(&app).await, [told]);
        app.sql(repair).await;
        assert!(faults(&app).await.is_empty(), "{repair}");
    }
    app.stop().await;
}
