-- Tables with a key of their own (SCALE S1): uniqueness and look-up across claimants.

CREATE TABLE registered_persons (
    id uuid NOT NULL,
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    CONSTRAINT registered_persons_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE registered_persons IS 'One row per person and case: uniqueness by primary key (SCALE S3)';
COMMENT ON COLUMN registered_persons.id IS 'UUIDv8 of the keyed hash of case and person key';
COMMENT ON COLUMN registered_persons.claimant_id IS 'Who holds the key';
COMMENT ON COLUMN registered_persons.association_id IS 'The tenant of the holder';
COMMENT ON COLUMN registered_persons.registered_at IS 'Since when, UTC';

CREATE TABLE registered_mailboxes (
    id uuid NOT NULL,
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    CONSTRAINT registered_mailboxes_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE registered_mailboxes IS 'One row per mailbox and incident, written when the declaration is signed (R30)';
COMMENT ON COLUMN registered_mailboxes.id IS 'UUIDv8 of the keyed hash of incident and mailbox';
COMMENT ON COLUMN registered_mailboxes.claimant_id IS 'Who holds the key';
COMMENT ON COLUMN registered_mailboxes.association_id IS 'The tenant of the holder';
COMMENT ON COLUMN registered_mailboxes.registered_at IS 'Since when, UTC';

CREATE TABLE lookups (
    hash bytea NOT NULL,
    kind text NOT NULL,
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    CONSTRAINT lookups_pkey PRIMARY KEY (hash, kind, claimant_id),
    CONSTRAINT lookups_kind_check CHECK (kind IN ('reference', 'email', 'phone', 'mailbox', 'codice_fiscale', 'surname')),
    CONSTRAINT lookups_hash_check CHECK (octet_length(hash) = 16)
);
CREATE INDEX lookups_claimant_id_idx ON lookups (claimant_id);
COMMENT ON TABLE lookups IS 'Blind index: finds claimants by what is sealed (DESIGN 4)';
COMMENT ON COLUMN lookups.hash IS 'HMAC-SHA256 per case and field, 16 bytes';
COMMENT ON COLUMN lookups.kind IS 'Field';
COMMENT ON COLUMN lookups.claimant_id IS 'Whom it finds';
COMMENT ON COLUMN lookups.association_id IS 'The tenant';

CREATE TABLE idempotency_keys (
    id uuid NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    response jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);
COMMENT ON TABLE idempotency_keys IS 'Answers kept for 24 h, so that a repeated request has one effect (SCALE S12)';
COMMENT ON COLUMN idempotency_keys.id IS 'UUIDv8 of the keyed hash of operation, scope and key';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'Keyed hash of the request body';
COMMENT ON COLUMN idempotency_keys.status IS 'HTTP status of the answer';
COMMENT ON COLUMN idempotency_keys.response IS 'The answer: ids and states, nothing personal';
COMMENT ON COLUMN idempotency_keys.expires_at IS 'Forgotten after that, UTC';

CREATE TABLE leases (
    name text NOT NULL,
    holder uuid NOT NULL,
    fence bigint NOT NULL,
    acquired_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT leases_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE leases IS 'Who does a job that one process at a time may do, with a rising fence (SCALE S9)';
COMMENT ON COLUMN leases.name IS 'The job';
COMMENT ON COLUMN leases.holder IS 'The process, a random id';
COMMENT ON COLUMN leases.fence IS 'Rises with each change of holder';
COMMENT ON COLUMN leases.acquired_at IS 'Database time';
COMMENT ON COLUMN leases.expires_at IS 'Database time';

CREATE UNLOGGED TABLE rate_buckets (
    id uuid NOT NULL,
    instants timestamptz[] NOT NULL,
    granted_to uuid,
    expires_at timestamptz NOT NULL,
    CONSTRAINT rate_buckets_pkey PRIMARY KEY (id)
);
CREATE INDEX rate_buckets_expires_at_idx ON rate_buckets (expires_at);
COMMENT ON TABLE rate_buckets IS 'Caps per address and person: instants of what was granted; unlogged, emptied by a crash';
COMMENT ON COLUMN rate_buckets.id IS 'UUIDv8 of a keyed hash that changes daily';
COMMENT ON COLUMN rate_buckets.instants IS 'When something was granted, UTC, oldest first, bounded by the cap';
COMMENT ON COLUMN rate_buckets.granted_to IS 'Id of the request granted last: tells a request whether it was the one';
COMMENT ON COLUMN rate_buckets.expires_at IS 'Forgotten after that, UTC';

CREATE TABLE sessions (
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    association_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    step_up_until timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_kind_check CHECK (kind IN ('claimant', 'staff'))
);
CREATE INDEX sessions_subject_id_idx ON sessions (subject_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
COMMENT ON TABLE sessions IS 'Signed-in claimants and staff';
COMMENT ON COLUMN sessions.id IS 'UUIDv8 of the SHA-256 of the token; the token is not stored';
COMMENT ON COLUMN sessions.kind IS 'claimant or staff';
COMMENT ON COLUMN sessions.subject_id IS 'Claimant or staff id';
COMMENT ON COLUMN sessions.association_id IS 'The tenant';
COMMENT ON COLUMN sessions.created_at IS 'When it was opened, UTC';
COMMENT ON COLUMN sessions.last_seen_at IS 'Last use by a POST, UTC';
COMMENT ON COLUMN sessions.expires_at IS 'Last instant at which it works, UTC';
COMMENT ON COLUMN sessions.step_up_until IS 'Until when clear data may be seen, UTC';

CREATE TABLE refresh_tokens (
    id uuid NOT NULL,
    family uuid NOT NULL,
    staff_id uuid NOT NULL,
    association_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id)
);
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);
COMMENT ON TABLE refresh_tokens IS 'One-use refresh tokens of staff tools; reuse kills the family';
COMMENT ON COLUMN refresh_tokens.id IS 'UUIDv8 of the SHA-256 of the token; the token is not stored';
COMMENT ON COLUMN refresh_tokens.family IS 'All tokens that descend from one login; also the session of step-up';
COMMENT ON COLUMN refresh_tokens.staff_id IS 'The person';
COMMENT ON COLUMN refresh_tokens.association_id IS 'The tenant';
COMMENT ON COLUMN refresh_tokens.created_at IS 'When it was issued, UTC';
COMMENT ON COLUMN refresh_tokens.expires_at IS 'Last instant at which it works, UTC';
COMMENT ON COLUMN refresh_tokens.used_at IS 'When it was exchanged, UTC';
COMMENT ON COLUMN refresh_tokens.revoked_at IS 'When it was revoked, UTC';

CREATE TABLE totp_uses (
    staff_id uuid NOT NULL,
    step bigint NOT NULL,
    used_at timestamptz NOT NULL,
    CONSTRAINT totp_uses_pkey PRIMARY KEY (staff_id, step)
);
COMMENT ON TABLE totp_uses IS 'Each TOTP step works once per person: uniqueness by primary key (DESIGN 7)';
COMMENT ON COLUMN totp_uses.staff_id IS 'The person';
COMMENT ON COLUMN totp_uses.step IS 'Number of the 30-second step';
COMMENT ON COLUMN totp_uses.used_at IS 'When, UTC';

CREATE TABLE exports (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    requested_by uuid NOT NULL,
    format text NOT NULL,
    clear boolean NOT NULL,
    purpose text NOT NULL,
    filter jsonb NOT NULL,
    state text NOT NULL,
    row_count bigint,
    sha256 bytea,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT exports_pkey PRIMARY KEY (id),
    CONSTRAINT exports_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT exports_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT exports_format_check CHECK (format IN ('csv')),
    CONSTRAINT exports_state_check CHECK (state IN ('queued', 'running', 'ready', 'failed')),
    CONSTRAINT exports_ready_check CHECK (state <> 'ready' OR (row_count IS NOT NULL AND octet_length(sha256) = 32))
);
CREATE INDEX exports_list_idx ON exports (association_id, case_id, id DESC);
COMMENT ON TABLE exports IS 'Register of lists produced (R58)';
COMMENT ON COLUMN exports.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN exports.association_id IS 'The tenant';
COMMENT ON COLUMN exports.case_id IS 'The case';
COMMENT ON COLUMN exports.requested_by IS 'Staff id';
COMMENT ON COLUMN exports.format IS 'csv';
COMMENT ON COLUMN exports.clear IS 'Whether codice fiscale, addresses and dates were in clear';
COMMENT ON COLUMN exports.purpose IS 'Why, as typed; names nobody';
COMMENT ON COLUMN exports.filter IS 'What was asked for';
COMMENT ON COLUMN exports.state IS 'queued: asked for, not fetched yet; running; ready; or failed: the stream was cut';
COMMENT ON COLUMN exports.row_count IS 'Rows written';
COMMENT ON COLUMN exports.sha256 IS 'SHA-256 of all bytes before the last line';
COMMENT ON COLUMN exports.created_at IS 'When it was asked for, UTC';
COMMENT ON COLUMN exports.finished_at IS 'When it ended, UTC';
