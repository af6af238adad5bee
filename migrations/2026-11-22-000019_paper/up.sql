-- Who acts for whom (R46-R48), and signatures by hand: handed in, then approved by a second person (R44).

ALTER TABLE claimants ADD COLUMN ratify_at timestamptz, ADD COLUMN died_at timestamptz;
COMMENT ON COLUMN claimants.ratify_at IS 'Since when the claimant is of age while somebody else''s signature is in force (R46), UTC; null: nothing to ratify';
COMMENT ON COLUMN claimants.died_at IS 'When staff recorded the death (R47), UTC: no mail and no payout any more; null: alive, as far as is known';
CREATE INDEX claimants_ratify_idx ON claimants (association_id, case_id, id DESC) WHERE ratify_at IS NOT NULL;

CREATE TABLE representatives (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    title text NOT NULL,
    sealed bytea,
    given_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT representatives_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT representatives_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT representatives_title_check CHECK (title IN ('parent', 'court_decree', 'legal_representative', 'heir_self_declaration', 'power_of_attorney', 'none')),
    CONSTRAINT representatives_sealed_check CHECK ((title = 'none') = (sealed IS NULL)),
    CONSTRAINT representatives_given_by_check CHECK (given_by IN ('claimant', 'staff'))
);
COMMENT ON TABLE representatives IS 'Who acts for a claimant and by what title (R46, R48); each change is a new version';
COMMENT ON COLUMN representatives.claimant_id IS 'The claimant';
COMMENT ON COLUMN representatives.version IS 'From 1; the highest counts';
COMMENT ON COLUMN representatives.association_id IS 'The tenant';
COMMENT ON COLUMN representatives.title IS 'By what title; none: nobody acts for the claimant any more';
COMMENT ON COLUMN representatives.sealed IS 'Who, the document of the title and its validity, sealed by the claimant''s data key';
COMMENT ON COLUMN representatives.given_by IS 'claimant or staff';
COMMENT ON COLUMN representatives.created_at IS 'When it was given, UTC';

