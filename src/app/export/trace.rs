//! What an export leaves in the trail.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::trail::Deed;
use crate::crypto::token;
use crate::db::export::ExportRow;
use crate::db::own_data::{self, ExportBatchRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::{AssociationId, ExportId, StaffId};

/// Of whom an export is.
#[derive(Clone, Copy)]
pub(super) struct Of {
    /// The export.
    pub(super) id: ExportId,
    /// The tenant.
    pub(super) association: AssociationId,
    /// Who asked for it.
    pub(super) asked_by: StaffId,
}

impl Of {
    pub(super) fn row(row: &ExportRow) -> Self {
        Self {
            id: ExportId::new(row.id),
            association: AssociationId::new(row.association_id),
            asked_by: StaffId::new(row.requested_by),
        }
    }

    /// The rights its queries run under.
    pub(super) const fn scope(self) -> Scope {
        Scope::Association(self.association)
    }

    /// Something done for who asked.
    pub(super) fn deed<'a>(self, action: &'static str) -> Deed<'a> {
        Deed {
            subject: self.id.uuid(),
            association: Some(self.association),
            actor: Some(self.asked_by),
            action,
            change: None,
            detail: json!({}),
            note: None,
        }
    }

    /// Notes who is in the next part, before anything of it goes anywhere: the list of ids sealed in the
    /// trail, and where to find it from a claimant. `ids` in order.
    pub(super) async fn name_batch(
        self,
        ctx: &Ctx,
        conn: &mut Conn,
        ids: &[Uuid],
    ) -> AppResult<()> {
        let (Some(first_id), Some(last_id)) = (ids.first(), ids.last()) else {
            return Ok(());
        };
        let listed: Vec<u8> = ids.iter().flat_map(|id| id.into_bytes()).collect();
        let mut deed = self.deed("export_rows");
        deed.detail = json!({ "count": ids.len() });
        deed.note = Some(&listed);
        let audit_id = token::new_id(ctx.clock.now());
        deed.write_as(ctx, conn, self.scope(), audit_id).await?;
        let batch = ExportBatchRow {
            export_id: self.id.uuid(),
            first_id: *first_id,
            last_id: *last_id,
            association_id: self.association.uuid(),
            audit_id,
        };
        own_data::put_batch(conn, self.scope(), &batch).await?;
        Ok(())
    }
}

/// What the trail says an export is.
pub(super) fn described(row: &ExportRow) -> Value {
    let mut told = json!({
        "case": row.case_id,
        "format": row.format,
        "clear": row.clear,
        "filter": row.filter,
    });
    if let Value::Object(fields) = &mut told {
        if row.column_set != "full" {
            fields.insert("columns".to_owned(), json!(row.column_set));
        }
        if !row.recipients.is_empty() {
            fields.insert("recipients".to_owned(), json!(row.recipients));
        }
    }
    told
}
