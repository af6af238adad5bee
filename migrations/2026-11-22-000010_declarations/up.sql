-- The second half of the main job: declarations, their signatures, the log's waiting room, payout data, tariffs.

ALTER TABLE claimants
    ADD COLUMN declared_version integer,
    ADD COLUMN signed_version integer,
    ADD COLUMN declared_cents bigint,
    ADD COLUMN declared_flags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN payout_at timestamptz,
    ADD COLUMN moved_from uuid,
    ADD COLUMN moved_at timestamptz;
ALTER TABLE claimants ADD CONSTRAINT claimants_signed_version_check
    CHECK (signed_version <= declared_version) NOT VALID;
ALTER TABLE claimants VALIDATE CONSTRAINT claimants_signed_version_check;
COMMENT ON COLUMN claimants.declared_version IS 'Newest version of the declaration; null: none yet';
COMMENT ON COLUMN claimants.signed_version IS 'Version in force: the newest that was signed; older than declared_version when it must be signed again (R39)';
COMMENT ON COLUMN claimants.declared_cents IS 'Sum of the amounts of the newest declaration, euro cents';
COMMENT ON COLUMN claimants.declared_flags IS 'What staff should look at in the newest declaration, as in declarations.flags';
COMMENT ON COLUMN claimants.payout_at IS 'When payout data were last given, UTC; null: missing (letter i)';
COMMENT ON COLUMN claimants.moved_at IS 'When the holder took the claim to another association (R51), UTC: this record is over';
COMMENT ON COLUMN claimants.moved_from IS 'The record this one continues after a change of association (R51)';

