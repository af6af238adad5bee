-- The register of breaches of personal data (art. 33.5 GDPR, R63): each change is a new version.

CREATE TABLE breaches (
    id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    what_happened text NOT NULL,
    noticed_at timestamptz NOT NULL,
    people_categories text,
    people bigint,
    data_categories text,
    records bigint,
    consequences text,
    measures text,
    notified_at timestamptz,
    delay_reason text,
    communicated_at timestamptz,
    closed_at timestamptz,
    written_by uuid NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT breaches_pkey PRIMARY KEY (id, version),
    CONSTRAINT breaches_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT breaches_version_check CHECK (version > 0),
    CONSTRAINT breaches_counts_check CHECK (people >= 0 AND records >= 0),
    CONSTRAINT breaches_delay_check CHECK (notified_at <= noticed_at + interval '72 hours' OR notified_at IS NULL OR delay_reason IS NOT NULL)
);
CREATE INDEX breaches_list_idx ON breaches (association_id, id DESC, version DESC);
COMMENT ON TABLE breaches IS 'Register of breaches of personal data (R63): rows are appended, the highest version of an id counts; names nobody';
COMMENT ON COLUMN breaches.id IS 'UUIDv7 of the entry';
COMMENT ON COLUMN breaches.version IS 'From 1, without gaps';
COMMENT ON COLUMN breaches.association_id IS 'The tenant, who answers for the data';
COMMENT ON COLUMN breaches.what_happened IS 'What happened, as typed; names nobody';
COMMENT ON COLUMN breaches.noticed_at IS 'When the association became aware of it, UTC: the 72 hours run from then';
COMMENT ON COLUMN breaches.people_categories IS 'Categories of the people concerned';
COMMENT ON COLUMN breaches.people IS 'About how many people; null: not known yet';
COMMENT ON COLUMN breaches.data_categories IS 'Categories of the data concerned';
COMMENT ON COLUMN breaches.records IS 'About how many records; null: not known yet';
COMMENT ON COLUMN breaches.consequences IS 'Likely consequences';
COMMENT ON COLUMN breaches.measures IS 'Measures taken or proposed';
COMMENT ON COLUMN breaches.notified_at IS 'When the Garante was notified, UTC';
COMMENT ON COLUMN breaches.delay_reason IS 'Why it was notified after 72 hours, or not at all';
COMMENT ON COLUMN breaches.communicated_at IS 'When the people concerned were told (art. 34 GDPR), UTC';
COMMENT ON COLUMN breaches.closed_at IS 'When the entry was closed, UTC';
COMMENT ON COLUMN breaches.written_by IS 'Staff id of who wrote the version';
COMMENT ON COLUMN breaches.written_at IS 'When the version was written, UTC';

GRANT SELECT, INSERT ON breaches TO joinder_tenant;

ALTER TABLE breaches ENABLE ROW LEVEL SECURITY;
CREATE POLICY breaches_tenant_policy ON breaches TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
