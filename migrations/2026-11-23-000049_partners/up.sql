-- Partner sites: who they are, the keys they show, what each sent, how much they may ask for (R56, R57; decision 32).

CREATE TABLE partners (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    root_version integer,
    email_sealed bytea,
    created_by uuid,
    created_at timestamptz NOT NULL,
    suspended_at timestamptz,
    CONSTRAINT partners_pkey PRIMARY KEY (id),
    CONSTRAINT partners_slug_key UNIQUE (association_id, slug),
    CONSTRAINT partners_association_id_key UNIQUE (id, association_id),
    CONSTRAINT partners_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT partners_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 64),
    CONSTRAINT partners_language_check CHECK (language IN ('it', 'en', 'de')),
    CONSTRAINT partners_email_sealed_check CHECK ((email_sealed IS NULL) = (root_version IS NULL))
);
COMMENT ON TABLE partners IS 'Partner sites of an association: they send people by link or by API';
COMMENT ON COLUMN partners.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN partners.association_id IS 'The tenant';
COMMENT ON COLUMN partners.slug IS 'Its name in links (?via=), unique in the association; never changes';
COMMENT ON COLUMN partners.name IS 'What the site is called';
COMMENT ON COLUMN partners.language IS 'Language of mails to the partner';
COMMENT ON COLUMN partners.root_version IS 'Version of the root key that seals the address';
COMMENT ON COLUMN partners.email_sealed IS 'Where the partner is written to, sealed by the root key; null: nowhere';
COMMENT ON COLUMN partners.created_by IS 'Staff id of who made it; null: the operator';
COMMENT ON COLUMN partners.created_at IS 'When, UTC';
COMMENT ON COLUMN partners.suspended_at IS 'Since when none of its keys works, UTC; null: they do';

CREATE TABLE partner_keys (
    id uuid NOT NULL,
    partner_id uuid NOT NULL,
    association_id uuid NOT NULL,
    mode text NOT NULL,
    slot smallint,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    case_ids uuid[],
    networks text[] NOT NULL DEFAULT '{}',
    created_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_by uuid,
    revoked_at timestamptz,
    CONSTRAINT partner_keys_pkey PRIMARY KEY (id),
    CONSTRAINT partner_keys_slot_key UNIQUE (partner_id, mode, slot),
    CONSTRAINT partner_keys_partner_id_fkey FOREIGN KEY (partner_id, association_id) REFERENCES partners (id, association_id),
    CONSTRAINT partner_keys_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT partner_keys_slot_check CHECK (slot IN (1, 2) AND revoked_at IS NULL OR slot IS NULL),
    CONSTRAINT partner_keys_secret_sha256_check CHECK (octet_length(secret_sha256) = 32),
    CONSTRAINT partner_keys_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['intake', 'read', 'events', 'webhooks'])
);
COMMENT ON TABLE partner_keys IS 'API keys of partners: two that work per mode at most, so that one can follow the other';
COMMENT ON COLUMN partner_keys.id IS 'UUIDv7 made by the application; stands in the key';
COMMENT ON COLUMN partner_keys.partner_id IS 'The partner';
COMMENT ON COLUMN partner_keys.association_id IS 'The tenant';
COMMENT ON COLUMN partner_keys.mode IS 'live, or test: never reaches records of people';
COMMENT ON COLUMN partner_keys.slot IS 'Place among the two keys that work; null: revoked, or expired when another took its place';
COMMENT ON COLUMN partner_keys.secret_sha256 IS 'SHA-256 of the whole key, which is shown once';
COMMENT ON COLUMN partner_keys.scopes IS 'What it may do: intake, read, events, webhooks';
COMMENT ON COLUMN partner_keys.case_ids IS 'Cases it may act in; null: all that the association promotes';
COMMENT ON COLUMN partner_keys.networks IS 'Networks (CIDR) it may be used from; none: from anywhere';
COMMENT ON COLUMN partner_keys.created_by IS 'Staff id of who made it; null: the operator';
COMMENT ON COLUMN partner_keys.created_at IS 'When, UTC';
COMMENT ON COLUMN partner_keys.expires_at IS 'Until when it works, UTC; null: until it is revoked';
COMMENT ON COLUMN partner_keys.last_used_at IS 'When it was last used, to some minutes, UTC';
COMMENT ON COLUMN partner_keys.revoked_by IS 'Staff id of who revoked it; null: nobody, or the operator';
COMMENT ON COLUMN partner_keys.revoked_at IS 'When it was revoked, UTC';

