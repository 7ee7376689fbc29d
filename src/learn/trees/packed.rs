//! Lists of numbers as plain bytes in a file: a forest has millions of them.

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// A list that is saved as bytes, lowest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Packed<T>(pub Vec<T>);

/// A number with a fixed count of bytes.
pub(super) trait Bytes: Copy {
    /// How many.
    const SIZE: usize;
    /// Appends them.
    fn write(self, to: &mut Vec<u8>);
    /// From [`Bytes::SIZE`] of them.
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! bytes {
    ($($t:ty),*) => {$(
        impl Bytes for $t {
            const SIZE: usize = size_of::<$t>();
            fn write(self, to: &mut Vec<u8>) {
                to.extend(self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("chunks have that size"))
            }
        }
    )*};
}
bytes!(u8, u32, u64, f64);

impl<T: Bytes> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.len() * T::SIZE);
        self.0.iter().for_each(|v| v.write(&mut bytes));
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de, T: Bytes> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Bytes> Visitor<'de> for Any<T> {
            type Value = Packed<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "bytes, {} for each number", T::SIZE)
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Packed<T>, E> {
                match bytes.len().is_multiple_of(T::SIZE) {
                    true => Ok(Packed(bytes.chunks_exact(T::SIZE).map(T::read).collect())),
                    false => Err(E::invalid_length(bytes.len(), &self)),
                }
            }

            // Bytes that went through a format without them arrive as a list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Packed<T>, A::Error> {
                let mut bytes: Vec<u8> = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                self.visit_bytes(&bytes)
            }
        }
        deserializer.deserialize_byte_buf(Any(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{from_bytes, to_bytes};

    #[test]
    fn numbers_come_back_exactly() {
        let list = Packed(vec![1.5, -0.0, f64::MAX, f64::MIN_POSITIVE]);
        let bytes = to_bytes("x", &list).unwrap();
        assert_eq!(bytes.len(), 4 * 8 + 2);
        assert_eq!(from_bytes::<Packed<f64>>("x", &bytes).unwrap(), list);
        let three = to_bytes("x", &Packed(vec![1u8, 2, 3])).unwrap();
        assert!(from_bytes::<Packed<u32>>("x", &three).is_err());
    }
}
