-- What associations say in their own words in mails: each set is a version that never changes, so that a
-- mail tried again has the bytes of its first attempt (docs/decisions/0014).
CREATE TABLE mail_texts (
    association_id uuid NOT NULL,
    version integer NOT NULL,
    texts jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT mail_texts_pkey PRIMARY KEY (association_id, version),
    CONSTRAINT mail_texts_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT mail_texts_version_check CHECK (version > 0),
    CONSTRAINT mail_texts_texts_check CHECK (jsonb_typeof(texts) = 'array')
);
COMMENT ON TABLE mail_texts IS 'Passages of mails in the words of an association; the highest version counts, older ones are kept for mails begun with them';
COMMENT ON COLUMN mail_texts.association_id IS 'Whose words';
COMMENT ON COLUMN mail_texts.version IS 'From 1, rising by 1';
COMMENT ON COLUMN mail_texts.texts IS 'A list: kind of mail or null for all, language, and the passages; empty: the standard words everywhere';
COMMENT ON COLUMN mail_texts.published_at IS 'Since when it counts, UTC';

ALTER TABLE mails ADD COLUMN texts_version integer;
COMMENT ON COLUMN mails.texts_version IS 'Version in mail_texts it was first prepared with; null: standard words';

GRANT SELECT ON mail_texts TO joinder_tenant;
GRANT SELECT, INSERT ON mail_texts TO joinder_system;

ALTER TABLE mail_texts ENABLE ROW LEVEL SECURITY;
CREATE POLICY mail_texts_tenant_policy ON mail_texts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY mail_texts_system_policy ON mail_texts TO joinder_system USING (true);
