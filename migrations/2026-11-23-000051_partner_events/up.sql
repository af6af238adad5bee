-- What partner sites are told of whom they sent, in numbered events, and where it is delivered to (decision 33).

ALTER TABLE partner_submissions ADD COLUMN told text NOT NULL DEFAULT 'received'
    CONSTRAINT partner_submissions_told_check CHECK (told IN ('received', 'confirmed', 'signed', 'withdrawn'));
ALTER TABLE partner_submissions ADD COLUMN told_count smallint NOT NULL DEFAULT 1;
COMMENT ON COLUMN partner_submissions.told IS 'What the partner was last told of the claimant: received, confirmed, signed or withdrawn';
COMMENT ON COLUMN partner_submissions.told_count IS 'How often the partner was told something of the claimant';
-- those of before are told of what comes
UPDATE partner_submissions s SET told = CASE
    WHEN c.state IN ('unconfirmed', 'to_assist') THEN 'received'
    WHEN c.state IN ('confirmed', 'duplicate') THEN 'confirmed'
    WHEN c.state = 'withdrawn' THEN 'withdrawn'
    WHEN c.state IN ('signed', 'resign_required', 'lodged') OR c.signed_at IS NOT NULL THEN 'signed'
    WHEN c.confirmed_at IS NOT NULL THEN 'confirmed'
    ELSE 'received' END
FROM claimants c WHERE c.id = s.claimant_id;

CREATE TABLE partner_events (
    partner_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    mode text NOT NULL,
    case_id uuid NOT NULL,
    claimant_id uuid,
    state text NOT NULL,
    step smallint NOT NULL,
    created_at timestamptz NOT NULL,
    sequence bigint,
    numbered_at timestamptz,
    CONSTRAINT partner_events_pkey PRIMARY KEY (partner_id, id),
    CONSTRAINT partner_events_sequence_key UNIQUE (partner_id, mode, sequence),
    CONSTRAINT partner_events_partner_id_fkey FOREIGN KEY (partner_id, association_id) REFERENCES partners (id, association_id),
    CONSTRAINT partner_events_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT partner_events_state_check CHECK (state IN ('received', 'confirmed', 'signed', 'withdrawn')),
    CONSTRAINT partner_events_sequence_check CHECK (sequence > 0 AND numbered_at IS NOT NULL OR sequence IS NULL AND numbered_at IS NULL)
);
CREATE INDEX partner_events_waiting_idx ON partner_events (partner_id, mode) WHERE sequence IS NULL;
CREATE INDEX partner_events_claimant_id_idx ON partner_events (claimant_id);
CREATE INDEX partner_events_numbered_at_idx ON partner_events (numbered_at);
COMMENT ON TABLE partner_events IS 'What partners are told of whom they sent: written with its cause, numbered after the commit';
COMMENT ON COLUMN partner_events.partner_id IS 'The partner';
COMMENT ON COLUMN partner_events.id IS 'Random: tells no time';
COMMENT ON COLUMN partner_events.association_id IS 'The tenant';
COMMENT ON COLUMN partner_events.mode IS 'live or test, as the submission';
COMMENT ON COLUMN partner_events.case_id IS 'The case';
COMMENT ON COLUMN partner_events.claimant_id IS 'Whom the partner sent; null: erased since';
COMMENT ON COLUMN partner_events.state IS 'What is told: received, confirmed, signed or withdrawn';
COMMENT ON COLUMN partner_events.step IS 'The how manieth it is about the claimant, from 1';
COMMENT ON COLUMN partner_events.created_at IS 'When it happened, to the second, UTC';
COMMENT ON COLUMN partner_events.sequence IS 'Its number among those of the partner and mode, from 1 without a gap; null: it waits for one';
COMMENT ON COLUMN partner_events.numbered_at IS 'When it got its number, UTC; kept 90 days from then';

CREATE TABLE partner_event_heads (
    partner_id uuid NOT NULL,
    mode text NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT partner_event_heads_pkey PRIMARY KEY (partner_id, mode),
    CONSTRAINT partner_event_heads_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT partner_event_heads_last_check CHECK (last >= 0)
);
COMMENT ON TABLE partner_event_heads IS 'The last number given to an event of each partner: none is given twice, also after old events are gone';
COMMENT ON COLUMN partner_event_heads.partner_id IS 'The partner';
COMMENT ON COLUMN partner_event_heads.mode IS 'live or test';
COMMENT ON COLUMN partner_event_heads.last IS 'The last number given; 0: none';

