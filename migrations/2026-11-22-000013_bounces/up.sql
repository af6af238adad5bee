-- What comes back, and whom not to write to: bounces, suppressions, templates paused, reminders.

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

-- A bounce names a mail by its id; a storm is counted over the mails of some minutes. Both columns only
-- grow, so that the indexes do too.
CREATE INDEX mails_id_idx ON mails (id);
CREATE INDEX mails_sent_at_idx ON mails (sent_at, kind);

ALTER TABLE claimants ADD COLUMN unreachable_at timestamptz, ADD COLUMN contact_changed_at timestamptz;
COMMENT ON COLUMN claimants.unreachable_at IS 'Since when mail to the contact does not arrive (R52), UTC; null: it does, or nobody knows';
COMMENT ON COLUMN claimants.contact_changed_at IS 'When the contact was last corrected, UTC: what bounces of older mails is another address';

-- Rare among the records of a case, and a sign-up writes to neither.
CREATE INDEX claimants_unreachable_idx ON claimants (association_id, case_id, id DESC) WHERE unreachable_at IS NOT NULL;
CREATE INDEX claimants_quarantined_idx ON claimants (association_id, case_id, id DESC) WHERE review = 'quarantined';

CREATE TABLE bounces (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid,
    mail_id uuid NOT NULL,
    mail_kind text NOT NULL,
    mail_sent_at timestamptz NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    status text,
    diagnostic text,
    incident_id uuid,
    is_evidence boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL,
    CONSTRAINT bounces_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT bounces_kind_check CHECK (kind IN ('hard', 'soft', 'delayed', 'complaint')),
    CONSTRAINT bounces_source_check CHECK (source IN ('report', 'refusal')),
    CONSTRAINT bounces_status_check CHECK (status ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'),
    CONSTRAINT bounces_diagnostic_check CHECK (length(diagnostic) <= 200 AND strpos(diagnostic, '@') = 0),
    CONSTRAINT bounces_is_evidence_check CHECK (is_evidence = (incident_id IS NOT NULL))
);
CREATE INDEX bounces_received_at_idx ON bounces (received_at);
COMMENT ON TABLE bounces IS 'Mails that came back, were refused for good, are late, or were complained of; no bounce withdraws anybody (R52)';
COMMENT ON COLUMN bounces.subject_id IS 'The claimant the mail was for, else as in mails; no foreign key';
COMMENT ON COLUMN bounces.id IS 'UUIDv8 of the keyed hash of the report: the same file counts once';
COMMENT ON COLUMN bounces.association_id IS 'The tenant of the claimant; null where nobody is known';
COMMENT ON COLUMN bounces.mail_id IS 'Id of the row in mails';
COMMENT ON COLUMN bounces.mail_kind IS 'Kind of that mail: the template a storm is counted for';
COMMENT ON COLUMN bounces.mail_sent_at IS 'When that mail was first tried, UTC';
COMMENT ON COLUMN bounces.kind IS 'hard: the address is no good; soft: it may be; delayed: still being tried; complaint: reported as unwanted';
COMMENT ON COLUMN bounces.source IS 'report: a mail that came back (RFC 3464, RFC 5965); refusal: the answer of the server we gave it to';
COMMENT ON COLUMN bounces.status IS 'Enhanced status code (RFC 3463), where one was given';
COMMENT ON COLUMN bounces.diagnostic IS 'What the server said, one line without addresses';
COMMENT ON COLUMN bounces.incident_id IS 'The incident that ran on the contact''s domain when it came back';
COMMENT ON COLUMN bounces.is_evidence IS 'Came back from an affected domain inside the window of its incident: kept with the claimant';
COMMENT ON COLUMN bounces.received_at IS 'When we read it, UTC';

CREATE TABLE suppressions (
    id uuid NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    expires_at timestamptz,
    CONSTRAINT suppressions_pkey PRIMARY KEY (id, reason),
    CONSTRAINT suppressions_reason_check CHECK (reason IN ('hard_bounce', 'complaint', 'not_me', 'operator')),
    CONSTRAINT suppressions_expires_at_check CHECK ((reason = 'not_me') = (expires_at IS NOT NULL))
);
CREATE INDEX suppressions_expires_at_idx ON suppressions (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE suppressions IS 'Addresses not to write to, told by a keyed hash that is not rotated; what each reason stops is decided in docs/decisions/0012';
COMMENT ON COLUMN suppressions.id IS 'UUIDv8 of the keyed hash of the address; for not_me of case and address';
COMMENT ON COLUMN suppressions.reason IS 'hard_bounce (or three soft ones in 7 days), complaint, not_me, operator';
COMMENT ON COLUMN suppressions.since IS 'Since when, UTC';
COMMENT ON COLUMN suppressions.expires_at IS 'Forgotten after that, UTC; not_me alone ends by itself, with R62';

CREATE TABLE template_pauses (
    kind text NOT NULL,
    since timestamptz NOT NULL,
    pauses boolean NOT NULL,
    hard integer NOT NULL,
    sent integer NOT NULL,
    released_at timestamptz,
    CONSTRAINT template_pauses_pkey PRIMARY KEY (kind),
    CONSTRAINT template_pauses_hard_check CHECK (hard > 0 AND hard <= sent)
);
COMMENT ON TABLE template_pauses IS 'Bounce storms: templates of which over 5 % came back within ten minutes; the newest storm of each';
COMMENT ON COLUMN template_pauses.kind IS 'Kind of mail';
COMMENT ON COLUMN template_pauses.since IS 'When it was noticed, UTC';
COMMENT ON COLUMN template_pauses.pauses IS 'Whether mails of the kind wait; codes somebody waits for go on, and the storm is only told';
COMMENT ON COLUMN template_pauses.hard IS 'Hard bounces counted';
COMMENT ON COLUMN template_pauses.sent IS 'Mails of the kind they are counted against';
COMMENT ON COLUMN template_pauses.released_at IS 'When the operator released it, UTC: bounces before do not count again';

CREATE TABLE reminders (
    id uuid NOT NULL,
    sent smallint NOT NULL,
    last_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT reminders_pkey PRIMARY KEY (id),
    CONSTRAINT reminders_sent_check CHECK (sent BETWEEN 1 AND 2)
);
CREATE INDEX reminders_expires_at_idx ON reminders (expires_at);
COMMENT ON TABLE reminders IS 'Reminders to confirm sent to an address in a case: two at most, a day apart';
COMMENT ON COLUMN reminders.id IS 'UUIDv8 of the keyed hash of case and address';
COMMENT ON COLUMN reminders.sent IS 'How many';
COMMENT ON COLUMN reminders.last_at IS 'When the last one was, UTC';
COMMENT ON COLUMN reminders.expires_at IS 'Forgotten after that, UTC';

CREATE TABLE housekeeping_cursors (
    name text NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    CONSTRAINT housekeeping_cursors_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE housekeeping_cursors IS 'How far a job that walks claimants in the order they signed up has come';
COMMENT ON COLUMN housekeeping_cursors.name IS 'The job';
COMMENT ON COLUMN housekeeping_cursors.at IS 'Time of the sign-up seen last, UTC';
COMMENT ON COLUMN housekeeping_cursors.id IS 'Id of that claimant';

GRANT SELECT ON bounces TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON bounces TO joinder_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON suppressions, template_pauses, reminders TO joinder_system;
GRANT SELECT, INSERT, UPDATE ON housekeeping_cursors TO joinder_system;

ALTER TABLE bounces ENABLE ROW LEVEL SECURITY;
CREATE POLICY bounces_tenant_policy ON bounces TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY bounces_system_policy ON bounces TO joinder_system USING (true);
