//! The file of a receipt: read with bounds, whatever the bytes; nothing in it is believed here.

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;

use super::LONGEST;
use crate::app::receipt::FORMAT;

/// Longest evidence that is read, bytes; ours has some 3,000.
const LONGEST_EVIDENCE: usize = 64 * 1024;

/// The file.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) format: String,
    pub(super) document: String,
    pub(super) document_sha256: String,
    pub(super) declaration: String,
    pub(super) salt: String,
    #[serde(deserialize_with = "flat::object")]
    pub(super) entry: Value,
    pub(super) proof: Option<String>,
    pub(super) checkpoint: Option<String>,
    #[serde(default)]
    pub(super) vkey: Option<String>,
    pub(super) evidence: String,
    pub(super) signed_at: DateTime<Utc>,
    #[serde(default)]
    pub(super) timestamp: Option<TimestampFile>,
}

/// What a time-stamping authority said.
#[derive(Deserialize)]
pub(super) struct TimestampFile {
    pub(super) proof: String,
    pub(super) token: String,
}

/// The file with its bytes.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) document: Vec<u8>,
    pub(super) declaration: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) evidence: Vec<u8>,
    /// The evidence, read.
    pub(super) told: Value,
}

/// Reads it; `None` if it is none.
pub(super) fn read(receipt: &[u8]) -> Option<File> {
    if receipt.len() > LONGEST {
        return None;
    }
    let file: File = serde_json::from_slice(receipt).ok()?;
    (file.format == FORMAT).then_some(file)
}

/// Its bytes; `None` where the base64 or the evidence is none.
pub(super) fn open(file: File) -> Option<Opened> {
    let bytes = |text: &str| BASE64.decode(text.as_bytes()).ok();
    let evidence = bytes(&file.evidence).filter(|bytes| bytes.len() <= LONGEST_EVIDENCE)?;
    Some(Opened {
        document: bytes(&file.document)?,
        declaration: bytes(&file.declaration)?,
        salt: bytes(&file.salt)?,
        told: serde_json::from_slice(&evidence).ok()?,
        evidence,
        file,
    })
}

/// The text in base64.
pub(super) fn text(base64: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(base64.as_bytes()).ok()?).ok()
}

/// An entry is an object of a few texts and numbers; nothing else is built up in memory.
mod flat {
    use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
    use serde_json::{Map, Value};

    const MOST_NAMES: usize = 16;

    pub(super) fn object<'de, D: Deserializer<'de>>(input: D) -> Result<Value, D::Error> {
        input.deserialize_map(Object)
    }

    struct Object;

    impl<'de> Visitor<'de> for Object {
        type Value = Value;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object of texts and numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
            let mut object = Map::new();
            while let Some((name, Scalar(value))) = map.next_entry::<String, Scalar>()? {
                let is_new = object.insert(name, value).is_none();
                if !is_new || object.len() > MOST_NAMES {
                    return Err(A::Error::custom("a name twice, or too many"));
                }
            }
            Ok(Value::Object(object))
        }
    }

    struct Scalar(Value);

    impl<'de> Deserialize<'de> for Scalar {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            input.deserialize_any(ScalarVisitor).map(Self)
        }
    }

    struct ScalarVisitor;

    impl Visitor<'_> for ScalarVisitor {
        type Value = Value;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text or a number")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
            Ok(text.into())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_unit<E: Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
    }
}