CREATE TABLE webhook_endpoints (
    partner_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    mode text NOT NULL,
    case_ids uuid[],
    event_types text[] NOT NULL,
    root_version integer NOT NULL,
    sealed bytea NOT NULL,
    previous_until timestamptz,
    created_with uuid NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    disabled_why text,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz,
    last_success_at timestamptz,
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (partner_id, id),
    CONSTRAINT webhook_endpoints_partner_id_fkey FOREIGN KEY (partner_id, association_id) REFERENCES partners (id, association_id),
    CONSTRAINT webhook_endpoints_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT webhook_endpoints_event_types_check CHECK (cardinality(event_types) > 0
        AND event_types <@ ARRAY['received', 'confirmed', 'signed', 'withdrawn']),
    CONSTRAINT webhook_endpoints_disabled_why_check CHECK ((disabled_why IS NULL) = (disabled_at IS NULL)
        AND disabled_why IN ('partner', 'staff', 'gone', 'failing'))
);
COMMENT ON TABLE webhook_endpoints IS 'Where events of partners are delivered to: addresses of their servers';
COMMENT ON COLUMN webhook_endpoints.partner_id IS 'The partner';
COMMENT ON COLUMN webhook_endpoints.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN webhook_endpoints.association_id IS 'The tenant';
COMMENT ON COLUMN webhook_endpoints.mode IS 'live or test, as the key it was made with';
COMMENT ON COLUMN webhook_endpoints.case_ids IS 'Cases it is told of, as the key it was made with; null: all';
COMMENT ON COLUMN webhook_endpoints.event_types IS 'States it is told of';
COMMENT ON COLUMN webhook_endpoints.root_version IS 'Version of the root key that seals address and secrets';
COMMENT ON COLUMN webhook_endpoints.sealed IS 'Its address and the secrets that sign, sealed by the root key';
COMMENT ON COLUMN webhook_endpoints.previous_until IS 'Until when the secret before signs too, UTC; null: there is none';
COMMENT ON COLUMN webhook_endpoints.created_with IS 'The key it was made with';
COMMENT ON COLUMN webhook_endpoints.created_at IS 'When, UTC';
COMMENT ON COLUMN webhook_endpoints.disabled_at IS 'Since when nothing is delivered, UTC; null: it is';
COMMENT ON COLUMN webhook_endpoints.disabled_why IS 'partner, staff, gone (it answered 410) or failing (it failed for days)';
COMMENT ON COLUMN webhook_endpoints.failures IS 'Attempts that failed since the last success';
COMMENT ON COLUMN webhook_endpoints.failing_since IS 'When the first of them failed, UTC';
COMMENT ON COLUMN webhook_endpoints.paused_until IS 'Until when it is left alone after it failed, UTC';
COMMENT ON COLUMN webhook_endpoints.last_success_at IS 'When it last took a delivery, UTC';

CREATE TABLE webhook_deliveries (
    partner_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid,
    state text NOT NULL DEFAULT 'due',
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (partner_id, id),
    CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (partner_id, endpoint_id) REFERENCES webhook_endpoints (partner_id, id),
    CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('due', 'done', 'failed', 'dropped')),
    CONSTRAINT webhook_deliveries_ended_at_check CHECK ((state = 'due') = (ended_at IS NULL))
);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (partner_id, endpoint_id, due_at) WHERE state = 'due';
CREATE INDEX webhook_deliveries_ended_at_idx ON webhook_deliveries (ended_at) WHERE state <> 'due';
COMMENT ON TABLE webhook_deliveries IS 'Events on their way to an endpoint, written when they get their number';
COMMENT ON COLUMN webhook_deliveries.partner_id IS 'The partner';
COMMENT ON COLUMN webhook_deliveries.id IS 'Random';
COMMENT ON COLUMN webhook_deliveries.association_id IS 'The tenant';
COMMENT ON COLUMN webhook_deliveries.endpoint_id IS 'The endpoint';
COMMENT ON COLUMN webhook_deliveries.event_id IS 'The event; null: a test that the partner asked for';
COMMENT ON COLUMN webhook_deliveries.state IS 'due, done, failed (all attempts are made) or dropped (the endpoint was disabled, or the person erased)';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'Attempts begun';
COMMENT ON COLUMN webhook_deliveries.due_at IS 'When the next one is due, UTC';
COMMENT ON COLUMN webhook_deliveries.lease_until IS 'Until when a process makes an attempt, database time';
COMMENT ON COLUMN webhook_deliveries.created_at IS 'When it arose, UTC';
COMMENT ON COLUMN webhook_deliveries.ended_at IS 'When it ended, UTC; kept 30 days from then';