CREATE TABLE minors (
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    looked_on date NOT NULL,
    CONSTRAINT minors_pkey PRIMARY KEY (claimant_id),
    CONSTRAINT minors_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
CREATE INDEX minors_looked_on_idx ON minors (looked_on);
COMMENT ON TABLE minors IS 'Claimants represented because they are minors, to be looked at each day: a day of birth rests sealed';
COMMENT ON COLUMN minors.claimant_id IS 'The claimant';
COMMENT ON COLUMN minors.association_id IS 'The tenant';
COMMENT ON COLUMN minors.looked_on IS 'Last day, Europe/Rome, on which the claimant was known to be a minor';

CREATE TABLE estates (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    sealed bytea NOT NULL,
    recorded_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT estates_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT estates_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
COMMENT ON TABLE estates IS 'Deaths and heirs as staff recorded them (R47); each change is a new version';
COMMENT ON COLUMN estates.claimant_id IS 'The claimant who died';
COMMENT ON COLUMN estates.version IS 'From 1; the highest counts';
COMMENT ON COLUMN estates.association_id IS 'The tenant';
COMMENT ON COLUMN estates.sealed IS 'Day of death and heirs with shares that sum to the whole, sealed by the claimant''s data key';
COMMENT ON COLUMN estates.recorded_by IS 'Staff member';
COMMENT ON COLUMN estates.created_at IS 'When it was recorded, UTC';

CREATE TABLE paper_hand_ins (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    version integer NOT NULL,
    document_sha256 bytea NOT NULL,
    state text NOT NULL DEFAULT 'to_verify',
    sealed bytea NOT NULL,
    handed_in_by uuid,
    created_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    note_sealed bytea,
    id_images_deleted_at timestamptz,
    CONSTRAINT paper_hand_ins_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT paper_hand_ins_declaration_fkey FOREIGN KEY (claimant_id, version) REFERENCES declarations (claimant_id, version),
    CONSTRAINT paper_hand_ins_state_check CHECK (state IN ('to_verify', 'approved', 'rejected', 'replaced')),
    CONSTRAINT paper_hand_ins_decided_by_check CHECK (decided_by <> handed_in_by),
    CONSTRAINT paper_hand_ins_decided_at_check CHECK ((state = 'to_verify') = (decided_at IS NULL)),
    CONSTRAINT paper_hand_ins_reason_check CHECK ((state = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT paper_hand_ins_document_sha256_check CHECK (octet_length(document_sha256) = 32)
);
CREATE UNIQUE INDEX paper_hand_ins_to_verify_key ON paper_hand_ins (claimant_id) WHERE state = 'to_verify';
CREATE INDEX paper_hand_ins_queue_idx ON paper_hand_ins (association_id, case_id, id) WHERE state = 'to_verify';
CREATE INDEX paper_hand_ins_decided_at_idx ON paper_hand_ins (decided_at) WHERE decided_at IS NOT NULL AND id_images_deleted_at IS NULL;
COMMENT ON TABLE paper_hand_ins IS 'Declarations signed by hand, scanned and handed in; signed only once a second person approves (R44)';
COMMENT ON COLUMN paper_hand_ins.claimant_id IS 'The claimant';
COMMENT ON COLUMN paper_hand_ins.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN paper_hand_ins.association_id IS 'The tenant';
COMMENT ON COLUMN paper_hand_ins.case_id IS 'The case';
COMMENT ON COLUMN paper_hand_ins.version IS 'Version of the declaration that was signed by hand';
COMMENT ON COLUMN paper_hand_ins.document_sha256 IS 'SHA-256 of its PDF, as declared';
COMMENT ON COLUMN paper_hand_ins.state IS 'to_verify; approved: the claimant is signed; rejected; replaced by a newer one or a newer version';
COMMENT ON COLUMN paper_hand_ins.sealed IS 'Files with hashes, expiry of the identity document, where it came from; sealed by the claimant''s data key';
COMMENT ON COLUMN paper_hand_ins.handed_in_by IS 'Staff member who handed it in; null: the claimant';
COMMENT ON COLUMN paper_hand_ins.created_at IS 'When it was handed in, UTC';
COMMENT ON COLUMN paper_hand_ins.decided_by IS 'Staff member who approved or rejected it: never who handed it in; null: the system';
COMMENT ON COLUMN paper_hand_ins.decided_at IS 'When, UTC';
COMMENT ON COLUMN paper_hand_ins.reason IS 'Code of why it was rejected';
COMMENT ON COLUMN paper_hand_ins.note_sealed IS 'What staff wrote to the claimant besides, sealed by the claimant''s data key';
COMMENT ON COLUMN paper_hand_ins.id_images_deleted_at IS 'When the images of the identity document were deleted (R64), UTC; their hashes stay';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT SELECT, INSERT ON representatives, estates, paper_hand_ins, minors TO joinder_tenant;
GRANT UPDATE (state, decided_by, decided_at, reason, note_sealed) ON paper_hand_ins TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON representatives, estates, paper_hand_ins, minors TO joinder_system;
GRANT UPDATE (looked_on) ON minors TO joinder_system;
GRANT UPDATE (id_images_deleted_at) ON paper_hand_ins TO joinder_system;

ALTER TABLE representatives ENABLE ROW LEVEL SECURITY;
CREATE POLICY representatives_tenant_policy ON representatives TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY representatives_system_policy ON representatives TO joinder_system USING (true);
ALTER TABLE minors ENABLE ROW LEVEL SECURITY;
CREATE POLICY minors_tenant_policy ON minors TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY minors_system_policy ON minors TO joinder_system USING (true);
ALTER TABLE estates ENABLE ROW LEVEL SECURITY;
CREATE POLICY estates_tenant_policy ON estates TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY estates_system_policy ON estates TO joinder_system USING (true);
ALTER TABLE paper_hand_ins ENABLE ROW LEVEL SECURITY;
CREATE POLICY paper_hand_ins_tenant_policy ON paper_hand_ins TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY paper_hand_ins_system_policy ON paper_hand_ins TO joinder_system USING (true);
