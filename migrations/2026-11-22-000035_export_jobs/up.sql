-- Exports are approved by a second person where they are in clear (R58), made by the worker, kept sealed for a while.

ALTER TABLE exports
    ADD COLUMN column_set text NOT NULL DEFAULT 'full',
    ADD COLUMN dialect text NOT NULL DEFAULT 'excel',
    ADD COLUMN recipients text[] NOT NULL DEFAULT '{}',
    ADD COLUMN decided_by uuid,
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN decision_note text,
    ADD COLUMN row_total bigint,
    ADD COLUMN snapshot_at timestamptz,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN key_wrapped bytea,
    ADD COLUMN key_version integer,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN fetched_at timestamptz,
    ADD COLUMN swept_at timestamptz;

ALTER TABLE exports DROP CONSTRAINT exports_format_check;
ALTER TABLE exports ADD CONSTRAINT exports_format_check CHECK (format IN ('csv', 'xlsx', 'zip', 'dossier'));
ALTER TABLE exports DROP CONSTRAINT exports_state_check;
ALTER TABLE exports ADD CONSTRAINT exports_state_check
    CHECK (state IN ('awaiting_approval', 'queued', 'running', 'ready', 'failed', 'expired', 'cancelled'));
ALTER TABLE exports ADD CONSTRAINT exports_column_set_check CHECK (column_set IN ('full', 'court', 'signatures', 'payout', 'statistics'));
ALTER TABLE exports ADD CONSTRAINT exports_dialect_check CHECK (dialect IN ('excel', 'plain'));
ALTER TABLE exports ADD CONSTRAINT exports_decided_check CHECK ((decided_by IS NULL) = (decided_at IS NULL));
ALTER TABLE exports ADD CONSTRAINT exports_decided_by_check CHECK (decided_by <> requested_by);
ALTER TABLE exports ADD CONSTRAINT exports_key_check CHECK (key_wrapped IS NULL OR key_version IS NOT NULL);
-- what was asked for before there was a second person and did not leave waits for one now
UPDATE exports SET state = 'awaiting_approval' WHERE clear AND state = 'queued';
UPDATE exports SET state = 'failed', finished_at = created_at WHERE clear AND state = 'running';
-- not validated: what left in clear before had no second person, and stays in the register as it was
ALTER TABLE exports ADD CONSTRAINT exports_approval_check
    CHECK (NOT clear OR decided_by IS NOT NULL OR state IN ('awaiting_approval', 'failed', 'expired', 'cancelled')) NOT VALID;

CREATE INDEX exports_due_idx ON exports (id) WHERE state IN ('awaiting_approval', 'queued', 'running');
CREATE INDEX exports_kept_idx ON exports (id) WHERE attempts > 0 AND swept_at IS NULL;

COMMENT ON COLUMN exports.format IS 'csv, xlsx: a list; zip: the signed documents; dossier: all that proves them, in volumes';
COMMENT ON COLUMN exports.state IS 'awaiting_approval: in clear, the second person has not spoken; queued; running; ready; failed; expired: not fetched or not decided in time; cancelled: called off, or refused by the second person (decided_by)';
COMMENT ON COLUMN exports.row_count IS 'Claimants written so far; all of them once ready';
COMMENT ON COLUMN exports.sha256 IS 'SHA-256: of a CSV all bytes before its last line, of a dossier its manifest, else the whole file';
COMMENT ON COLUMN exports.column_set IS 'Which columns a list has: full, court, signatures, payout, statistics';
COMMENT ON COLUMN exports.dialect IS 'How a CSV is written: excel or plain';
COMMENT ON COLUMN exports.recipients IS 'Public keys (age) it is encrypted to; none: it is not';
COMMENT ON COLUMN exports.decided_by IS 'Staff id of the second person, who approved or refused; never who asked for it';
COMMENT ON COLUMN exports.decided_at IS 'When that was decided, UTC';
COMMENT ON COLUMN exports.decision_note IS 'Why it was refused, as typed; names nobody';
COMMENT ON COLUMN exports.row_total IS 'Claimants it was found to be about when its making began; who was erased meanwhile is not in it';
COMMENT ON COLUMN exports.snapshot_at IS 'The moment whose data it shows, UTC';
COMMENT ON COLUMN exports.attempts IS 'How often its making was begun: who began before it was begun again writes nothing more; 0 for a list that is streamed';
COMMENT ON COLUMN exports.key_wrapped IS 'The key that seals its files, wrapped by the key of the association; taken away with the files';
COMMENT ON COLUMN exports.key_version IS 'Version of that key of the association';
COMMENT ON COLUMN exports.expires_at IS 'Until when it can be fetched, or decided about, UTC';
COMMENT ON COLUMN exports.fetched_at IS 'When the last of its files had been fetched, UTC';
COMMENT ON COLUMN exports.swept_at IS 'When its files were deleted, UTC';

CREATE TABLE export_files (
    export_id uuid NOT NULL,
    number integer NOT NULL,
    association_id uuid NOT NULL,
    name text NOT NULL,
    folder uuid NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    rows_until bigint NOT NULL,
    next_batch bigint NOT NULL,
    next_row integer NOT NULL,
    created_at timestamptz NOT NULL,
    fetched_at timestamptz,
    CONSTRAINT export_files_pkey PRIMARY KEY (export_id, number),
    CONSTRAINT export_files_export_id_fkey FOREIGN KEY (export_id) REFERENCES exports (id),
    CONSTRAINT export_files_number_check CHECK (number > 0),
    CONSTRAINT export_files_size_check CHECK (size >= 0),
    CONSTRAINT export_files_sha256_check CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE export_files IS 'Files of an export: one, or the volumes of a dossier; each is fetched once';
COMMENT ON COLUMN export_files.export_id IS 'The export';
COMMENT ON COLUMN export_files.number IS 'From 1; of a dossier the number of the volume';
COMMENT ON COLUMN export_files.association_id IS 'The tenant';
COMMENT ON COLUMN export_files.name IS 'Name it is fetched under; names nobody';
COMMENT ON COLUMN export_files.folder IS 'Where its parts lie in the blob store, within the folder of the export';
COMMENT ON COLUMN export_files.size IS 'Bytes';
COMMENT ON COLUMN export_files.sha256 IS 'SHA-256 of its bytes as they are fetched';
COMMENT ON COLUMN export_files.rows_until IS 'Claimants written up to the end of this file';
COMMENT ON COLUMN export_files.next_batch IS 'Batch of the frozen list with which the next volume begins';
COMMENT ON COLUMN export_files.next_row IS 'Place within that batch';
COMMENT ON COLUMN export_files.created_at IS 'When it was made, UTC';
COMMENT ON COLUMN export_files.fetched_at IS 'When it had been fetched, UTC';

GRANT SELECT, INSERT ON export_files TO joinder_tenant;
GRANT UPDATE (fetched_at) ON export_files TO joinder_tenant;
ALTER TABLE export_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY export_files_tenant_policy ON export_files TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
