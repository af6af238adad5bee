-- Reference tables: small, rarely written, readable by every role (SCALE S1).

CREATE TABLE associations (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    email text,
    phone text,
    hours text,
    dpo text,
    website text,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT associations_pkey PRIMARY KEY (id),
    CONSTRAINT associations_slug_key UNIQUE (slug),
    CONSTRAINT associations_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    CONSTRAINT associations_status_check CHECK (status IN ('active', 'suspended'))
);
COMMENT ON TABLE associations IS 'A consumer association: the tenant, the controller of its claimants'' data';
COMMENT ON COLUMN associations.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN associations.slug IS 'Name in URLs';
COMMENT ON COLUMN associations.name IS 'Name as shown';
COMMENT ON COLUMN associations.email IS 'Public address of the association, not of a person';
COMMENT ON COLUMN associations.phone IS 'Number shown to people who need help';
COMMENT ON COLUMN associations.hours IS 'When the phone is answered, as shown';
COMMENT ON COLUMN associations.dpo IS 'How to reach the data protection officer';
COMMENT ON COLUMN associations.website IS 'Home page of the association';
COMMENT ON COLUMN associations.status IS 'active, or suspended: new sign-ups are refused at once (R12)';
COMMENT ON COLUMN associations.created_at IS 'When the row was made, UTC';

CREATE TABLE association_registers (
    association_id uuid NOT NULL,
    register text NOT NULL,
    status text NOT NULL,
    reference text,
    checked_on date,
    CONSTRAINT association_registers_pkey PRIMARY KEY (association_id, register),
    CONSTRAINT association_registers_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT association_registers_register_check CHECK (register IN ('giustizia', 'art137')),
    CONSTRAINT association_registers_status_check CHECK (status IN ('unknown', 'active', 'suspended', 'cancelled'))
);
COMMENT ON TABLE association_registers IS 'Entry of an association in one of the two public lists (DOMAIN 1.5), as checked by hand';
COMMENT ON COLUMN association_registers.association_id IS 'The association';
COMMENT ON COLUMN association_registers.register IS 'giustizia (D.M. 27/2022) or art137 (Codice del consumo)';
COMMENT ON COLUMN association_registers.status IS 'unknown until somebody checked; never assumed';
COMMENT ON COLUMN association_registers.reference IS 'Number or decree of the entry';
COMMENT ON COLUMN association_registers.checked_on IS 'Day of the last check';

CREATE TABLE association_keys (
    association_id uuid NOT NULL,
    version integer NOT NULL,
    root_version integer NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT association_keys_pkey PRIMARY KEY (association_id, version),
    CONSTRAINT association_keys_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id)
);
COMMENT ON TABLE association_keys IS 'Key of an association, wrapped by the root key; it wraps its claimants'' data keys';
COMMENT ON COLUMN association_keys.association_id IS 'The association';
COMMENT ON COLUMN association_keys.version IS 'Rises by one with each rotation; the highest wraps new keys';
COMMENT ON COLUMN association_keys.root_version IS 'Version of the root key that wraps it';
COMMENT ON COLUMN association_keys.wrapped IS 'AES-256-GCM: nonce, ciphertext, tag';
COMMENT ON COLUMN association_keys.created_at IS 'When the key was made, UTC';

CREATE TABLE respondents (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    codice_fiscale text NOT NULL,
    pec text,
    CONSTRAINT respondents_pkey PRIMARY KEY (id),
    CONSTRAINT respondents_slug_key UNIQUE (slug)
);
COMMENT ON TABLE respondents IS 'A company complained about';
COMMENT ON COLUMN respondents.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN respondents.slug IS 'Stable short name, for upserts';
COMMENT ON COLUMN respondents.name IS 'Company name as registered';
COMMENT ON COLUMN respondents.codice_fiscale IS 'Codice fiscale of the company, text';
COMMENT ON COLUMN respondents.pec IS 'Certified mail address for letters';

