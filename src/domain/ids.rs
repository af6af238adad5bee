//! Ids: a UUID with the kind of thing it names, so that two kinds cannot be mixed up.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A UUID that names a `T`.
pub struct Id<T> {
    uuid: Uuid,
    kind: PhantomData<fn() -> T>,
}

/// The kinds of things that have ids.
pub mod kind {
    /// A consumer association.
    pub enum Association {}
    /// A company complained about.
    pub enum Respondent {}
    /// A collective matter.
    pub enum Case {}
    /// An outage inside a case.
    pub enum Incident {}
    /// A registered person or entity.
    pub enum Claimant {}
    /// A mailbox that failed.
    pub enum Mailbox {}
    /// The secret behind a link or code.
    pub enum Challenge {}
    /// A mail due.
    pub enum Outbox {}
    /// A staff member.
    pub enum Staff {}
    /// A list produced.
    pub enum Export {}
    /// An earlier list of an association.
    pub enum Import {}
    /// A document of a claimant: one or several files.
    pub enum Document {}
    /// A file that is kept as it came.
    pub enum File {}
    /// A partner site.
    pub enum Partner {}
    /// A key of a partner site.
    pub enum PartnerKey {}
    /// What a partner is told.
    pub enum PartnerEvent {}
    /// Where a partner is told it.
    pub enum WebhookEndpoint {}
}

/// Names an association.
pub type AssociationId = Id<kind::Association>;
/// Names a respondent.
pub type RespondentId = Id<kind::Respondent>;
/// Names a case.
pub type CaseId = Id<kind::Case>;
/// Names an incident.
pub type IncidentId = Id<kind::Incident>;
/// Names a claimant.
pub type ClaimantId = Id<kind::Claimant>;
/// Names a mailbox.
pub type MailboxId = Id<kind::Mailbox>;
/// Names a challenge.
pub type ChallengeId = Id<kind::Challenge>;
/// Names an outbox row, and later the mail.
pub type OutboxId = Id<kind::Outbox>;
/// Names a staff member.
pub type StaffId = Id<kind::Staff>;
/// Names an export.
pub type ExportId = Id<kind::Export>;
/// Names an earlier list of an association.
pub type ImportId = Id<kind::Import>;
/// Names a document of a claimant.
pub type DocumentId = Id<kind::Document>;
/// Names a file that is kept as it came.
pub type FileId = Id<kind::File>;
/// Names a partner site.
pub type PartnerId = Id<kind::Partner>;
/// Names a key of a partner site.
pub type PartnerKeyId = Id<kind::PartnerKey>;
/// Names what a partner is told.
pub type PartnerEventId = Id<kind::PartnerEvent>;
/// Names an address that events are delivered to.
pub type WebhookEndpointId = Id<kind::WebhookEndpoint>;

impl<T> Id<T> {
    /// The id with this UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// The bare UUID, for storage and for keys.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// Whether it names a twin in the sandbox of partners (decision 34): associations and cases have ids of
    /// version 8 there, and nowhere else; the database holds it so.
    pub const fn is_sandbox(self) -> bool {
        self.uuid.get_version_num() == 8
    }

    /// Reads the usual text form.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self::new)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.uuid, f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}
