-- The claimant group: claimant_id (or subject_id) comes first in every primary key (SCALE S1-S4).

CREATE TABLE claimants (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    state text NOT NULL,
    review text NOT NULL DEFAULT 'none',
    language text NOT NULL,
    via text,
    province text,
    contact_kind text NOT NULL,
    contact_domain text,
    contact_sealed bytea NOT NULL,
    mailbox_count smallint NOT NULL,
    duplicate_of uuid,
    created_at timestamptz NOT NULL,
    state_changed_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    identity_at timestamptz,
    signed_at timestamptz,
    held_seconds bigint NOT NULL DEFAULT 0,
    CONSTRAINT claimants_pkey PRIMARY KEY (id),
    CONSTRAINT claimants_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT claimants_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT claimants_state_check CHECK (state IN ('unconfirmed', 'to_assist', 'confirmed', 'signed', 'resign_required', 'lodged', 'withdrawn', 'rejected', 'duplicate', 'restricted')),
    CONSTRAINT claimants_review_check CHECK (review IN ('none', 'conflict', 'quarantined')),
    CONSTRAINT claimants_language_check CHECK (language IN ('it', 'en', 'de')),
    CONSTRAINT claimants_contact_kind_check CHECK (contact_kind IN ('email', 'phone', 'post')),
    CONSTRAINT claimants_confirmed_at_check CHECK (state NOT IN ('confirmed', 'signed', 'resign_required', 'lodged', 'duplicate') OR confirmed_at IS NOT NULL),
    CONSTRAINT claimants_duplicate_of_check CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL))
);
CREATE INDEX claimants_list_idx ON claimants (association_id, case_id, id DESC);
CREATE INDEX claimants_state_idx ON claimants (association_id, case_id, state, id DESC);
CREATE INDEX claimants_duplicate_of_idx ON claimants (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX claimants_retention_idx ON claimants (created_at) WHERE state = 'unconfirmed';
COMMENT ON TABLE claimants IS 'One person or entity registered in one case through one association';
COMMENT ON COLUMN claimants.id IS 'UUIDv7 made by the application; the reference is derived from it';
COMMENT ON COLUMN claimants.association_id IS 'The tenant; never changes';
COMMENT ON COLUMN claimants.case_id IS 'The case; never changes';
COMMENT ON COLUMN claimants.state IS 'State of DESIGN 8; moves follow the allowed graph (R53)';
COMMENT ON COLUMN claimants.review IS 'For staff only: conflict or quarantined; blocks nothing visible';
COMMENT ON COLUMN claimants.language IS 'Language for mails and pages';
COMMENT ON COLUMN claimants.via IS 'Where the person came from (?via=), not personal';
COMMENT ON COLUMN claimants.province IS 'Province or EE, text; from the identity';
COMMENT ON COLUMN claimants.contact_kind IS 'Best way to reach the person: email, phone or post';
COMMENT ON COLUMN claimants.contact_domain IS 'Domain of the contact address where it is a public provider of mail_domains; else null';
COMMENT ON COLUMN claimants.contact_sealed IS 'Contact, sealed by the claimant''s data key';
COMMENT ON COLUMN claimants.mailbox_count IS 'Mailboxes without aliases (R29)';
COMMENT ON COLUMN claimants.duplicate_of IS 'First record of the same person, for state duplicate';
COMMENT ON COLUMN claimants.created_at IS 'Time of the sign-up, UTC';
COMMENT ON COLUMN claimants.state_changed_at IS 'When the state last changed, UTC';
COMMENT ON COLUMN claimants.confirmed_at IS 'When the contact was confirmed, UTC';
COMMENT ON COLUMN claimants.identity_at IS 'When identity was first given, UTC; null: missing (letter b)';
COMMENT ON COLUMN claimants.signed_at IS 'When the declaration in force was signed, UTC';
COMMENT ON COLUMN claimants.held_seconds IS 'Seconds during which the contact domain was held and the clock of R62 stood still';

CREATE TABLE claimant_keys (
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    key_version integer NOT NULL,
    association_key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    CONSTRAINT claimant_keys_pkey PRIMARY KEY (claimant_id),
    CONSTRAINT claimant_keys_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
COMMENT ON TABLE claimant_keys IS 'Data key of a claimant; deleting the row erases the person (DESIGN 4)';
COMMENT ON COLUMN claimant_keys.claimant_id IS 'The claimant';
COMMENT ON COLUMN claimant_keys.association_id IS 'The tenant';
COMMENT ON COLUMN claimant_keys.key_version IS 'Version of the data key, in the AAD of what it seals';
COMMENT ON COLUMN claimant_keys.association_key_version IS 'Version of the association key that wraps it';
COMMENT ON COLUMN claimant_keys.wrapped IS 'AES-256-GCM: nonce, ciphertext, tag';

CREATE TABLE identities (
    claimant_id uuid NOT NULL,
    version integer NOT NULL,
    association_id uuid NOT NULL,
    kind text NOT NULL,
    capacity text NOT NULL,
    sealed bytea NOT NULL,
    warnings text[] NOT NULL,
    given_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT identities_pkey PRIMARY KEY (claimant_id, version),
    CONSTRAINT identities_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT identities_kind_check CHECK (kind IN ('person', 'entity')),
    CONSTRAINT identities_capacity_check CHECK (capacity IN ('self', 'legal_representative', 'parent', 'guardian', 'heir', 'delegate')),
    CONSTRAINT identities_given_by_check CHECK (given_by IN ('claimant', 'staff'))
);
COMMENT ON TABLE identities IS 'Who the claimant is; each correction is a new version';
COMMENT ON COLUMN identities.claimant_id IS 'The claimant';
COMMENT ON COLUMN identities.version IS 'The highest counts; 0 came with the sign-up and counts from confirmation';
COMMENT ON COLUMN identities.association_id IS 'The tenant';
COMMENT ON COLUMN identities.kind IS 'person or entity';
COMMENT ON COLUMN identities.capacity IS 'Capacity in which the claimant acts';
COMMENT ON COLUMN identities.sealed IS 'Identity, sealed by the claimant''s data key';
COMMENT ON COLUMN identities.warnings IS 'Codes of mismatches that only warn (R23)';
COMMENT ON COLUMN identities.given_by IS 'claimant or staff';
COMMENT ON COLUMN identities.created_at IS 'When it was given, UTC';

CREATE TABLE mailboxes (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    domain text,
    treatment text NOT NULL,
    plan text,
    alias_of uuid,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT mailboxes_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT mailboxes_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT mailboxes_treatment_check CHECK (treatment IN ('in_scope', 'verify', 'review'))
);
COMMENT ON TABLE mailboxes IS 'Mailboxes that failed';
COMMENT ON COLUMN mailboxes.claimant_id IS 'The claimant';
COMMENT ON COLUMN mailboxes.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN mailboxes.association_id IS 'The tenant';
COMMENT ON COLUMN mailboxes.domain IS 'Domain where it is a public provider of mail_domains; own domains identify people and stay sealed';
COMMENT ON COLUMN mailboxes.treatment IS 'How the scope table treats the domain (R28)';
COMMENT ON COLUMN mailboxes.plan IS 'Code of the plan at the event, if told';
COMMENT ON COLUMN mailboxes.alias_of IS 'Main mailbox, for an alias (R29); an alias is not counted';
COMMENT ON COLUMN mailboxes.sealed IS 'Address, sealed by the claimant''s data key';
COMMENT ON COLUMN mailboxes.created_at IS 'When it was named, UTC';

CREATE TABLE consents (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    purpose text NOT NULL,
    text_version text NOT NULL,
    given boolean NOT NULL,
    channel text NOT NULL,
    evidence bytea,
    created_at timestamptz NOT NULL,
    CONSTRAINT consents_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT consents_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT consents_purpose_check CHECK (purpose IN ('privacy_notice', 'contact', 'newsletter')),
    CONSTRAINT consents_channel_check CHECK (channel IN ('page', 'api', 'staff'))
);
COMMENT ON TABLE consents IS 'Consents, appended and never changed (R20)';
COMMENT ON COLUMN consents.claimant_id IS 'The claimant';
COMMENT ON COLUMN consents.id IS 'UUIDv7 made by the application; the newest of a purpose counts';
COMMENT ON COLUMN consents.association_id IS 'The tenant';
COMMENT ON COLUMN consents.purpose IS 'What for';
COMMENT ON COLUMN consents.text_version IS 'Version of the text shown';
COMMENT ON COLUMN consents.given IS 'Yes or no; a withdrawal is a row with no';
COMMENT ON COLUMN consents.channel IS 'Where it was given';
COMMENT ON COLUMN consents.evidence IS 'Network address and browser, sealed by the claimant''s data key';
COMMENT ON COLUMN consents.created_at IS 'When, UTC';

CREATE TABLE confirmations (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    purpose text NOT NULL,
    token_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    voided_at timestamptz,
    CONSTRAINT confirmations_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT confirmations_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT confirmations_purpose_check CHECK (purpose IN ('confirm', 'access')),
    CONSTRAINT confirmations_attempts_check CHECK (attempts BETWEEN 0 AND 5)
);
COMMENT ON TABLE confirmations IS 'Challenges: the secret behind a link or code in a mail (DESIGN 4)';
COMMENT ON COLUMN confirmations.claimant_id IS 'The claimant';
COMMENT ON COLUMN confirmations.id IS 'UUIDv7 made by the application; token and code derive from it';
COMMENT ON COLUMN confirmations.association_id IS 'The tenant';
COMMENT ON COLUMN confirmations.purpose IS 'confirm the contact, or access to the own record';
COMMENT ON COLUMN confirmations.token_hash IS 'Keyed HMAC of the token';
COMMENT ON COLUMN confirmations.code_hash IS 'Keyed HMAC of the code';
COMMENT ON COLUMN confirmations.attempts IS 'Wrong codes entered; 5 end the code (not the link)';
COMMENT ON COLUMN confirmations.created_at IS 'When it was made, UTC';
COMMENT ON COLUMN confirmations.expires_at IS 'Last instant at which it works, UTC';
COMMENT ON COLUMN confirmations.used_at IS 'When it was used, UTC; works once (R15)';
COMMENT ON COLUMN confirmations.voided_at IS 'When it was replaced, UTC';

CREATE TABLE conflicts (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    kind text NOT NULL,
    registered_id uuid NOT NULL,
    other_claimant_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    settled_at timestamptz,
    settlement text,
    CONSTRAINT conflicts_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT conflicts_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT conflicts_kind_check CHECK (kind IN ('person', 'mailbox')),
    CONSTRAINT conflicts_settlement_check CHECK ((settled_at IS NULL) = (settlement IS NULL)),
    CONSTRAINT conflicts_settlement_kind_check CHECK (settlement IN ('freed', 'proven', 'co_holders', 'refused'))
);
CREATE INDEX conflicts_registered_id_idx ON conflicts (registered_id) WHERE settled_at IS NULL;
COMMENT ON TABLE conflicts IS 'Clashes on a person or mailbox; nobody learns of the other (DESIGN 3.6)';
COMMENT ON COLUMN conflicts.claimant_id IS 'The claimant who came second';
COMMENT ON COLUMN conflicts.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN conflicts.association_id IS 'The tenant of the second';
COMMENT ON COLUMN conflicts.kind IS 'person or mailbox';
COMMENT ON COLUMN conflicts.registered_id IS 'Key of registered_persons or registered_mailboxes that was taken';
COMMENT ON COLUMN conflicts.other_claimant_id IS 'Who held the key, possibly of another association';
COMMENT ON COLUMN conflicts.opened_at IS 'When it was noticed, UTC';
COMMENT ON COLUMN conflicts.settled_at IS 'When it ended, UTC';
COMMENT ON COLUMN conflicts.settlement IS 'How it ended';

CREATE TABLE outbox (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid,
    case_id uuid,
    kind text NOT NULL,
    lane smallint NOT NULL,
    priority smallint NOT NULL,
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'due',
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_error text,
    CONSTRAINT outbox_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT outbox_kind_check CHECK (kind IN ('confirmation', 'resend', 'access')),
    CONSTRAINT outbox_lane_check CHECK (lane BETWEEN 0 AND 63),
    CONSTRAINT outbox_state_check CHECK (state IN ('due', 'dead'))
);
CREATE INDEX outbox_due_idx ON outbox (lane, priority, due_at) WHERE state = 'due';
COMMENT ON TABLE outbox IS 'Mails due, written in the transaction of their cause; the row goes when the mail is sent';
COMMENT ON COLUMN outbox.subject_id IS 'Claimant, else the person or thing meant; no foreign key';
COMMENT ON COLUMN outbox.id IS 'UUIDv7 made by the application; the Message-ID derives from it';
COMMENT ON COLUMN outbox.association_id IS 'The tenant; null for mails that span associations';
COMMENT ON COLUMN outbox.case_id IS 'The case; null for mails that span cases';
COMMENT ON COLUMN outbox.kind IS 'Which mail';
COMMENT ON COLUMN outbox.lane IS '0 to 63; a sender owns lanes by lease (SCALE S8)';
COMMENT ON COLUMN outbox.priority IS 'Lower goes first: codes 0, confirmations 1, receipts 2, the rest 3';
COMMENT ON COLUMN outbox.payload IS 'Ids only, never content';
COMMENT ON COLUMN outbox.state IS 'due, or dead: given up, for staff to see';
COMMENT ON COLUMN outbox.attempts IS 'Attempts made';
COMMENT ON COLUMN outbox.due_at IS 'Not before, UTC, by Clock';
COMMENT ON COLUMN outbox.lease_until IS 'Claimed by a sender until then, database time';
COMMENT ON COLUMN outbox.created_at IS 'When the cause happened, UTC';
COMMENT ON COLUMN outbox.expires_at IS 'Given up after that, UTC';
COMMENT ON COLUMN outbox.last_error IS 'Code and text of the last refusal, without addresses';

CREATE TABLE mails (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid,
    code text NOT NULL,
    kind text NOT NULL,
    sent_at timestamptz NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT mails_code_check CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$')
);
CREATE INDEX mails_code_idx ON mails (code);
COMMENT ON TABLE mails IS 'Every mail sent, so that anybody can check its code (R14)';
COMMENT ON COLUMN mails.subject_id IS 'As in outbox';
COMMENT ON COLUMN mails.id IS 'Id of the outbox row';
COMMENT ON COLUMN mails.association_id IS 'In whose name';
COMMENT ON COLUMN mails.code IS 'Code printed in the mail';
COMMENT ON COLUMN mails.kind IS 'Kind of mail';
COMMENT ON COLUMN mails.sent_at IS 'Written before the first attempt, UTC';

CREATE TABLE audit (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    before text,
    after text,
    detail jsonb NOT NULL,
    sealed bytea,
    created_at timestamptz NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT audit_actor_kind_check CHECK (actor_kind IN ('public', 'claimant', 'staff', 'system', 'operator'))
);
COMMENT ON TABLE audit IS 'What happened, appended in the transaction of what it tells of (R54)';
COMMENT ON COLUMN audit.subject_id IS 'Claimant, else the person or thing meant; no foreign key';
COMMENT ON COLUMN audit.id IS 'UUIDv7 made by the application; rises with time';
COMMENT ON COLUMN audit.association_id IS 'The tenant, where there is one';
COMMENT ON COLUMN audit.actor_kind IS 'Who acted';
COMMENT ON COLUMN audit.actor_id IS 'Staff id, or the claimant''s own';
COMMENT ON COLUMN audit.action IS 'Verb, such as sign_up';
COMMENT ON COLUMN audit.before IS 'State before, where one changed';
COMMENT ON COLUMN audit.after IS 'State after, where one changed';
COMMENT ON COLUMN audit.detail IS 'Ids and codes, nothing personal';
COMMENT ON COLUMN audit.sealed IS 'Reason typed by staff, or an export''s id list, sealed by the association key';
COMMENT ON COLUMN audit.created_at IS 'When, UTC';