CREATE TABLE cases (
    id uuid NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    summary text NOT NULL DEFAULT '',
    respondent_id uuid NOT NULL,
    state text NOT NULL,
    court text,
    rg_number text,
    pst_id text,
    created_at timestamptz NOT NULL,
    state_changed_at timestamptz NOT NULL,
    CONSTRAINT cases_pkey PRIMARY KEY (id),
    CONSTRAINT cases_slug_key UNIQUE (slug),
    CONSTRAINT cases_respondent_id_fkey FOREIGN KEY (respondent_id) REFERENCES respondents (id),
    CONSTRAINT cases_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    CONSTRAINT cases_state_check CHECK (state IN ('draft', 'pre_registration', 'open', 'closed', 'filed', 'admitted', 'distribution', 'archived'))
);
COMMENT ON TABLE cases IS 'One collective matter against a respondent';
COMMENT ON COLUMN cases.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN cases.slug IS 'Name in URLs';
COMMENT ON COLUMN cases.title IS 'Title as shown (letter a)';
COMMENT ON COLUMN cases.summary IS 'What happened in two sentences, as shown';
COMMENT ON COLUMN cases.respondent_id IS 'Whom it is against';
COMMENT ON COLUMN cases.state IS 'Life cycle of the case; sign-up in pre_registration and open, signing in open';
COMMENT ON COLUMN cases.court IS 'Court, once there is one (letter a)';
COMMENT ON COLUMN cases.rg_number IS 'Number in the court''s general roll (letter a)';
COMMENT ON COLUMN cases.pst_id IS 'Identifier on the Portale dei servizi telematici';
COMMENT ON COLUMN cases.created_at IS 'When the row was made, UTC';
COMMENT ON COLUMN cases.state_changed_at IS 'When the state last changed, UTC';

CREATE TABLE third_parties (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    source text NOT NULL,
    CONSTRAINT third_parties_pkey PRIMARY KEY (id),
    CONSTRAINT third_parties_case_id_name_key UNIQUE (case_id, name),
    CONSTRAINT third_parties_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id)
);
COMMENT ON TABLE third_parties IS 'Somebody named in the facts who is not the respondent, such as a vendor';
COMMENT ON COLUMN third_parties.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN third_parties.case_id IS 'The case';
COMMENT ON COLUMN third_parties.name IS 'Name or description as published';
COMMENT ON COLUMN third_parties.role IS 'What part it had, as published';
COMMENT ON COLUMN third_parties.source IS 'Who says so';

CREATE TABLE case_associations (
    case_id uuid NOT NULL,
    association_id uuid NOT NULL,
    mode text NOT NULL,
    joined_at timestamptz NOT NULL,
    CONSTRAINT case_associations_pkey PRIMARY KEY (case_id, association_id),
    CONSTRAINT case_associations_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT case_associations_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT case_associations_mode_check CHECK (mode IN ('interest', 'collection'))
);
COMMENT ON TABLE case_associations IS 'Which associations promote a case (R10)';
COMMENT ON COLUMN case_associations.case_id IS 'The case';
COMMENT ON COLUMN case_associations.association_id IS 'The association';
COMMENT ON COLUMN case_associations.mode IS 'interest: expressions of interest only; collection: declarations too (R11)';
COMMENT ON COLUMN case_associations.joined_at IS 'Since when, UTC';

CREATE TABLE case_counsel (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    association_id uuid NOT NULL,
    name text NOT NULL,
    codice_fiscale text NOT NULL,
    bar text NOT NULL,
    pec text NOT NULL,
    CONSTRAINT case_counsel_pkey PRIMARY KEY (id),
    CONSTRAINT case_counsel_case_id_fkey FOREIGN KEY (case_id, association_id) REFERENCES case_associations (case_id, association_id),
    CONSTRAINT case_counsel_case_id_codice_fiscale_key UNIQUE (case_id, association_id, codice_fiscale)
);
COMMENT ON TABLE case_counsel IS 'Lawyer of an association in a case; the PEC serves letter c) of art. 840-septies';
COMMENT ON COLUMN case_counsel.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN case_counsel.case_id IS 'The case';
COMMENT ON COLUMN case_counsel.association_id IS 'The association that appointed the lawyer';
COMMENT ON COLUMN case_counsel.name IS 'Name as on the bar''s roll (public)';
COMMENT ON COLUMN case_counsel.codice_fiscale IS 'Codice fiscale of the lawyer, text';
COMMENT ON COLUMN case_counsel.bar IS 'Bar of the lawyer (foro)';
COMMENT ON COLUMN case_counsel.pec IS 'PEC address on the public index';