CREATE TABLE partner_submissions (
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    key_id uuid NOT NULL,
    mode text NOT NULL,
    notice_version text NOT NULL,
    notice_shown_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT partner_submissions_pkey PRIMARY KEY (claimant_id),
    CONSTRAINT partner_submissions_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT partner_submissions_partner_id_fkey FOREIGN KEY (partner_id, association_id) REFERENCES partners (id, association_id),
    CONSTRAINT partner_submissions_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT partner_submissions_notice_version_check CHECK (notice_version ~ '^[A-Za-z0-9._-]{1,64}$')
);
CREATE INDEX partner_submissions_partner_id_idx ON partner_submissions (partner_id, claimant_id);
COMMENT ON TABLE partner_submissions IS 'Claimants whom a partner sent by API; written with the claimant';
COMMENT ON COLUMN partner_submissions.claimant_id IS 'The claimant';
COMMENT ON COLUMN partner_submissions.association_id IS 'The tenant';
COMMENT ON COLUMN partner_submissions.case_id IS 'The case';
COMMENT ON COLUMN partner_submissions.partner_id IS 'The partner that sent it, and alone may ask about it';
COMMENT ON COLUMN partner_submissions.key_id IS 'The key it came with';
COMMENT ON COLUMN partner_submissions.mode IS 'live or test, as the key';
COMMENT ON COLUMN partner_submissions.notice_version IS 'Which notice on data protection the partner showed (R57)';
COMMENT ON COLUMN partner_submissions.notice_shown_at IS 'When the partner showed it, as it says, UTC (R57)';
COMMENT ON COLUMN partner_submissions.created_at IS 'When it came, UTC';

CREATE UNLOGGED TABLE partner_rates (
    key_id uuid NOT NULL,
    unit text NOT NULL,
    window_starts_at timestamptz NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT partner_rates_pkey PRIMARY KEY (key_id, unit),
    CONSTRAINT partner_rates_unit_check CHECK (unit IN ('requests', 'claimants'))
);
COMMENT ON TABLE partner_rates IS 'What each key asked for in its current window, shared by all nodes; unlogged, emptied by a crash';
COMMENT ON COLUMN partner_rates.key_id IS 'The key';
COMMENT ON COLUMN partner_rates.unit IS 'requests, or claimants sent';
COMMENT ON COLUMN partner_rates.window_starts_at IS 'Since when is counted, UTC';
COMMENT ON COLUMN partner_rates.used IS 'How many since then';

-- how many came by the links of a partner
CREATE INDEX claimants_via_idx ON claimants (association_id, via, id) WHERE via IS NOT NULL;

ALTER TABLE consents DROP CONSTRAINT consents_channel_check;
ALTER TABLE consents ADD CONSTRAINT consents_channel_check
    CHECK (channel IN ('page', 'api', 'staff', 'phone', 'desk', 'paper', 'partner')) NOT VALID;
ALTER TABLE consents VALIDATE CONSTRAINT consents_channel_check;
ALTER TABLE audit DROP CONSTRAINT audit_actor_kind_check;
ALTER TABLE audit ADD CONSTRAINT audit_actor_kind_check
    CHECK (actor_kind IN ('public', 'claimant', 'staff', 'system', 'operator', 'partner')) NOT VALID;
ALTER TABLE audit VALIDATE CONSTRAINT audit_actor_kind_check;

GRANT INSERT ON partner_submissions TO joinder_intake;
GRANT SELECT, INSERT ON partners, partner_keys TO joinder_tenant;
GRANT UPDATE (name, language, root_version, email_sealed, suspended_at) ON partners TO joinder_tenant;
GRANT UPDATE (slot, revoked_by, revoked_at) ON partner_keys TO joinder_tenant;
GRANT SELECT ON partner_submissions TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE ON partners, partner_keys TO joinder_system;
GRANT SELECT, INSERT, DELETE ON partner_submissions TO joinder_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON partner_rates TO joinder_system;

ALTER TABLE partners ENABLE ROW LEVEL SECURITY;
CREATE POLICY partners_tenant_policy ON partners TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY partners_system_policy ON partners TO joinder_system USING (true);
ALTER TABLE partner_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY partner_keys_tenant_policy ON partner_keys TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY partner_keys_system_policy ON partner_keys TO joinder_system USING (true);
ALTER TABLE partner_submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY partner_submissions_intake_policy ON partner_submissions FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY partner_submissions_tenant_policy ON partner_submissions TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY partner_submissions_system_policy ON partner_submissions TO joinder_system USING (true);
