-- Earlier lists of an association: read, tried, imported by the worker (R15, R20, R27, S12).

CREATE TABLE imports (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    uploaded_by uuid NOT NULL,
    state text NOT NULL,
    source text NOT NULL,
    listed_on date NOT NULL,
    format text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    mapping text[] NOT NULL,
    row_total integer NOT NULL,
    batch_total integer NOT NULL,
    batch_done integer NOT NULL DEFAULT 0,
    row_done integer NOT NULL DEFAULT 0,
    created_count integer NOT NULL DEFAULT 0,
    known_count integer NOT NULL DEFAULT 0,
    refused_count integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    failure text,
    key_wrapped bytea,
    key_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    started_by uuid,
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz NOT NULL,
    swept_at timestamptz,
    CONSTRAINT imports_pkey PRIMARY KEY (id),
    CONSTRAINT imports_state_check CHECK (state IN ('uploaded', 'checking', 'checked', 'running', 'done', 'failed', 'cancelled', 'expired')),
    CONSTRAINT imports_format_check CHECK (format IN ('csv', 'xlsx')),
    CONSTRAINT imports_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT imports_started_check CHECK ((started_by IS NULL) = (started_at IS NULL)),
    CONSTRAINT imports_row_done_check CHECK (row_done = created_count + known_count + refused_count)
);
CREATE INDEX imports_list_idx ON imports (association_id, case_id, id DESC);
CREATE INDEX imports_due_idx ON imports (id) WHERE state IN ('checking', 'running');
CREATE INDEX imports_kept_idx ON imports (expires_at) WHERE swept_at IS NULL;
COMMENT ON TABLE imports IS 'Register of earlier lists that staff uploaded: how each was read, tried and imported';
COMMENT ON COLUMN imports.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN imports.association_id IS 'The tenant';
COMMENT ON COLUMN imports.case_id IS 'The case';
COMMENT ON COLUMN imports.uploaded_by IS 'Staff member who uploaded it';
COMMENT ON COLUMN imports.state IS 'uploaded; checking: tried by the worker; checked; running; done; failed; cancelled; expired: never started in time';
COMMENT ON COLUMN imports.source IS 'Which list it is, as staff say; names nobody';
COMMENT ON COLUMN imports.listed_on IS 'Day until which the list was collected';
COMMENT ON COLUMN imports.format IS 'csv or xlsx';
COMMENT ON COLUMN imports.size IS 'Bytes of the file as it was uploaded';
COMMENT ON COLUMN imports.sha256 IS 'SHA-256 of that file';
COMMENT ON COLUMN imports.mapping IS 'What each column holds: a word for a field, empty for none';
COMMENT ON COLUMN imports.row_total IS 'Rows of the list, its head and empty ones left out';
COMMENT ON COLUMN imports.batch_total IS 'Parts in which the rows are kept';
COMMENT ON COLUMN imports.batch_done IS 'Parts of this round that were worked off, in their order';
COMMENT ON COLUMN imports.row_done IS 'Rows of this round that were worked off';
COMMENT ON COLUMN imports.created_count IS 'Rows that made, or while it is tried would make, a claimant';
COMMENT ON COLUMN imports.known_count IS 'Rows whose people are here already';
COMMENT ON COLUMN imports.refused_count IS 'Rows that were refused';
COMMENT ON COLUMN imports.attempts IS 'How often a worker began: who began before it was begun again writes nothing more';
COMMENT ON COLUMN imports.failures IS 'Attempts of this round that brought nothing further';
COMMENT ON COLUMN imports.failure IS 'Word for why it failed';
COMMENT ON COLUMN imports.key_wrapped IS 'The key that seals its rows, wrapped by the key of the association; taken away with them';
COMMENT ON COLUMN imports.key_version IS 'Version of that key of the association';
COMMENT ON COLUMN imports.created_at IS 'When it was uploaded, UTC';
COMMENT ON COLUMN imports.started_by IS 'Staff member who had it imported';
COMMENT ON COLUMN imports.started_at IS 'When, UTC';
COMMENT ON COLUMN imports.finished_at IS 'When it ended, UTC';
COMMENT ON COLUMN imports.expires_at IS 'Until when its rows and its report are kept, UTC';
COMMENT ON COLUMN imports.swept_at IS 'When they were deleted, UTC';

