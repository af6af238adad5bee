//! What we ask of others over HTTP. Certificates are those of the web; nobody is followed elsewhere; every
//! answer has a limit in time and size.

pub mod tsa;
