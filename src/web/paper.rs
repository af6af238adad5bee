//! What is signed by hand comes as a form with files: from the claimant, by page or API, and from staff.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::paper::HandIn;
use crate::app::sign_up::Evidence as Origin;
use crate::domain::paper::{FILE_BYTES, MOST_SCANS, TOTAL_BYTES};
use crate::web::declaration_form::as_iso;
use crate::web::extract::multipart::{Parts, Shape};

/// What a form of the API may hold.
pub const SHAPE: Shape = Shape {
    texts: &["tier", "id_expires_on", "signed_on"],
    files: &["file", "id_front", "id_back"],
    file_bytes: FILE_BYTES,
    file_count: MOST_SCANS + 2,
    total_bytes: TOTAL_BYTES,
};

/// What a form of a page may hold.
pub const FORM: Shape = Shape {
    texts: &["csrf", "id_expires_on", "signed_on"],
    ..SHAPE
};

/// The form, described.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: it is read part by part")]
pub struct HandInForm {
    /// `paper`
    tier: String,
    /// Scans of all pages: PDF, JPEG or PNG, at most 15 MiB each.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
    /// Front of the identity document.
    #[schema(value_type = String, format = Binary)]
    id_front: Vec<u8>,
    /// Its back.
    #[schema(value_type = String, format = Binary)]
    id_back: Vec<u8>,
    /// Last day on which it is valid, `YYYY-MM-DD`.
    id_expires_on: String,
    /// When it was signed; by default today.
    signed_on: Option<String>,
}

/// A hand-in that waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct HandedInResponse {
    pub(in crate::web) id: uuid::Uuid,
    /// `to_verify|approved|rejected|replaced`
    #[schema(example = "to_verify")]
    pub(in crate::web) state: String,
    /// Version of the declaration.
    pub(in crate::web) version: i32,
    pub(in crate::web) document_sha256: String,
}

/// What was handed in; dates as people write them are read too.
pub fn hand_in(parts: &mut Parts, origin: Origin) -> HandIn {
    let id_expires_on = parts.text("id_expires_on").map(as_iso);
    let signed_on = parts.text("signed_on").map(as_iso);
    let mut take = |name| {
        let files = parts.take_files(name).into_iter();
        files.map(|file| file.content).collect()
    };
    HandIn {
        scans: take("file"),
        id_front: take("id_front"),
        id_back: take("id_back"),
        id_expires_on,
        signed_on,
        origin,
    }
}
