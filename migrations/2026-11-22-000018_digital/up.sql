-- Files that people sign with a digital signature and bring back (R40-R42), and what was found about each.

CREATE TABLE signature_files (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    version integer NOT NULL,
    request_id uuid NOT NULL,
    verdict text NOT NULL,
    kept boolean NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    report bytea NOT NULL,
    checked_at timestamptz NOT NULL,
    CONSTRAINT signature_files_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT signature_files_declaration_fkey FOREIGN KEY (claimant_id, version) REFERENCES declarations (claimant_id, version),
    CONSTRAINT signature_files_verdict_check CHECK (verdict IN ('valid', 'not_verifiable', 'invalid')),
    CONSTRAINT signature_files_kept_check CHECK (kept OR verdict <> 'valid'),
    CONSTRAINT signature_files_size_check CHECK (size > 0),
    CONSTRAINT signature_files_sha256_check CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE signature_files IS 'Files brought to sign with a digital signature, the refused ones too (R40-R42)';
COMMENT ON COLUMN signature_files.claimant_id IS 'The claimant';
COMMENT ON COLUMN signature_files.id IS 'UUIDv7 made by the application; the file in the blob store has it in its name';
COMMENT ON COLUMN signature_files.association_id IS 'The tenant';
COMMENT ON COLUMN signature_files.version IS 'Version of the declaration it was to sign';
COMMENT ON COLUMN signature_files.request_id IS 'The signature request with the texts accepted';
COMMENT ON COLUMN signature_files.verdict IS 'What was found; only a valid one signs';
COMMENT ON COLUMN signature_files.kept IS 'Whether the file is kept byte for byte; one that failed a check is not';
COMMENT ON COLUMN signature_files.size IS 'Bytes of the file';
COMMENT ON COLUMN signature_files.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN signature_files.report IS 'Report JSON with every check, sealed by the claimant''s data key';
COMMENT ON COLUMN signature_files.checked_at IS 'When it came and was checked, UTC';

GRANT SELECT, INSERT ON signature_files TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON signature_files TO joinder_system;

ALTER TABLE signature_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY signature_files_tenant_policy ON signature_files TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY signature_files_system_policy ON signature_files TO joinder_system USING (true);
