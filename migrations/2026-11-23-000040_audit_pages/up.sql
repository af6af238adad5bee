-- What a staff member did, newest first, without a walk over the trail. Rows of claimants do not pay for it.

CREATE INDEX audit_staff_idx ON audit (actor_id, id) WHERE actor_kind = 'staff';
