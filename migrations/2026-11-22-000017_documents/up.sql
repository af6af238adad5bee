-- What claimants produce: documents of one or several files, numbered (letter f), originals in the blob store.

CREATE TABLE documents (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    scan text NOT NULL,
    added_by text NOT NULL,
    created_at timestamptz NOT NULL,
    scanned_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT documents_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT documents_number_key UNIQUE (claimant_id, number),
    CONSTRAINT documents_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT documents_number_check CHECK (number >= 1),
    CONSTRAINT documents_kind_check CHECK (kind IN ('plan_proof', 'outage_proof', 'complaint_sent', 'reply_received', 'expense_proof', 'income_proof', 'correspondence', 'title', 'other')),
    CONSTRAINT documents_scan_check CHECK (scan IN ('not_scanned', 'pending', 'clean', 'infected')),
    CONSTRAINT documents_added_by_check CHECK (added_by IN ('claimant', 'staff'))
);
CREATE INDEX documents_pending_idx ON documents (created_at) WHERE scan = 'pending';
COMMENT ON TABLE documents IS 'What a claimant produces (letter f): one document is one or several files';
COMMENT ON COLUMN documents.claimant_id IS 'The claimant';
COMMENT ON COLUMN documents.id IS 'UUIDv7 made by the application; damage items name it (R36)';
COMMENT ON COLUMN documents.association_id IS 'The tenant';
COMMENT ON COLUMN documents.number IS 'From 1 for each claimant, given under the claimant''s lock and never again';
COMMENT ON COLUMN documents.kind IS 'What it shows';
COMMENT ON COLUMN documents.scan IS 'What the virus scanner said; pending until it has';
COMMENT ON COLUMN documents.added_by IS 'Who added it';
COMMENT ON COLUMN documents.created_at IS 'When it was added, UTC: its files were durable before';
COMMENT ON COLUMN documents.scanned_at IS 'When the scanner was last asked, UTC';
COMMENT ON COLUMN documents.removed_at IS 'When it was removed, UTC; its files stay if a signed declaration lists it (R38)';

CREATE TABLE document_files (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    document_id uuid NOT NULL,
    association_id uuid NOT NULL,
    position smallint NOT NULL,
    file_type text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    name_sealed bytea NOT NULL,
    CONSTRAINT document_files_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT document_files_position_key UNIQUE (claimant_id, document_id, position),
    CONSTRAINT document_files_document_fkey FOREIGN KEY (claimant_id, document_id) REFERENCES documents (claimant_id, id),
    CONSTRAINT document_files_position_check CHECK (position BETWEEN 1 AND 20),
    CONSTRAINT document_files_size_check CHECK (size >= 1),
    CONSTRAINT document_files_sha256_check CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE document_files IS 'Files of a document: their originals lie sealed in the blob store, which has them before the row is there';
COMMENT ON COLUMN document_files.claimant_id IS 'The claimant; with the id it says where in the blob store the file lies';
COMMENT ON COLUMN document_files.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN document_files.document_id IS 'The document';
COMMENT ON COLUMN document_files.association_id IS 'The tenant';
COMMENT ON COLUMN document_files.position IS 'Place in the document, from 1';
COMMENT ON COLUMN document_files.file_type IS 'What it is by its content: pdf, jpg, png, webp, tif, eml, msg, txt, p7m';
COMMENT ON COLUMN document_files.size IS 'Bytes of the original';
COMMENT ON COLUMN document_files.sha256 IS 'SHA-256 of the original';
COMMENT ON COLUMN document_files.name_sealed IS 'Its name, cleaned, sealed by the claimant''s data key';

CREATE TABLE file_uploads (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT file_uploads_pkey PRIMARY KEY (claimant_id, id)
);
CREATE INDEX file_uploads_created_at_idx ON file_uploads (created_at);
COMMENT ON TABLE file_uploads IS 'Files that may lie in the blob store and belong to nothing: written before the file, taken out with the row it belongs to; what is left after an hour is deleted';
COMMENT ON COLUMN file_uploads.claimant_id IS 'The claimant';
COMMENT ON COLUMN file_uploads.id IS 'Id of the file';
COMMENT ON COLUMN file_uploads.association_id IS 'The tenant';
COMMENT ON COLUMN file_uploads.created_at IS 'When the upload began, or the file was removed, UTC';

GRANT SELECT, INSERT ON documents TO joinder_tenant;
GRANT UPDATE (removed_at) ON documents TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON document_files, file_uploads TO joinder_tenant;
GRANT SELECT, DELETE ON documents, document_files, file_uploads TO joinder_system;
GRANT UPDATE (scan, scanned_at) ON documents TO joinder_system;

ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY documents_tenant_policy ON documents TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY documents_system_policy ON documents TO joinder_system USING (true);
ALTER TABLE document_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY document_files_tenant_policy ON document_files TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY document_files_system_policy ON document_files TO joinder_system USING (true);
ALTER TABLE file_uploads ENABLE ROW LEVEL SECURITY;
CREATE POLICY file_uploads_tenant_policy ON file_uploads TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY file_uploads_system_policy ON file_uploads TO joinder_system USING (true);
