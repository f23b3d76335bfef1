//! How often a broadcast was told, which must not be more often than it was said.

use crate::notice::Notice;
use memberlist::SmolStr;
use std::collections::BTreeMap;

/// How often each notice was said, and told to whom.
#[derive(Debug, Default)]
pub(crate) struct Told {
    said: BTreeMap<Notice, usize>,
    told: BTreeMap<(Notice, SmolStr), usize>,
}

impl Told {
    /// Its author broadcasts it, once more.
    pub(crate) fn say(&mut self, notice: &Notice) {
        *self.said.entry(notice.clone()).or_default() += 1;
    }

    /// This node was told it.
    pub(crate) fn hear(&mut self, observer: &SmolStr, notice: &Notice) {
        *self.told.entry((notice.clone(), observer.clone())).or_default() += 1;
    }

    /// Who was told something more often than it was said, its own words at all, or what nobody said; a clause for each.
    pub(crate) fn too_often(&self) -> Vec<String> {
        let too_often = self.told.iter().filter_map(|((notice, observer), told)| {
            let allowed = if *observer == notice.author {
                0
            } else {
                self.said.get(notice).copied().unwrap_or_default()
            };
            let Notice { author, text } = notice;
            (*told > allowed).then(|| {
                format!("{observer} was told \"{text}\" of {author} {told} times instead of {allowed}")
            })
        });
        too_often.collect()
    }
}

#[cfg(test)]
mod tests;
