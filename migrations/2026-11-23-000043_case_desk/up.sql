-- Cases written by staff: the whole of a case as a document in versions, put in force by a second person.

CREATE TABLE case_revisions (
    case_id uuid NOT NULL,
    association_id uuid NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL,
    written_by uuid NOT NULL,
    written_at timestamptz NOT NULL,
    proposed_by uuid,
    proposed_at timestamptz,
    returned_by uuid,
    returned_at timestamptz,
    return_reason text,
    published_by uuid,
    published_at timestamptz,
    CONSTRAINT case_revisions_pkey PRIMARY KEY (case_id, association_id, version),
    CONSTRAINT case_revisions_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT case_revisions_version_check CHECK (version > 0),
    CONSTRAINT case_revisions_content_check CHECK (jsonb_typeof(content) = 'object'),
    CONSTRAINT case_revisions_proposed_at_check CHECK ((proposed_at IS NULL) = (proposed_by IS NULL)),
    CONSTRAINT case_revisions_returned_at_check CHECK ((returned_at IS NULL) = (returned_by IS NULL) AND (returned_at IS NULL) = (return_reason IS NULL)),
    CONSTRAINT case_revisions_published_at_check CHECK ((published_at IS NULL) = (published_by IS NULL)),
    CONSTRAINT case_revisions_second_person_check CHECK (published_by IS NULL OR (proposed_by IS NOT NULL AND returned_by IS NULL AND published_by <> proposed_by))
);
CREATE INDEX case_revisions_list_idx ON case_revisions (association_id, case_id DESC, version DESC);
COMMENT ON TABLE case_revisions IS 'A case as the staff of an association write it: versions are appended, the highest counts; names no claimant';
COMMENT ON COLUMN case_revisions.case_id IS 'The case; it is a row of cases once a version was published';
COMMENT ON COLUMN case_revisions.association_id IS 'The tenant, whose staff write it';
COMMENT ON COLUMN case_revisions.version IS 'From 1, without gaps';
COMMENT ON COLUMN case_revisions.content IS 'The whole case: title, respondent, outages, domains, plans, tariffs, facts, statements, counsel, texts';
COMMENT ON COLUMN case_revisions.written_by IS 'Staff id of who wrote the version';
COMMENT ON COLUMN case_revisions.written_at IS 'When, UTC';
COMMENT ON COLUMN case_revisions.proposed_by IS 'Staff id of who asked a second person for it';
COMMENT ON COLUMN case_revisions.proposed_at IS 'When, UTC';
COMMENT ON COLUMN case_revisions.returned_by IS 'Staff id of who sent it back or took it back';
COMMENT ON COLUMN case_revisions.returned_at IS 'When, UTC';
COMMENT ON COLUMN case_revisions.return_reason IS 'Why, for the staff';
COMMENT ON COLUMN case_revisions.published_by IS 'Staff id of the second person, who put it in force';
COMMENT ON COLUMN case_revisions.published_at IS 'When, UTC';

GRANT SELECT, INSERT ON case_revisions TO joinder_tenant;
GRANT UPDATE (proposed_by, proposed_at, returned_by, returned_at, return_reason) ON case_revisions TO joinder_tenant;
GRANT SELECT ON case_revisions TO joinder_system;
GRANT UPDATE (published_by, published_at) ON case_revisions TO joinder_system;
ALTER TABLE case_revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_revisions_tenant_policy ON case_revisions TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY case_revisions_system_policy ON case_revisions TO joinder_system USING (true);

ALTER TABLE cases ADD COLUMN lead_association_id uuid;
ALTER TABLE cases ADD CONSTRAINT cases_lead_association_id_fkey FOREIGN KEY (lead_association_id) REFERENCES associations (id);
COMMENT ON COLUMN cases.lead_association_id IS 'The association that alone writes what is common to all; null: the one that joined first';
UPDATE cases SET lead_association_id = (
    SELECT association_id FROM case_associations a WHERE a.case_id = cases.id ORDER BY joined_at, association_id LIMIT 1);

CREATE TABLE case_words (
    case_id uuid NOT NULL,
    place text NOT NULL,
    language text NOT NULL,
    words text NOT NULL,
    CONSTRAINT case_words_pkey PRIMARY KEY (case_id, place, language),
    CONSTRAINT case_words_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT case_words_language_check CHECK (language IN ('en', 'de'))
);
COMMENT ON TABLE case_words IS 'Translations of what a case says of itself; the Italian words are in the tables they belong to, and bind';
COMMENT ON COLUMN case_words.case_id IS 'The case';
COMMENT ON COLUMN case_words.place IS 'title, summary, or incident: and the slug of an outage';
COMMENT ON COLUMN case_words.language IS 'Language of the words';
COMMENT ON COLUMN case_words.words IS 'The words as shown';
GRANT SELECT ON case_words TO joinder_intake, joinder_tenant, joinder_system;
GRANT INSERT, DELETE ON case_words TO joinder_system;

ALTER TABLE tariffs ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE tariffs DROP CONSTRAINT tariffs_pkey;
ALTER TABLE tariffs ADD CONSTRAINT tariffs_pkey PRIMARY KEY (case_id, code, version);
ALTER TABLE tariffs ADD CONSTRAINT tariffs_version_check CHECK (version > 0);
COMMENT ON COLUMN tariffs.version IS 'From 1; the highest of a code counts, those before stay';

-- facts, statements, others and lawyers may go; nothing that a declaration names may
GRANT DELETE ON case_facts, respondent_statements, third_parties, case_counsel TO joinder_system;
