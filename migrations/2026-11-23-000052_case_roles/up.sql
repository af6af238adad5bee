-- A membership may be for some cases alone. Who has such a one reads and writes as joinder_limited, a member of joinder_tenant
-- whose rows are narrowed once more; nobody else pays for that.
ALTER TABLE memberships
    ADD COLUMN case_ids uuid[],
    ADD CONSTRAINT memberships_case_ids_check CHECK (case_ids IS NULL OR (cardinality(case_ids) > 0 AND role IN ('reader', 'reviewer', 'case_manager', 'payout')));
COMMENT ON COLUMN memberships.case_ids IS 'Cases it is for; null: all of the association, those to come too';
ALTER TABLE membership_changes
    ADD COLUMN case_ids uuid[],
    ADD CONSTRAINT membership_changes_case_ids_check CHECK (case_ids IS NULL OR cardinality(case_ids) > 0);
COMMENT ON COLUMN membership_changes.case_ids IS 'Cases it is for from then on; null: all';
ALTER TABLE invitations
    ADD COLUMN case_ids uuid[],
    ADD CONSTRAINT invitations_case_ids_check CHECK (case_ids IS NULL OR (cardinality(case_ids) > 0 AND role IN ('reader', 'reviewer', 'case_manager', 'payout')));
COMMENT ON COLUMN invitations.case_ids IS 'Cases the membership will be for; null: all';

CREATE FUNCTION joinder_cases() RETURNS uuid[] LANGUAGE sql STABLE AS
    'SELECT case_ids FROM memberships WHERE staff_id = current_setting(''joinder.staff_id'', true)::uuid AND association_id = current_setting(''joinder.association_id'', true)::uuid';
COMMENT ON FUNCTION joinder_cases() IS 'Cases of the member that a transaction runs for';

-- of a case
CREATE POLICY claimants_limited_policy ON claimants AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY outbox_limited_policy ON outbox AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY log_pending_limited_policy ON log_pending AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY log_events_limited_policy ON log_events AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY paper_hand_ins_limited_policy ON paper_hand_ins AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY rights_requests_limited_policy ON rights_requests AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY case_updates_limited_policy ON case_updates AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY followers_limited_policy ON followers AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY scam_reports_limited_policy ON scam_reports AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY assignments_limited_policy ON assignments AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY deficiencies_limited_policy ON deficiencies AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY conflict_decisions_limited_policy ON conflict_decisions AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY imports_limited_policy ON imports AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY exports_limited_policy ON exports AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY case_revisions_limited_policy ON case_revisions AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY demand_letters_limited_policy ON demand_letters AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY bulk_actions_limited_policy ON bulk_actions AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY sample_checks_limited_policy ON sample_checks AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY partner_submissions_limited_policy ON partner_submissions AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));
CREATE POLICY partner_events_limited_policy ON partner_events AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (case_id = ANY ((SELECT joinder_cases())::uuid[]));

-- of a claimant: whose claimant is seen
CREATE POLICY claimant_keys_limited_policy ON claimant_keys AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = claimant_keys.claimant_id));
CREATE POLICY identities_limited_policy ON identities AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = identities.claimant_id));
CREATE POLICY mailboxes_limited_policy ON mailboxes AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = mailboxes.claimant_id));
CREATE POLICY consents_limited_policy ON consents AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = consents.claimant_id));
CREATE POLICY confirmations_limited_policy ON confirmations AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = confirmations.claimant_id));
CREATE POLICY lookups_limited_policy ON lookups AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = lookups.claimant_id));
CREATE POLICY conflicts_limited_policy ON conflicts AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = conflicts.claimant_id));
CREATE POLICY registered_persons_limited_policy ON registered_persons AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = registered_persons.claimant_id));
CREATE POLICY registered_mailboxes_limited_policy ON registered_mailboxes AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = registered_mailboxes.claimant_id));
CREATE POLICY declaration_drafts_limited_policy ON declaration_drafts AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = declaration_drafts.claimant_id));
CREATE POLICY declarations_limited_policy ON declarations AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = declarations.claimant_id));
CREATE POLICY signature_requests_limited_policy ON signature_requests AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = signature_requests.claimant_id));
CREATE POLICY signatures_limited_policy ON signatures AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = signatures.claimant_id));
CREATE POLICY payouts_limited_policy ON payouts AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = payouts.claimant_id));
CREATE POLICY documents_limited_policy ON documents AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = documents.claimant_id));
CREATE POLICY document_files_limited_policy ON document_files AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = document_files.claimant_id));
CREATE POLICY file_uploads_limited_policy ON file_uploads AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = file_uploads.claimant_id));
CREATE POLICY signature_files_limited_policy ON signature_files AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = signature_files.claimant_id));
CREATE POLICY representatives_limited_policy ON representatives AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = representatives.claimant_id));
CREATE POLICY minors_limited_policy ON minors AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = minors.claimant_id));
CREATE POLICY estates_limited_policy ON estates AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = estates.claimant_id));
CREATE POLICY imported_contacts_limited_policy ON imported_contacts AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = imported_contacts.claimant_id));
CREATE POLICY bulk_members_limited_policy ON bulk_members AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = bulk_members.claimant_id));
CREATE POLICY message_stops_limited_policy ON message_stops AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = message_stops.claimant_id));
CREATE POLICY sample_members_limited_policy ON sample_members AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = sample_members.claimant_id));

-- of a claimant or somebody else
CREATE POLICY mails_limited_policy ON mails AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = mails.subject_id));
CREATE POLICY bounces_limited_policy ON bounces AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = bounces.subject_id));
CREATE POLICY audit_limited_policy ON audit AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (actor_id = current_setting('joinder.staff_id', true)::uuid
        OR EXISTS (SELECT FROM claimants WHERE claimants.id = audit.subject_id)
        OR EXISTS (SELECT FROM exports WHERE exports.id = audit.subject_id)
        OR EXISTS (SELECT FROM bulk_actions WHERE bulk_actions.id = audit.subject_id)
        OR EXISTS (SELECT FROM imports WHERE imports.id = audit.subject_id)
        OR EXISTS (SELECT FROM sample_checks WHERE sample_checks.id = audit.subject_id));

-- of an export or an import
CREATE POLICY export_batches_limited_policy ON export_batches AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM exports WHERE exports.id = export_batches.export_id));
CREATE POLICY export_files_limited_policy ON export_files AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM exports WHERE exports.id = export_files.export_id));
CREATE POLICY import_reports_limited_policy ON import_reports AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM imports WHERE imports.id = import_reports.import_id));