CREATE TABLE incidents (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    accept_from date NOT NULL,
    accept_until date NOT NULL,
    CONSTRAINT incidents_pkey PRIMARY KEY (id),
    CONSTRAINT incidents_case_id_slug_key UNIQUE (case_id, slug),
    CONSTRAINT incidents_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT incidents_ends_at_check CHECK (ends_at IS NULL OR ends_at >= starts_at),
    CONSTRAINT incidents_accept_until_check CHECK (accept_until >= accept_from)
);
COMMENT ON TABLE incidents IS 'One outage inside a case';
COMMENT ON COLUMN incidents.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN incidents.case_id IS 'The case';
COMMENT ON COLUMN incidents.slug IS 'Name in URLs and declarations';
COMMENT ON COLUMN incidents.name IS 'Name as shown';
COMMENT ON COLUMN incidents.starts_at IS 'Official start, UTC; alternatives are case_facts';
COMMENT ON COLUMN incidents.ends_at IS 'Official end, UTC; null while it runs';
COMMENT ON COLUMN incidents.accept_from IS 'First day a declared window may touch, Europe/Rome (R32)';
COMMENT ON COLUMN incidents.accept_until IS 'Last day a declared window may touch, Europe/Rome (R32)';

CREATE TABLE incident_domains (
    incident_id uuid NOT NULL,
    domain text NOT NULL,
    treatment text NOT NULL,
    source text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    CONSTRAINT incident_domains_pkey PRIMARY KEY (incident_id, domain, valid_from),
    CONSTRAINT incident_domains_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
    CONSTRAINT incident_domains_domain_check CHECK (domain = lower(domain)),
    CONSTRAINT incident_domains_treatment_check CHECK (treatment IN ('in_scope', 'verify', 'review', 'refuse'))
);
COMMENT ON TABLE incident_domains IS 'Dated scope table: which mail domains an incident touched (R28, DOMAIN 6.1)';
COMMENT ON COLUMN incident_domains.incident_id IS 'The incident';
COMMENT ON COLUMN incident_domains.domain IS 'Mail domain, lower case, ASCII';
COMMENT ON COLUMN incident_domains.treatment IS 'in_scope; verify: in scope, evidence thin; review: a person looks; refuse: not touched';
COMMENT ON COLUMN incident_domains.source IS 'Who says so';
COMMENT ON COLUMN incident_domains.valid_from IS 'First day on which the row counts';
COMMENT ON COLUMN incident_domains.valid_until IS 'Last day on which the row counts; null: no end';

CREATE TABLE mail_domains (
    domain text NOT NULL,
    held_since timestamptz,
    CONSTRAINT mail_domains_pkey PRIMARY KEY (domain),
    CONSTRAINT mail_domains_domain_check CHECK (domain = lower(domain))
);
COMMENT ON TABLE mail_domains IS 'Public mail providers the platform knows, and whether mail to them is held back';
COMMENT ON COLUMN mail_domains.domain IS 'Mail domain, lower case, ASCII';
COMMENT ON COLUMN mail_domains.held_since IS 'Since when mail to it waits and the clock of R62 stands still, UTC; null: not held';

CREATE TABLE case_facts (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    incident_id uuid,
    topic text NOT NULL,
    value text NOT NULL,
    source text NOT NULL,
    note text,
    position smallint NOT NULL,
    CONSTRAINT case_facts_pkey PRIMARY KEY (id),
    CONSTRAINT case_facts_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT case_facts_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
    CONSTRAINT case_facts_topic_check CHECK (topic IN ('size', 'start', 'end', 'length', 'cause', 'redress', 'event', 'sources')),
    CONSTRAINT case_facts_case_id_position_key UNIQUE (case_id, position)
);
COMMENT ON TABLE case_facts IS 'What is reported about a case, each value with its source; several values of one topic are discrepancies, kept (R70)';
COMMENT ON COLUMN case_facts.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN case_facts.case_id IS 'The case';
COMMENT ON COLUMN case_facts.incident_id IS 'The incident meant, or null for the whole case';
COMMENT ON COLUMN case_facts.topic IS 'What the value is about';
COMMENT ON COLUMN case_facts.value IS 'The value as reported, with its unit';
COMMENT ON COLUMN case_facts.source IS 'Who reports it, and when';
COMMENT ON COLUMN case_facts.note IS 'A remark, such as a unit that differs';
COMMENT ON COLUMN case_facts.position IS 'Order of display within the case';

