//! The console: pages for the staff of associations.

use crate::web::Route;

/// Routes of this folder.
pub fn routes() -> Vec<Route> {
    Vec::new()
}