CREATE TABLE import_reports (
    import_id uuid NOT NULL,
    round text NOT NULL,
    number integer NOT NULL,
    association_id uuid NOT NULL,
    lines jsonb NOT NULL,
    CONSTRAINT import_reports_pkey PRIMARY KEY (import_id, round, number),
    CONSTRAINT import_reports_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports (id),
    CONSTRAINT import_reports_round_check CHECK (round IN ('check', 'import'))
);
COMMENT ON TABLE import_reports IS 'What became of each row of a list, part by part: numbers of lines and columns, words for reasons, ids';
COMMENT ON COLUMN import_reports.import_id IS 'The import';
COMMENT ON COLUMN import_reports.round IS 'check: what would become of it; import: what did';
COMMENT ON COLUMN import_reports.number IS 'Number of the part, from 0';
COMMENT ON COLUMN import_reports.association_id IS 'The tenant';
COMMENT ON COLUMN import_reports.lines IS 'For each row: its line, outcome, claimant, and what is wrong in which column; nothing that was in a cell';

CREATE TABLE imported_contacts (
    id uuid NOT NULL,
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line integer NOT NULL,
    listed_on date NOT NULL,
    sealed bytea,
    CONSTRAINT imported_contacts_pkey PRIMARY KEY (id)
);
CREATE INDEX imported_contacts_claimant_id_idx ON imported_contacts (claimant_id);
COMMENT ON TABLE imported_contacts IS 'One row per imported contact, case and association: no list makes somebody twice (S12)';
COMMENT ON COLUMN imported_contacts.id IS 'UUIDv8 of the keyed hash of case, association and contact';
COMMENT ON COLUMN imported_contacts.claimant_id IS 'Whom it made';
COMMENT ON COLUMN imported_contacts.association_id IS 'The tenant';
COMMENT ON COLUMN imported_contacts.import_id IS 'The import';
COMMENT ON COLUMN imported_contacts.line IS 'Line of the list';
COMMENT ON COLUMN imported_contacts.listed_on IS 'Day until which the list was collected: mails say so (art. 14 GDPR)';
COMMENT ON COLUMN imported_contacts.sealed IS 'What the list said beside contact and mailboxes (name, codice fiscale, address, notes), sealed by the claimant''s data key';

GRANT SELECT, INSERT ON imports, import_reports, imported_contacts TO joinder_tenant;
GRANT UPDATE (state, mapping, batch_done, row_done, created_count, known_count, refused_count, attempts, failures, failure,
    key_wrapped, started_by, started_at, finished_at, expires_at) ON imports TO joinder_tenant;
GRANT DELETE ON import_reports TO joinder_tenant;
GRANT SELECT ON imports, imported_contacts TO joinder_system;
GRANT UPDATE (state, attempts, failures, failure, key_wrapped, finished_at, expires_at, swept_at) ON imports TO joinder_system;
GRANT SELECT, DELETE ON import_reports TO joinder_system;
GRANT DELETE ON imported_contacts TO joinder_system;

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
CREATE POLICY imports_tenant_policy ON imports TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY imports_system_policy ON imports TO joinder_system USING (true);
ALTER TABLE import_reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY import_reports_tenant_policy ON import_reports TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY import_reports_system_policy ON import_reports TO joinder_system USING (true);
ALTER TABLE imported_contacts ENABLE ROW LEVEL SECURITY;
CREATE POLICY imported_contacts_tenant_policy ON imported_contacts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY imported_contacts_system_policy ON imported_contacts TO joinder_system USING (true);