CREATE TABLE respondent_statements (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    incident_id uuid,
    speaker text NOT NULL,
    said_on date NOT NULL,
    statement text NOT NULL,
    source text NOT NULL,
    promised_for date,
    promise_kept boolean,
    position smallint NOT NULL,
    CONSTRAINT respondent_statements_pkey PRIMARY KEY (id),
    CONSTRAINT respondent_statements_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT respondent_statements_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
    CONSTRAINT respondent_statements_promise_kept_check CHECK (promise_kept IS NULL OR promised_for IS NOT NULL),
    CONSTRAINT respondent_statements_case_id_position_key UNIQUE (case_id, position)
);
COMMENT ON TABLE respondent_statements IS 'What the respondent said and promised';
COMMENT ON COLUMN respondent_statements.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN respondent_statements.case_id IS 'The case';
COMMENT ON COLUMN respondent_statements.incident_id IS 'The incident meant, or null';
COMMENT ON COLUMN respondent_statements.speaker IS 'Who spoke';
COMMENT ON COLUMN respondent_statements.said_on IS 'Day of the statement';
COMMENT ON COLUMN respondent_statements.statement IS 'What was said';
COMMENT ON COLUMN respondent_statements.source IS 'Who reports it';
COMMENT ON COLUMN respondent_statements.promised_for IS 'Day promised, if a day was promised';
COMMENT ON COLUMN respondent_statements.promise_kept IS 'Whether the promise was kept; null while open or unknown';
COMMENT ON COLUMN respondent_statements.position IS 'Order of display within the case';

CREATE TABLE plans (
    case_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    paid boolean NOT NULL,
    fee_cents bigint,
    source text,
    position smallint NOT NULL,
    CONSTRAINT plans_pkey PRIMARY KEY (case_id, code),
    CONSTRAINT plans_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT plans_fee_cents_check CHECK (fee_cents >= 0)
);
COMMENT ON TABLE plans IS 'Plans a mailbox could have in a case (R34)';
COMMENT ON COLUMN plans.case_id IS 'The case';
COMMENT ON COLUMN plans.code IS 'Code in requests';
COMMENT ON COLUMN plans.name IS 'Name as shown';
COMMENT ON COLUMN plans.paid IS 'Whether the plan cost money';
COMMENT ON COLUMN plans.fee_cents IS 'List price a year, euro cents';
COMMENT ON COLUMN plans.source IS 'Who reports the price';
COMMENT ON COLUMN plans.position IS 'Order of display within the case';

