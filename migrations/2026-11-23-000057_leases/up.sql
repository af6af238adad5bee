-- Who begins an item of a work queue has it in hand for half an hour; nobody else is led to it meanwhile (decision 0024).
ALTER TABLE assignments ADD COLUMN lease_until timestamptz;
COMMENT ON COLUMN assignments.lease_until IS 'Until when it is in hand of who began it, UTC: after that it is nobody''s; null: taken or given to stay';
GRANT UPDATE (lease_until) ON assignments TO joinder_tenant;
-- acting renews it, also where a step runs under the rights of the platform
GRANT UPDATE (staff_id, assigned_by, assigned_at, due_on, lease_until) ON assignments TO joinder_system;
