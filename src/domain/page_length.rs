//! How many items a page of a list has.

/// Items of a page where nobody says how many.
pub const DEFAULT_LIMIT: u16 = 50;
/// Most items of a page.
pub const MAX_LIMIT: u16 = 200;
