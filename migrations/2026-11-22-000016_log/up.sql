-- The evidence log (DESIGN 5): what waits gets its place, one log a case, entries about what staff did.

ALTER TABLE log_pending
    ADD COLUMN evidence_commitment bytea,
    ADD COLUMN leaf_index bigint,
    ADD COLUMN leaf_hash bytea,
    ADD COLUMN entered_at timestamptz;
COMMENT ON COLUMN log_pending.evidence_commitment IS 'SHA-256 of domain, salt and the evidence of the act; null for entries made before it was kept';
COMMENT ON COLUMN log_pending.leaf_index IS 'Its place in the log; null while it waits';
COMMENT ON COLUMN log_pending.leaf_hash IS 'Hash of its leaf (RFC 6962); null while it waits';
COMMENT ON COLUMN log_pending.entered_at IS 'Time in the entry: whole seconds of its checkpoint, UTC';
DROP INDEX log_pending_case_id_idx;
CREATE INDEX log_pending_waiting_idx ON log_pending (case_id, created_at) WHERE leaf_index IS NULL;

CREATE TABLE log_events (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    content text NOT NULL,
    salt bytea NOT NULL,
    created_at timestamptz NOT NULL,
    leaf_index bigint,
    leaf_hash bytea,
    entered_at timestamptz,
    CONSTRAINT log_events_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT log_events_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT log_events_kind_check CHECK (kind IN ('decision', 'export', 'erasure', 'audit_digest'))
);
CREATE INDEX log_events_waiting_idx ON log_events (case_id, created_at) WHERE leaf_index IS NULL;
COMMENT ON TABLE log_events IS 'Entries of the evidence log that no claimant signed: decisions, exports, erasures, digests of the trail';
COMMENT ON COLUMN log_events.subject_id IS 'Claimant, export or case it is about; not part of the entry';
COMMENT ON COLUMN log_events.id IS 'Random id of the entry, UUIDv4: tells nothing';
COMMENT ON COLUMN log_events.association_id IS 'The tenant, where there is one';
COMMENT ON COLUMN log_events.case_id IS 'The case whose log it goes into';
COMMENT ON COLUMN log_events.kind IS 'Type of the entry';
COMMENT ON COLUMN log_events.content IS 'Canonical JSON it commits to: ids and codes, nothing personal';
COMMENT ON COLUMN log_events.salt IS '32 random bytes of the commitment';
COMMENT ON COLUMN log_events.created_at IS 'When it happened, UTC';
COMMENT ON COLUMN log_events.leaf_index IS 'Its place in the log; null while it waits';
COMMENT ON COLUMN log_events.leaf_hash IS 'Hash of its leaf (RFC 6962); null while it waits';
COMMENT ON COLUMN log_events.entered_at IS 'Time in the entry: whole seconds of its checkpoint, UTC';

-- the trail is written in the order of time: a few pages of ranges find a day of it
CREATE INDEX audit_created_at_idx ON audit USING brin (created_at);

CREATE TABLE logs (
    case_id uuid NOT NULL,
    origin text NOT NULL,
    tree_size bigint NOT NULL DEFAULT 0,
    signed_size bigint NOT NULL DEFAULT 0,
    edge bytea NOT NULL DEFAULT '',
    checkpoint text,
    fence bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    signed_at timestamptz,
    CONSTRAINT logs_pkey PRIMARY KEY (case_id),
    CONSTRAINT logs_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT logs_signed_size_check CHECK (signed_size <= tree_size)
);
COMMENT ON TABLE logs IS 'The head of each case''s evidence log; only the holder of its lease writes';
COMMENT ON COLUMN logs.case_id IS 'The case';
COMMENT ON COLUMN logs.origin IS 'Name of the log in its checkpoints: a URL without scheme; never changes';
COMMENT ON COLUMN logs.tree_size IS 'Entries that have their place';
COMMENT ON COLUMN logs.signed_size IS 'Entries under the newest signed checkpoint';
COMMENT ON COLUMN logs.edge IS 'Hashes of the tree of signed_size that are in no full tile, lowest level first';
COMMENT ON COLUMN logs.checkpoint IS 'Newest checkpoint, a signed note; null: none yet';
COMMENT ON COLUMN logs.fence IS 'Fence of the lease under which the row was last written';
COMMENT ON COLUMN logs.created_at IS 'When the log began, UTC';
COMMENT ON COLUMN logs.signed_at IS 'When the newest checkpoint was signed, UTC';

CREATE TABLE log_leaves (
    case_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    entry bytea NOT NULL,
    subject_id uuid,
    CONSTRAINT log_leaves_pkey PRIMARY KEY (case_id, leaf_index)
);
COMMENT ON TABLE log_leaves IS 'Entries that are in no full bundle of the blob store yet';
COMMENT ON COLUMN log_leaves.case_id IS 'The case';
COMMENT ON COLUMN log_leaves.leaf_index IS 'Place in the log';
COMMENT ON COLUMN log_leaves.entry IS 'The leaf: canonical JSON of the entry';
COMMENT ON COLUMN log_leaves.subject_id IS 'Whom it is about, for the sealed list that a recovery reads; null once forgotten';

GRANT SELECT ON logs TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE ON logs TO joinder_system;
GRANT SELECT, INSERT, DELETE ON log_leaves TO joinder_system;
GRANT UPDATE (subject_id) ON log_leaves TO joinder_system;
GRANT UPDATE (leaf_index, leaf_hash, entered_at) ON log_pending TO joinder_system;
GRANT SELECT, INSERT ON log_events TO joinder_tenant;
GRANT SELECT, INSERT ON log_events TO joinder_system;
GRANT UPDATE (leaf_index, leaf_hash, entered_at) ON log_events TO joinder_system;

ALTER TABLE log_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY log_events_tenant_policy ON log_events TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY log_events_system_policy ON log_events TO joinder_system USING (true);
