-- pgbench: what a sign-up by e-mail writes, in one statement, with made-up bytes in place of sealed ones.
-- :case_id and :association_id come from the command line. The limit that benches/sign_up.py compares with.
\set r random(1, 9000000000000000000)
WITH v AS MATERIALIZED (
  SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(md5(:r::text), 2, 3)
      || '8' || substr(md5(:r::text), 6, 15))::uuid AS claimant_id,
    md5('k' || :r)::uuid AS key_id, md5('c' || :r)::uuid AS cap_today, now() AS now,
    substr(sha256(:r::text::bytea), 1, 16) AS hash, sha256(('s' || :r)::bytea) AS secret
), i AS (
  INSERT INTO idempotency_keys (id, request_hash, status, response, expires_at)
  SELECT key_id, hash, 201, jsonb_build_object('id', claimant_id, 'reference', 'ABCDEFGHJKMN', 'state', 'unconfirmed'), now + interval '24 h'
  FROM v ON CONFLICT (id) DO NOTHING RETURNING 1
), s AS (SELECT v.* FROM v, i
), claimant AS (
  INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, mailbox_count, created_at, state_changed_at)
  SELECT claimant_id, :association_id::uuid, :case_id::uuid, 'unconfirmed', 'it', 'email', secret || secret || secret || secret, 1, now, now FROM s
), data_key AS (
  INSERT INTO claimant_keys (claimant_id, association_id, key_version, association_key_version, wrapped)
  SELECT claimant_id, :association_id::uuid, 1, 1, secret || substr(secret, 1, 28) FROM s
), mailbox AS (
  INSERT INTO mailboxes (claimant_id, id, association_id, domain, treatment, plan, sealed, created_at)
  SELECT claimant_id, md5('m' || claimant_id)::uuid, :association_id::uuid, 'libero.it', 'in_scope', 'libero-free', secret || secret, now FROM s
), consent AS (
  INSERT INTO consents (claimant_id, id, association_id, purpose, text_version, given, channel, evidence, created_at)
  SELECT claimant_id, md5(p || claimant_id)::uuid, :association_id::uuid, p, '1', true, 'api', secret || secret, now
  FROM s, (VALUES ('privacy_notice'), ('contact')) AS c (p)
), lookup AS (
  INSERT INTO lookups (hash, kind, claimant_id, association_id)
  SELECT CASE k WHEN 'email' THEN hash ELSE substr(secret, 1, 16) END, k, claimant_id, :association_id::uuid
  FROM s, (VALUES ('reference'), ('email')) AS l (k)
), trail AS (
  INSERT INTO audit (subject_id, id, association_id, actor_kind, action, after, detail, created_at)
  SELECT claimant_id, md5('a' || claimant_id)::uuid, :association_id::uuid, 'public', 'sign_up', 'unconfirmed',
    jsonb_build_object('case', :case_id::text, 'channel', 'api', 'mailboxes', 1), now FROM s
), b AS (
  INSERT INTO rate_buckets (id, instants, granted_to, expires_at)
  SELECT cap_today, ARRAY[now], claimant_id, now + interval '48 h' FROM s ON CONFLICT (id) DO NOTHING
), challenge AS (
  INSERT INTO confirmations (claimant_id, id, association_id, purpose, token_hash, code_hash, created_at, expires_at)
  SELECT claimant_id, md5('t' || claimant_id)::uuid, :association_id::uuid, 'confirm', secret, secret, now, now + interval '72 h' FROM s
), mail AS (
  INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, priority, payload, due_at, created_at, expires_at, queue_id)
  SELECT claimant_id, md5('o' || claimant_id)::uuid, :association_id::uuid, :case_id::uuid, 'confirmation', 7, 1,
    jsonb_build_object('challenge', md5('t' || claimant_id)), now, now, now + interval '7 days', md5('example.org')::uuid FROM s
) SELECT claimant_id FROM s;
