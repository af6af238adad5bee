//! The database roles of DESIGN 3.1, made by code since a dump carries none.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::db::error::DbResult;
use crate::db::pool::{Conn, Pools};

const ROLES: [&str; 5] = [
    "joinder_app",
    "joinder_intake",
    "joinder_tenant",
    "joinder_system",
    LIMITED,
];
/// A member of `joinder_tenant`, whose policies and grants it has, narrowed by its own: some cases of the association.
const LIMITED: &str = "joinder_limited";

/// Makes the roles and lets the owner, and through `joinder_app` the pools, take them on.
/// Safe to repeat, also by two processes at once.
///
/// # Errors
/// `Query` if the owner may not create roles.
pub async fn create(conn: &mut Conn) -> DbResult<()> {
    for role in ROLES {
        let inherits = if role == LIMITED {
            "INHERIT"
        } else {
            "NOINHERIT"
        };
        conn.batch_execute(&format!(
            "DO $$ BEGIN \
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
                 CREATE ROLE {role} NOLOGIN {inherits}; \
               END IF; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
             DO $$ BEGIN \
               IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN \
                 EXECUTE format('GRANT {role} TO %I', current_user); \
               END IF; \
             END $$"
        ))
        .await?;
    }
    conn.batch_execute(&format!(
        "DO $$ BEGIN \
           IF NOT pg_has_role('{LIMITED}', 'joinder_tenant', 'MEMBER') THEN \
             GRANT joinder_tenant TO {LIMITED}; \
           END IF; \
         END $$"
    ))
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    powerful: bool,
}

/// Whether fresh pooled connections run as the powerless roles: neither superuser nor owner.
///
/// # Errors
/// `Unavailable` if there is no connection.
pub async fn pools_are_powerless(pools: &Pools) -> DbResult<bool> {
    let mut powerless = true;
    for mut conn in pools.bare().await? {
        let row: RoleRow = diesel::sql_query(
            "SELECT current_user::text AS name, \
               (rolsuper OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid \
                 AND relnamespace = 'public'::regnamespace)) AS powerful \
             FROM pg_roles WHERE rolname = current_user",
        )
        .get_result(&mut conn)
        .await?;
        powerless &= !row.powerful && ROLES.contains(&row.name.as_str());
    }
    Ok(powerless)
}
