use alloc::vec::Vec;
use bytes::Bytes;
use core::{fmt, ops::Deref};

/// So many need no memory besides the packet's own: a ping or its answer, and what is told beside it.
const FEW: usize = 2;

/// The messages of one packet, each already encoded; a slice of them.
///
/// ```
/// use bytes::Bytes;
/// use memberlist_proto::Messages;
///
/// let messages = Messages::from(vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")]);
/// assert_eq!(messages.len(), 2);
/// assert_eq!(messages.iter().map(Bytes::len).sum::<usize>(), 6);
/// ```
#[derive(Clone)]
pub struct Messages(Held);

#[derive(Clone)]
enum Held {
    /// The first of these, as many as the number says; the others are empty.
    Few([Bytes; FEW], usize),
    Many(Vec<Bytes>),
}

impl Messages {
    /// Takes them out of where they were collected, which keeps its memory.
    pub(crate) fn take(collected: &mut Vec<Bytes>) -> Self {
        if collected.len() > FEW {
            let mut many = Vec::with_capacity(collected.len());
            many.append(collected);
            return Self(Held::Many(many));
        }
        let (mut few, len) = ([const { Bytes::new() }; FEW], collected.len());
        for (place, message) in few.iter_mut().zip(collected.drain(..)) {
            *place = message;
        }
        Self(Held::Few(few, len))
    }

    /// Puts others behind these.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use memberlist_proto::Messages;
    ///
    /// let mut messages = Messages::from(vec![Bytes::from_static(b"one")]);
    /// messages.append(vec![Bytes::from_static(b"two")].into());
    /// assert_eq!(*messages, [Bytes::from_static(b"one"), Bytes::from_static(b"two")]);
    /// ```
    pub fn append(&mut self, others: Self) {
        if let Held::Few(few, len) = &mut self.0 {
            let places = few.get_mut(*len..).unwrap_or_default();
            if others.len() <= places.len() {
                *len += others.len();
                places.iter_mut().zip(&others).for_each(|(place, message)| place.clone_from(message));
                return;
            }
            // Whoever gets a third gets more of them.
            let mut many = Vec::with_capacity(4 * FEW + others.len());
            many.extend(few.iter_mut().take(*len).map(core::mem::take));
            self.0 = Held::Many(many);
        }
        let Held::Many(many) = &mut self.0 else { return };
        match others.0 {
            Held::Few(few, len) => many.extend(few.into_iter().take(len)),
            Held::Many(mut others) => many.append(&mut others),
        }
    }

    /// This one alone.
    pub(crate) fn one(message: Bytes) -> Self {
        Self(Held::Few([message, const { Bytes::new() }], 1))
    }
}

impl Deref for Messages {
    type Target = [Bytes];

    fn deref(&self) -> &[Bytes] {
        match &self.0 {
            Held::Few(few, len) => few.get(..*len).unwrap_or_default(),
            Held::Many(many) => many,
        }
    }
}

impl From<Vec<Bytes>> for Messages {
    fn from(mut messages: Vec<Bytes>) -> Self {
        if messages.len() > FEW { Self(Held::Many(messages)) } else { Self::take(&mut messages) }
    }
}

impl<'a> IntoIterator for &'a Messages {
    type Item = &'a Bytes;
    type IntoIter = core::slice::Iter<'a, Bytes>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Messages {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Messages {}

/// As the list that they are: recordings tell outputs apart by this.
impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    #[test]
    fn messages_are_the_list_that_was_put_in_whatever_their_number() {
        for n in 0..6_u8 {
            let list: Vec<Bytes> = (0..n).map(|fill| Bytes::from(vec![fill; 3])).collect();
            let mut collected = list.clone();
            let messages = Messages::take(&mut collected);
            assert_eq!((&*messages, collected.len()), (&*list, 0));
            assert_eq!(messages, Messages::from(list.clone()));
            assert_eq!(format!("{messages:?} {messages:#?}"), format!("{list:?} {list:#?}"));
            for split in 0..=list.len() {
                let (front, back) = list.split_at(split);
                let mut joined = Messages::from(front.to_vec());
                joined.append(back.to_vec().into());
                assert_eq!(*joined, *list);
            }
        }
        assert_eq!(*Messages::one(Bytes::from_static(b"x")), [Bytes::from_static(b"x")]);
    }
}