CREATE TABLE webhook_attempts (
    partner_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id uuid NOT NULL,
    event_type text NOT NULL,
    number smallint NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    status smallint,
    outcome text NOT NULL,
    CONSTRAINT webhook_attempts_pkey PRIMARY KEY (partner_id, id),
    CONSTRAINT webhook_attempts_endpoint_id_fkey FOREIGN KEY (partner_id, endpoint_id) REFERENCES webhook_endpoints (partner_id, id)
);
CREATE INDEX webhook_attempts_endpoint_id_idx ON webhook_attempts (partner_id, endpoint_id, id);
CREATE INDEX webhook_attempts_started_at_idx ON webhook_attempts (started_at);
COMMENT ON TABLE webhook_attempts IS 'What became of each attempt to deliver; never what was answered';
COMMENT ON COLUMN webhook_attempts.partner_id IS 'The partner';
COMMENT ON COLUMN webhook_attempts.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN webhook_attempts.association_id IS 'The tenant';
COMMENT ON COLUMN webhook_attempts.endpoint_id IS 'The endpoint';
COMMENT ON COLUMN webhook_attempts.message_id IS 'What was delivered: the event, or the test';
COMMENT ON COLUMN webhook_attempts.event_type IS 'Its type, such as claimant.confirmed';
COMMENT ON COLUMN webhook_attempts.number IS 'The how manieth attempt of the delivery, from 1';
COMMENT ON COLUMN webhook_attempts.started_at IS 'When it began, UTC; kept 30 days from then';
COMMENT ON COLUMN webhook_attempts.duration_ms IS 'How long it took';
COMMENT ON COLUMN webhook_attempts.status IS 'Status of the answer; null: there was none';
COMMENT ON COLUMN webhook_attempts.outcome IS 'ok, or the class of the fault';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'withdrawal', 'follow_confirmation', 'case_update', 'deficiency', 'invitation',
        'staff_notice', 'message', 'approval_waits', 'rejection', 'webhook_disabled')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT INSERT ON partner_events TO joinder_intake;
GRANT UPDATE (told, told_count) ON partner_submissions TO joinder_tenant, joinder_system;
GRANT SELECT, INSERT ON partner_events, webhook_endpoints, webhook_deliveries TO joinder_tenant;
GRANT SELECT ON webhook_attempts TO joinder_tenant;
GRANT UPDATE (event_types, root_version, sealed, previous_until, disabled_at, disabled_why, failures, failing_since, paused_until)
    ON webhook_endpoints TO joinder_tenant;
GRANT UPDATE (state, ended_at) ON webhook_deliveries TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON partner_events, partner_event_heads, webhook_endpoints, webhook_deliveries, webhook_attempts
    TO joinder_system;

ALTER TABLE partner_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY partner_events_intake_policy ON partner_events FOR INSERT TO joinder_intake WITH CHECK (true);
CREATE POLICY partner_events_tenant_policy ON partner_events TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY partner_events_system_policy ON partner_events TO joinder_system USING (true);
ALTER TABLE partner_event_heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY partner_event_heads_system_policy ON partner_event_heads TO joinder_system USING (true);
ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY webhook_endpoints_tenant_policy ON webhook_endpoints TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY webhook_endpoints_system_policy ON webhook_endpoints TO joinder_system USING (true);
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY webhook_deliveries_tenant_policy ON webhook_deliveries TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY webhook_deliveries_system_policy ON webhook_deliveries TO joinder_system USING (true);
ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY webhook_attempts_tenant_policy ON webhook_attempts TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY webhook_attempts_system_policy ON webhook_attempts TO joinder_system USING (true);
