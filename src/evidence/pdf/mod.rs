//! As much of PDF (ISO 32000-1, 7) as it takes to say what an incremental update changed. Strict: what two
//! readers could read in two ways is not read at all.

pub(super) mod file;
mod lexer;
pub(super) mod object;
pub(super) mod write;
mod xref;

pub(super) use xref::unpack;