CREATE TABLE texts (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    version text NOT NULL,
    language text NOT NULL,
    body text NOT NULL,
    sha256 bytea NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT texts_pkey PRIMARY KEY (id),
    CONSTRAINT texts_case_id_kind_version_language_key UNIQUE (case_id, kind, version, language),
    CONSTRAINT texts_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT texts_kind_check CHECK (kind IN ('privacy_notice', 'contact', 'newsletter', 'attestation_g', 'mandate_h', 'mandate_messa_in_mora')),
    CONSTRAINT texts_language_check CHECK (language IN ('it', 'en', 'de')),
    CONSTRAINT texts_sha256_check CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE texts IS 'Legal and consent texts, each version kept for ever';
COMMENT ON COLUMN texts.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN texts.case_id IS 'The case';
COMMENT ON COLUMN texts.kind IS 'What the text is for';
COMMENT ON COLUMN texts.version IS 'Version, as in consents; the newest published counts';
COMMENT ON COLUMN texts.language IS 'Language of the body';
COMMENT ON COLUMN texts.body IS 'The text, byte for byte as shown';
COMMENT ON COLUMN texts.sha256 IS 'SHA-256 of the body';
COMMENT ON COLUMN texts.published_at IS 'Since when it is shown, UTC';

CREATE TABLE case_counts (
    case_id uuid NOT NULL,
    association_id uuid NOT NULL,
    confirmed bigint NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT case_counts_pkey PRIMARY KEY (case_id, association_id),
    CONSTRAINT case_counts_case_id_fkey FOREIGN KEY (case_id, association_id) REFERENCES case_associations (case_id, association_id)
);
COMMENT ON TABLE case_counts IS 'Batched counts; nothing on a request path counts (DESIGN 3.9)';
COMMENT ON COLUMN case_counts.case_id IS 'The case';
COMMENT ON COLUMN case_counts.association_id IS 'The association';
COMMENT ON COLUMN case_counts.confirmed IS 'Claimants confirmed and not gone, duplicates left out';
COMMENT ON COLUMN case_counts.counted_at IS 'When it was counted, UTC';

CREATE TABLE staff (
    id uuid NOT NULL,
    email_hash bytea NOT NULL,
    root_version integer NOT NULL,
    sealed bytea NOT NULL,
    password_hash text NOT NULL,
    totp_sealed bytea NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_email_hash_key UNIQUE (email_hash),
    CONSTRAINT staff_status_check CHECK (status IN ('active', 'disabled'))
);
COMMENT ON TABLE staff IS 'A person of an association, or an operator';
COMMENT ON COLUMN staff.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN staff.email_hash IS 'Blind index of the login address';
COMMENT ON COLUMN staff.root_version IS 'Version of the root key that seals name, address and TOTP secret';
COMMENT ON COLUMN staff.sealed IS 'Name and address, sealed by the root key';
COMMENT ON COLUMN staff.password_hash IS 'argon2id with a pepper, PHC string';
COMMENT ON COLUMN staff.totp_sealed IS 'TOTP secret, sealed by the root key';
COMMENT ON COLUMN staff.status IS 'active or disabled';
COMMENT ON COLUMN staff.created_at IS 'When the row was made, UTC';

CREATE TABLE memberships (
    staff_id uuid NOT NULL,
    association_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT memberships_pkey PRIMARY KEY (staff_id, association_id),
    CONSTRAINT memberships_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT memberships_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT memberships_role_check CHECK (role IN ('reader', 'reviewer', 'case_manager', 'payout', 'owner', 'auditor', 'operator'))
);
COMMENT ON TABLE memberships IS 'Role of a staff member in an association, read again at each request';
COMMENT ON COLUMN memberships.staff_id IS 'The person';
COMMENT ON COLUMN memberships.association_id IS 'The association';
COMMENT ON COLUMN memberships.role IS 'Role of DESIGN 7';
COMMENT ON COLUMN memberships.created_at IS 'Since when, UTC';
COMMENT ON COLUMN memberships.revoked_at IS 'Until when, UTC; null: still valid';

CREATE TABLE root_keys (
    version integer NOT NULL,
    check_value bytea NOT NULL,
    first_seen timestamptz NOT NULL,
    CONSTRAINT root_keys_pkey PRIMARY KEY (version)
);
COMMENT ON TABLE root_keys IS 'Key-check values: tell a wrong master key file from a right one';
COMMENT ON COLUMN root_keys.version IS 'Version in the master key file';
COMMENT ON COLUMN root_keys.check_value IS 'Derived from the key; tells nothing about it';
COMMENT ON COLUMN root_keys.first_seen IS 'When the key was first used here, UTC';

CREATE TABLE signing_keys (
    id uuid NOT NULL,
    purpose text NOT NULL,
    version integer NOT NULL,
    root_version integer NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (id),
    CONSTRAINT signing_keys_purpose_version_key UNIQUE (purpose, version),
    CONSTRAINT signing_keys_purpose_check CHECK (purpose IN ('lookup', 'mail', 'cap', 'session', 'jwt', 'pepper', 'log'))
);
COMMENT ON TABLE signing_keys IS 'Platform secrets, sealed by the root key';
COMMENT ON COLUMN signing_keys.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN signing_keys.purpose IS 'lookup: blind indexes; mail: tokens and codes; cap: mail caps; session: cookies and CSRF; jwt; pepper: passwords; log: evidence log';
COMMENT ON COLUMN signing_keys.version IS 'The highest is in use';
COMMENT ON COLUMN signing_keys.root_version IS 'Version of the root key that seals it';
COMMENT ON COLUMN signing_keys.sealed IS 'AES-256-GCM: nonce, ciphertext, tag';
COMMENT ON COLUMN signing_keys.created_at IS 'When the secret was made, UTC';
