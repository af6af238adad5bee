-- People of an association: invited, given a role, suspended, ended; what they hold to sign in; where they are signed in.

ALTER TABLE memberships
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN signed_in_at timestamptz;
COMMENT ON COLUMN memberships.suspended_at IS 'Since when it rests, UTC; null: it does not';
COMMENT ON COLUMN memberships.signed_in_at IS 'When the person last signed in for this association, UTC';

CREATE TABLE membership_changes (
    association_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    role text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    CONSTRAINT membership_changes_pkey PRIMARY KEY (association_id, staff_id, id),
    CONSTRAINT membership_changes_state_check CHECK (state IN ('active', 'suspended', 'ended')),
    CONSTRAINT membership_changes_role_check CHECK (role IN ('reader', 'reviewer', 'case_manager', 'payout', 'owner', 'auditor', 'operator'))
);
COMMENT ON TABLE membership_changes IS 'What memberships were from when on: appended, never changed, so that it can be told who could read what';
COMMENT ON COLUMN membership_changes.association_id IS 'The tenant';
COMMENT ON COLUMN membership_changes.staff_id IS 'The person';
COMMENT ON COLUMN membership_changes.id IS 'UUIDv7; rises with time';
COMMENT ON COLUMN membership_changes.state IS 'active, suspended or ended, from then on';
COMMENT ON COLUMN membership_changes.role IS 'Role of DESIGN 7, from then on';
COMMENT ON COLUMN membership_changes.changed_at IS 'From when, UTC';
COMMENT ON COLUMN membership_changes.changed_by IS 'Staff id of who changed it; null: the operator';

-- what is known of the time before this table: the role as it is, and its end
INSERT INTO membership_changes (association_id, staff_id, id, state, role, changed_at)
    SELECT association_id, staff_id, staff_id, 'active', role, created_at FROM memberships;
INSERT INTO membership_changes (association_id, staff_id, id, state, role, changed_at)
    SELECT association_id, staff_id, association_id, 'ended', role, revoked_at FROM memberships WHERE revoked_at IS NOT NULL;

GRANT SELECT ON membership_changes TO joinder_tenant;
GRANT SELECT, INSERT ON membership_changes TO joinder_system;
ALTER TABLE membership_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY membership_changes_tenant_policy ON membership_changes TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY membership_changes_system_policy ON membership_changes TO joinder_system USING (true);

CREATE TABLE invitations (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    role text NOT NULL,
    language text NOT NULL,
    email_hash bytea NOT NULL,
    root_version integer NOT NULL,
    email_sealed bytea,
    invited_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT invitations_role_check CHECK (role IN ('reader', 'reviewer', 'case_manager', 'payout', 'owner', 'auditor')),
    CONSTRAINT invitations_language_check CHECK (language IN ('it', 'en', 'de')),
    CONSTRAINT invitations_ended_check CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT invitations_email_sealed_check CHECK ((email_sealed IS NULL) = (accepted_at IS NOT NULL OR revoked_at IS NOT NULL))
);
CREATE INDEX invitations_association_id_idx ON invitations (association_id, id DESC);
CREATE INDEX invitations_expires_at_idx ON invitations (expires_at);
COMMENT ON TABLE invitations IS 'Invitations to act for an association; the link derives from the id and works once';
COMMENT ON COLUMN invitations.id IS 'UUIDv7; the link of the mail derives from it';
COMMENT ON COLUMN invitations.association_id IS 'The tenant';
COMMENT ON COLUMN invitations.role IS 'Role of DESIGN 7 that is offered';
COMMENT ON COLUMN invitations.language IS 'Language of the mail';
COMMENT ON COLUMN invitations.email_hash IS 'Blind index of the address, as of login addresses';
COMMENT ON COLUMN invitations.root_version IS 'Version of the root key that seals the address';
COMMENT ON COLUMN invitations.email_sealed IS 'The address, sealed by the root key; null once taken or called off';
COMMENT ON COLUMN invitations.invited_by IS 'Staff id of who invites';
COMMENT ON COLUMN invitations.created_at IS 'When, UTC';
COMMENT ON COLUMN invitations.expires_at IS 'Last instant at which the link works, UTC';
COMMENT ON COLUMN invitations.accepted_at IS 'When the link was used, UTC';
COMMENT ON COLUMN invitations.revoked_at IS 'When it was called off, UTC';

GRANT SELECT ON invitations TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON invitations TO joinder_system;
GRANT UPDATE (email_sealed, accepted_at, revoked_at) ON invitations TO joinder_system;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY invitations_tenant_policy ON invitations TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY invitations_system_policy ON invitations TO joinder_system USING (true);

CREATE TABLE recovery_codes (
    staff_id uuid NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (staff_id, hash),
    CONSTRAINT recovery_codes_hash_check CHECK (octet_length(hash) = 16)
);
COMMENT ON TABLE recovery_codes IS 'Codes that stand in for the authenticator app, each once; a new set takes the place of the old';
COMMENT ON COLUMN recovery_codes.staff_id IS 'The person';
COMMENT ON COLUMN recovery_codes.hash IS 'Keyed hash of person and code; the code is shown once and not stored';
COMMENT ON COLUMN recovery_codes.created_at IS 'When it was made, UTC';
COMMENT ON COLUMN recovery_codes.used_at IS 'When it was used, UTC';
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_codes TO joinder_system;

CREATE TABLE staff_devices (
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    device text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT staff_devices_pkey PRIMARY KEY (id)
);
CREATE INDEX staff_devices_staff_id_idx ON staff_devices (staff_id);
CREATE INDEX staff_devices_expires_at_idx ON staff_devices (expires_at);
COMMENT ON TABLE staff_devices IS 'Browsers in which a person signed in with both factors: what others type does not slow them down. They open nothing';
COMMENT ON COLUMN staff_devices.id IS 'UUIDv8 of the SHA-256 of the cookie; the cookie is not stored';
COMMENT ON COLUMN staff_devices.staff_id IS 'The person';
COMMENT ON COLUMN staff_devices.device IS 'Browser and system as it names itself, two words';
COMMENT ON COLUMN staff_devices.created_at IS 'When, UTC';
COMMENT ON COLUMN staff_devices.expires_at IS 'Last instant at which it is known, UTC';
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_devices TO joinder_system;

ALTER TABLE sessions ADD COLUMN device text, ADD COLUMN network text;
COMMENT ON COLUMN sessions.device IS 'Of staff: browser and system as they name themselves, two words';
COMMENT ON COLUMN sessions.network IS 'Of staff: the network it was opened from, cut to /24 or /48';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'follow_confirmation', 'case_update', 'deficiency', 'invitation', 'staff_notice')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