CREATE TABLE declaration_drafts (
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    sealed bytea NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT declaration_drafts_pkey PRIMARY KEY (claimant_id),
    CONSTRAINT declaration_drafts_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
COMMENT ON TABLE declaration_drafts IS 'What a claimant has typed of a declaration so far; saved at each step';
COMMENT ON COLUMN declaration_drafts.claimant_id IS 'The claimant';
COMMENT ON COLUMN declaration_drafts.association_id IS 'The tenant';
COMMENT ON COLUMN declaration_drafts.sealed IS 'The draft, sealed by the claimant''s data key';
COMMENT ON COLUMN declaration_drafts.updated_at IS 'When it was last saved, UTC';

CREATE TABLE declarations (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    sealed bytea NOT NULL,
    salt_sealed bytea NOT NULL,
    template text NOT NULL,
    document_sha256 bytea NOT NULL,
    total_cents bigint NOT NULL,
    flags text[] NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT declarations_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT declarations_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT declarations_version_check CHECK (version >= 1),
    CONSTRAINT declarations_total_cents_check CHECK (total_cents >= 0),
    CONSTRAINT declarations_document_sha256_check CHECK (octet_length(document_sha256) = 32)
);
COMMENT ON TABLE declarations IS 'Damage declarations, each version written once and never changed (R38)';
COMMENT ON COLUMN declarations.claimant_id IS 'The claimant';
COMMENT ON COLUMN declarations.version IS 'From 1; the highest is the newest';
COMMENT ON COLUMN declarations.association_id IS 'The tenant';
COMMENT ON COLUMN declarations.sealed IS 'Canonical JSON (RFC 8785), sealed by the claimant''s data key';
COMMENT ON COLUMN declarations.salt_sealed IS '32 random bytes of the log commitment, sealed by the claimant''s data key';
COMMENT ON COLUMN declarations.template IS 'Template and version the document is made with';
COMMENT ON COLUMN declarations.document_sha256 IS 'SHA-256 of the PDF''s exact bytes';
COMMENT ON COLUMN declarations.total_cents IS 'Sum of the amounts, euro cents';
COMMENT ON COLUMN declarations.flags IS 'Codes of what staff should look at';
COMMENT ON COLUMN declarations.created_at IS 'When it was declared, UTC';

CREATE TABLE signature_requests (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    version integer NOT NULL,
    tier text NOT NULL,
    document_sha256 bytea NOT NULL,
    acceptances text[] NOT NULL,
    evidence bytea NOT NULL,
    code_hash bytea NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    sent_at timestamptz,
    used_at timestamptz,
    voided_at timestamptz,
    CONSTRAINT signature_requests_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT signature_requests_declaration_fkey FOREIGN KEY (claimant_id, version) REFERENCES declarations (claimant_id, version),
    CONSTRAINT signature_requests_tier_check CHECK (tier IN ('otp', 'digital', 'paper')),
    CONSTRAINT signature_requests_attempts_check CHECK (attempts BETWEEN 0 AND 5)
);
COMMENT ON TABLE signature_requests IS 'Codes to sign with, bound to one document (R43)';
COMMENT ON COLUMN signature_requests.claimant_id IS 'The claimant';
COMMENT ON COLUMN signature_requests.id IS 'UUIDv7 made by the application; the code derives from it';
COMMENT ON COLUMN signature_requests.association_id IS 'The tenant';
COMMENT ON COLUMN signature_requests.version IS 'Version of the declaration to be signed';
COMMENT ON COLUMN signature_requests.tier IS 'How it is to be signed';
COMMENT ON COLUMN signature_requests.document_sha256 IS 'SHA-256 of the document the code is bound to';
COMMENT ON COLUMN signature_requests.acceptances IS 'Texts accepted, each on its own, as kind=version';
COMMENT ON COLUMN signature_requests.evidence IS 'Network address, browser, session of the request, sealed by the claimant''s data key';
COMMENT ON COLUMN signature_requests.code_hash IS 'Keyed HMAC of the code, claimant, purpose and document';
COMMENT ON COLUMN signature_requests.attempts IS 'Wrong codes entered; 5 end it';
COMMENT ON COLUMN signature_requests.created_at IS 'When it was asked for, UTC';
COMMENT ON COLUMN signature_requests.expires_at IS 'Last instant at which the code works, UTC; moved once when the mail is accepted';
COMMENT ON COLUMN signature_requests.sent_at IS 'When the mail was first accepted, UTC';
COMMENT ON COLUMN signature_requests.used_at IS 'When it signed, UTC';
COMMENT ON COLUMN signature_requests.voided_at IS 'When a newer request or version replaced it, UTC';

CREATE TABLE signatures (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    tier text NOT NULL,
    request_id uuid,
    document_sha256 bytea NOT NULL,
    document_key text NOT NULL,
    evidence bytea NOT NULL,
    evidence_sha256 bytea NOT NULL,
    acceptances text[] NOT NULL,
    signed_at timestamptz NOT NULL,
    CONSTRAINT signatures_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT signatures_declaration_fkey FOREIGN KEY (claimant_id, version) REFERENCES declarations (claimant_id, version),
    CONSTRAINT signatures_tier_check CHECK (tier IN ('otp', 'digital', 'paper'))
);
COMMENT ON TABLE signatures IS 'Signatures: one for a version, written once and never changed (R38)';
COMMENT ON COLUMN signatures.claimant_id IS 'The claimant';
COMMENT ON COLUMN signatures.version IS 'Version of the declaration that was signed';
COMMENT ON COLUMN signatures.association_id IS 'The tenant';
COMMENT ON COLUMN signatures.tier IS 'How it was signed';
COMMENT ON COLUMN signatures.request_id IS 'Signature request, for tier otp';
COMMENT ON COLUMN signatures.document_sha256 IS 'SHA-256 of the PDF''s exact bytes, as declared';
COMMENT ON COLUMN signatures.document_key IS 'Key of the sealed PDF in the blob store';
COMMENT ON COLUMN signatures.evidence IS 'Evidence JSON of the act (DOMAIN 3.2), sealed by the claimant''s data key';
COMMENT ON COLUMN signatures.evidence_sha256 IS 'SHA-256 of the evidence JSON';
COMMENT ON COLUMN signatures.acceptances IS 'Texts accepted, each on its own, as kind=version';
COMMENT ON COLUMN signatures.signed_at IS 'When, UTC';

CREATE TABLE log_pending (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    commitment bytea NOT NULL,
    supersedes uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT log_pending_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT log_pending_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT log_pending_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT log_pending_kind_check CHECK (kind IN ('declaration')),
    CONSTRAINT log_pending_commitment_check CHECK (octet_length(commitment) = 32)
);
CREATE INDEX log_pending_case_id_idx ON log_pending (case_id, created_at);
COMMENT ON TABLE log_pending IS 'Entries that wait for the evidence log; written in the transaction of what they prove (DESIGN 5)';
COMMENT ON COLUMN log_pending.claimant_id IS 'The claimant; not part of the entry';
COMMENT ON COLUMN log_pending.id IS 'Random id of the entry, UUIDv4: tells nothing';
COMMENT ON COLUMN log_pending.association_id IS 'The tenant';
COMMENT ON COLUMN log_pending.case_id IS 'The case whose log it goes into';
COMMENT ON COLUMN log_pending.kind IS 'Type of the entry';
COMMENT ON COLUMN log_pending.version IS 'Version of the declaration it commits to';
COMMENT ON COLUMN log_pending.commitment IS 'SHA-256 of domain, salt and canonical bytes';
COMMENT ON COLUMN log_pending.supersedes IS 'Entry of the version this one replaces';
COMMENT ON COLUMN log_pending.created_at IS 'When it was signed, UTC; the log rounds it to its checkpoint';

CREATE TABLE payouts (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT payouts_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT payouts_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
COMMENT ON TABLE payouts IS 'Where to pay, letter i); each change is a new version, none is part of what is signed (DESIGN 3.7)';
COMMENT ON COLUMN payouts.claimant_id IS 'The claimant';
COMMENT ON COLUMN payouts.version IS 'From 1; the highest counts';
COMMENT ON COLUMN payouts.association_id IS 'The tenant';
COMMENT ON COLUMN payouts.sealed IS 'IBAN and holder, sealed by the claimant''s data key';
COMMENT ON COLUMN payouts.created_at IS 'When it was given, UTC';

CREATE TABLE tariffs (
    case_id uuid NOT NULL,
    code text NOT NULL,
    paid boolean NOT NULL,
    cents_per_day bigint NOT NULL,
    source text NOT NULL,
    CONSTRAINT tariffs_pkey PRIMARY KEY (case_id, code),
    CONSTRAINT tariffs_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT tariffs_cents_per_day_check CHECK (cents_per_day >= 0)
);
COMMENT ON TABLE tariffs IS 'Sums per day and mailbox that the estimator uses; never a promise';
COMMENT ON COLUMN tariffs.case_id IS 'The case';
COMMENT ON COLUMN tariffs.code IS 'Code of the tariff';
COMMENT ON COLUMN tariffs.paid IS 'Whether it is for paid plans';
COMMENT ON COLUMN tariffs.cents_per_day IS 'Euro cents a day and mailbox';
COMMENT ON COLUMN tariffs.source IS 'Where the sum comes from';

CREATE INDEX conflicts_other_claimant_id_idx ON conflicts (other_claimant_id) WHERE settled_at IS NULL;

ALTER TABLE cases ADD COLUMN fondo_spese_cents bigint, ADD COLUMN fondo_spese_act text, ADD COLUMN fondo_spese_ordered boolean;
COMMENT ON COLUMN cases.fondo_spese_ordered IS 'Whether the court ordered a fondo spese (letter l); null: not decided yet';
COMMENT ON COLUMN cases.fondo_spese_cents IS 'Its amount for each claimant, euro cents';
COMMENT ON COLUMN cases.fondo_spese_act IS 'The act of the court that orders it (R13)';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT SELECT ON tariffs TO joinder_intake, joinder_tenant, joinder_system;
GRANT INSERT, UPDATE ON tariffs TO joinder_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON declaration_drafts TO joinder_tenant;
GRANT SELECT, INSERT ON signature_requests TO joinder_tenant;
GRANT UPDATE (attempts, expires_at, sent_at, used_at, voided_at) ON signature_requests TO joinder_tenant;
GRANT SELECT, INSERT ON declarations, signatures, log_pending, payouts TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON declaration_drafts, signature_requests TO joinder_system;
GRANT SELECT, INSERT, DELETE ON declarations, signatures, log_pending, payouts TO joinder_system;

ALTER TABLE declaration_drafts ENABLE ROW LEVEL SECURITY;
CREATE POLICY declaration_drafts_tenant_policy ON declaration_drafts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY declaration_drafts_system_policy ON declaration_drafts TO joinder_system USING (true);
ALTER TABLE declarations ENABLE ROW LEVEL SECURITY;
CREATE POLICY declarations_tenant_policy ON declarations TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY declarations_system_policy ON declarations TO joinder_system USING (true);
ALTER TABLE signature_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY signature_requests_tenant_policy ON signature_requests TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY signature_requests_system_policy ON signature_requests TO joinder_system USING (true);
ALTER TABLE signatures ENABLE ROW LEVEL SECURITY;
CREATE POLICY signatures_tenant_policy ON signatures TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY signatures_system_policy ON signatures TO joinder_system USING (true);
ALTER TABLE log_pending ENABLE ROW LEVEL SECURITY;
CREATE POLICY log_pending_tenant_policy ON log_pending TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY log_pending_system_policy ON log_pending TO joinder_system USING (true);
ALTER TABLE payouts ENABLE ROW LEVEL SECURITY;
CREATE POLICY payouts_tenant_policy ON payouts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY payouts_system_policy ON payouts TO joinder_system USING (true);
