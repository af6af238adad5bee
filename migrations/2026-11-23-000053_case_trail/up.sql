-- who may see some cases reads the log of these cases themselves too (decision 0035)
DROP POLICY audit_limited_policy ON audit;
CREATE POLICY audit_limited_policy ON audit AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (actor_id = current_setting('joinder.staff_id', true)::uuid
        OR EXISTS (SELECT FROM claimants WHERE claimants.id = audit.subject_id)
        OR subject_id = ANY ((SELECT joinder_cases())::uuid[])
        OR EXISTS (SELECT FROM exports WHERE exports.id = audit.subject_id)
        OR EXISTS (SELECT FROM bulk_actions WHERE bulk_actions.id = audit.subject_id)
        OR EXISTS (SELECT FROM imports WHERE imports.id = audit.subject_id)
        OR EXISTS (SELECT FROM sample_checks WHERE sample_checks.id = audit.subject_id));
