//! The lettre transports: SMTP relay, file, memory.
