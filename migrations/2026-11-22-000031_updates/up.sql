-- News of a case, posted by one of its associations: never changed once it is there, only withdrawn.

CREATE TABLE case_updates (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    request_key uuid NOT NULL,
    texts jsonb NOT NULL,
    published_by uuid NOT NULL,
    published_at timestamptz NOT NULL,
    withdrawn_by uuid,
    withdrawn_at timestamptz,
    withdrawal_reason text,
    CONSTRAINT case_updates_pkey PRIMARY KEY (id),
    CONSTRAINT case_updates_request_key_key UNIQUE (association_id, request_key),
    CONSTRAINT case_updates_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT case_updates_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT case_updates_texts_check CHECK (jsonb_typeof(texts) = 'array' AND jsonb_array_length(texts) > 0),
    CONSTRAINT case_updates_withdrawn_at_check CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL))
);
CREATE INDEX case_updates_public_idx ON case_updates (case_id, id DESC) WHERE withdrawn_at IS NULL;
CREATE INDEX case_updates_list_idx ON case_updates (association_id, case_id, id DESC);
COMMENT ON TABLE case_updates IS 'News of a case in the words of one association; texts are never changed, a row can only be withdrawn';
COMMENT ON COLUMN case_updates.id IS 'UUIDv7 made by the application; the newest is the highest';
COMMENT ON COLUMN case_updates.association_id IS 'The tenant, whose words they are';
COMMENT ON COLUMN case_updates.case_id IS 'The case they are about';
COMMENT ON COLUMN case_updates.request_key IS 'Keyed hash of the key of the form or request: the same one publishes once';
COMMENT ON COLUMN case_updates.texts IS 'A list, Italian first: language, title, text in plain paragraphs';
COMMENT ON COLUMN case_updates.published_by IS 'Staff id of who published it';
COMMENT ON COLUMN case_updates.published_at IS 'When, UTC';
COMMENT ON COLUMN case_updates.withdrawn_by IS 'Staff id of who withdrew it';
COMMENT ON COLUMN case_updates.withdrawn_at IS 'Since when nobody but the staff sees it, UTC';
COMMENT ON COLUMN case_updates.withdrawal_reason IS 'Why, for the staff';

GRANT SELECT, INSERT ON case_updates TO joinder_tenant;
GRANT UPDATE (withdrawn_by, withdrawn_at, withdrawal_reason) ON case_updates TO joinder_tenant;
GRANT SELECT ON case_updates TO joinder_system;

ALTER TABLE case_updates ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_updates_tenant_policy ON case_updates TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY case_updates_system_policy ON case_updates TO joinder_system USING (true);
