//! Values of PDF.

use std::collections::BTreeMap;
use std::ops::Range;

/// A dictionary; names without their slash.
pub(in crate::evidence) type Dict = BTreeMap<Vec<u8>, Object>;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evidence) enum Object {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A name without its slash.
    Name(Vec<u8>),
    /// A string, and where it stands in the file.
    Text(Vec<u8>, Place),
    /// An array.
    Array(Vec<Object>),
    /// A dictionary.
    Dict(Dict),
    /// A dictionary and where its bytes stand in the file.
    Stream(Dict, Place),
    /// `number generation R`.
    Reference(u32),
}

/// Where something stands in the file. Two values are the same wherever they stand.
#[derive(Clone, Debug)]
pub(in crate::evidence) struct Place(pub(in crate::evidence) Range<usize>);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Object {
    /// The dictionary, also of a stream.
    pub(in crate::evidence) fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) | Self::Stream(dict, _) => Some(dict),
            _ => None,
        }
    }

    /// The whole number.
    pub(in crate::evidence) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The whole number, if it is none below zero.
    pub(in crate::evidence) fn size(&self) -> Option<usize> {
        usize::try_from(self.integer()?).ok()
    }

    /// Any number.
    pub(in crate::evidence) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it is this name.
    pub(in crate::evidence) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name.as_bytes())
    }

    /// The elements.
    pub(in crate::evidence) fn array(&self) -> Option<&[Object]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number of the object referred to.
    pub(in crate::evidence) fn reference(&self) -> Option<u32> {
        match self {
            Self::Reference(number) => Some(*number),
            _ => None,
        }
    }
}

/// The value of a key.
pub(in crate::evidence) fn get<'d>(dict: &'d Dict, key: &str) -> Option<&'d Object> {
    dict.get(key.as_bytes())
}
