-- Rights of the roles of DESIGN 3.1. Code makes the roles before it migrates (db::role), since a dump carries none.
-- joinder_app: no rights. joinder_intake: a sign-up. joinder_tenant: one association. joinder_system: the platform.

GRANT USAGE ON SCHEMA public TO joinder_intake, joinder_tenant, joinder_system;

-- reference tables
GRANT SELECT ON associations, association_registers, association_keys, respondents, cases, third_parties,
    case_associations, case_counsel, incidents, incident_domains, mail_domains, case_facts,
    respondent_statements, plans, texts, case_counts
    TO joinder_intake, joinder_tenant, joinder_system;
GRANT INSERT, UPDATE ON associations, association_registers, association_keys, respondents, cases, third_parties,
    case_associations, case_counsel, incidents, incident_domains, mail_domains, case_facts,
    respondent_statements, plans, texts, case_counts, staff, memberships, root_keys, signing_keys
    TO joinder_system;
GRANT SELECT ON staff, memberships, root_keys, signing_keys TO joinder_system;
GRANT SELECT (id, status, created_at, root_version, sealed) ON staff TO joinder_tenant;
GRANT SELECT ON memberships TO joinder_tenant;

-- a sign-up: inserts only, plus the two tables it must ask
GRANT INSERT ON claimants, claimant_keys, identities, mailboxes, consents, confirmations, outbox, audit, lookups
    TO joinder_intake;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys, rate_buckets TO joinder_intake;

-- the tenant
GRANT SELECT, INSERT, UPDATE ON claimants, confirmations, conflicts, outbox, sessions, refresh_tokens, exports TO joinder_tenant;
GRANT SELECT, INSERT ON claimant_keys, identities, mailboxes, consents, mails, audit, lookups,
    registered_persons, registered_mailboxes, totp_uses TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys, rate_buckets TO joinder_tenant;
GRANT DELETE ON lookups, registered_persons, registered_mailboxes, sessions TO joinder_tenant;

-- the platform
GRANT SELECT, INSERT, UPDATE, DELETE ON claimants, claimant_keys, identities, mailboxes, confirmations, conflicts, outbox,
    lookups, registered_persons, registered_mailboxes, sessions, refresh_tokens, totp_uses, exports,
    idempotency_keys, rate_buckets, leases TO joinder_system;
GRANT SELECT, INSERT, DELETE ON consents, mails TO joinder_system;
GRANT SELECT, INSERT ON audit TO joinder_system;

-- row-level security by tenant
ALTER TABLE claimants ENABLE ROW LEVEL SECURITY;
CREATE POLICY claimants_intake_policy ON claimants FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY claimants_tenant_policy ON claimants TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY claimants_system_policy ON claimants TO joinder_system USING (true);
ALTER TABLE claimant_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY claimant_keys_intake_policy ON claimant_keys FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY claimant_keys_tenant_policy ON claimant_keys TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY claimant_keys_system_policy ON claimant_keys TO joinder_system USING (true);
ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
CREATE POLICY identities_intake_policy ON identities FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY identities_tenant_policy ON identities TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY identities_system_policy ON identities TO joinder_system USING (true);
ALTER TABLE mailboxes ENABLE ROW LEVEL SECURITY;
CREATE POLICY mailboxes_intake_policy ON mailboxes FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY mailboxes_tenant_policy ON mailboxes TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY mailboxes_system_policy ON mailboxes TO joinder_system USING (true);
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY consents_intake_policy ON consents FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY consents_tenant_policy ON consents TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY consents_system_policy ON consents TO joinder_system USING (true);
ALTER TABLE confirmations ENABLE ROW LEVEL SECURITY;
CREATE POLICY confirmations_intake_policy ON confirmations FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY confirmations_tenant_policy ON confirmations TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY confirmations_system_policy ON confirmations TO joinder_system USING (true);
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY outbox_intake_policy ON outbox FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY outbox_tenant_policy ON outbox TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY outbox_system_policy ON outbox TO joinder_system USING (true);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_intake_policy ON audit FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY audit_tenant_policy ON audit TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY audit_system_policy ON audit TO joinder_system USING (true);
ALTER TABLE lookups ENABLE ROW LEVEL SECURITY;
CREATE POLICY lookups_intake_policy ON lookups FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY lookups_tenant_policy ON lookups TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY lookups_system_policy ON lookups TO joinder_system USING (true);
ALTER TABLE conflicts ENABLE ROW LEVEL SECURITY;
CREATE POLICY conflicts_tenant_policy ON conflicts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY conflicts_system_policy ON conflicts TO joinder_system USING (true);
ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
CREATE POLICY mails_tenant_policy ON mails TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY mails_system_policy ON mails TO joinder_system USING (true);
ALTER TABLE registered_persons ENABLE ROW LEVEL SECURITY;
CREATE POLICY registered_persons_tenant_policy ON registered_persons TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY registered_persons_system_policy ON registered_persons TO joinder_system USING (true);
ALTER TABLE registered_mailboxes ENABLE ROW LEVEL SECURITY;
CREATE POLICY registered_mailboxes_tenant_policy ON registered_mailboxes TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY registered_mailboxes_system_policy ON registered_mailboxes TO joinder_system USING (true);
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY sessions_tenant_policy ON sessions TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY sessions_system_policy ON sessions TO joinder_system USING (true);
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY refresh_tokens_tenant_policy ON refresh_tokens TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY refresh_tokens_system_policy ON refresh_tokens TO joinder_system USING (true);
ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
CREATE POLICY exports_tenant_policy ON exports TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY exports_system_policy ON exports TO joinder_system USING (true);
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
CREATE POLICY memberships_tenant_policy ON memberships TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY memberships_system_policy ON memberships TO joinder_system USING (true);
