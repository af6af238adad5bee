-- Letters that an association writes to the respondent in its own name (diffida). They do not interrupt the
-- prescription of any claimant (R65): that takes a letter with the claimant's mandate.

CREATE TABLE demand_letters (
    id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    content jsonb NOT NULL,
    is_public boolean NOT NULL,
    written_by uuid NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT demand_letters_pkey PRIMARY KEY (id, version),
    CONSTRAINT demand_letters_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT demand_letters_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT demand_letters_version_check CHECK (version > 0),
    CONSTRAINT demand_letters_content_check CHECK (jsonb_typeof(content) = 'object')
);
CREATE INDEX demand_letters_list_idx ON demand_letters (association_id, case_id, id DESC, version DESC);
COMMENT ON TABLE demand_letters IS 'Register of an association''s own letters to a respondent: versions are appended, the highest of an id counts; interrupts nobody''s prescription (R65)';
COMMENT ON COLUMN demand_letters.id IS 'UUIDv7 of the letter';
COMMENT ON COLUMN demand_letters.version IS 'From 1, without gaps';
COMMENT ON COLUMN demand_letters.association_id IS 'The tenant, whose letter it is';
COMMENT ON COLUMN demand_letters.case_id IS 'The case it is about';
COMMENT ON COLUMN demand_letters.content IS 'Day, recipients, copies, demands with their answers, proof of delivery; names no claimant';
COMMENT ON COLUMN demand_letters.is_public IS 'Whether the case page tells of it';
COMMENT ON COLUMN demand_letters.written_by IS 'Staff id of who wrote the version';
COMMENT ON COLUMN demand_letters.written_at IS 'When, UTC';

GRANT SELECT, INSERT ON demand_letters TO joinder_tenant;
GRANT SELECT ON demand_letters TO joinder_system;
ALTER TABLE demand_letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY demand_letters_tenant_policy ON demand_letters TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY demand_letters_system_policy ON demand_letters TO joinder_system USING (true);
