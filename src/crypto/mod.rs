//! Keys, sealing, blind indexes, passwords, tokens and JWT; the one backend is aws-lc-rs.
