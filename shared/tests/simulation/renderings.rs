//! Judges renderings: which are shown, and which are left.

use std::collections::BTreeSet;

use visage::directory::{Avatar, Kept, Portrait};
use visage::image::Image;

use super::caller::{is_unrenderable, rendering};
use super::history::History;
use super::plan::Call;
use super::stage::Stage;

impl History {
    /// Whether this rendering, or none, was what the call had to show at some time. So it is of no older picture than
    /// that which a call before it has seen.
    pub(super) fn shown(&self, call: usize, portrait: Option<&Portrait>) -> bool {
        let record = &self.records[call];
        let Call::Render(_, size) = record.call else {
            return false;
        };
        let number = record.learned.number.get().unwrap_or_default();
        let Some(portrait) = portrait else {
            return self.ever(call, |world| world.avatar(number) == Ok(None));
        };
        let is_of = |picture: &[u8]| match &portrait.rendering {
            Kept::Rendering(made) => *made == rendering(picture, size) && !is_unrenderable(picture),
            Kept::Unrenderable => is_unrenderable(picture),
            Kept::Missing => false,
        };
        let is_shown = |avatar: &Avatar| avatar.change == portrait.change && is_of(&avatar.bytes);
        let mut changes = self.records.iter().enumerate();
        self.ever(
            call,
            |world| matches!(world.avatar(number), Ok(Some(avatar)) if is_shown(avatar)),
        ) || changes.any(|(change, record)| {
            let image = record.image.as_ref().map(Image::bytes);
            matches!(record.call, Call::PutAvatar { .. })
                && image.is_some_and(is_of)
                && self.passed_over(change, call)
        })
    }

    /// Checks that only renderings of present pictures are kept, except of users with a call that has not ended, has failed
    /// or has died.
    pub(crate) fn old_renderings_are_gone(&self, stage: &Stage) -> Result<(), String> {
        let present = self.present();
        for (key, number, change) in stage.values.borrow().renderings() {
            let revision = present.revision(number).map(|change| &change.revision);
            let is_present = present.people.contains_key(&number) && revision == Some(&change);
            let mut calls = self.records.iter().enumerate();
            let is_excused = calls.any(|(call, record)| {
                record.learned.number.get() == Some(number)
                    && (record.result.is_none() || stage.has_failed(call))
            });
            if !is_present && !is_excused {
                return Err(format!(
                    "{key} is of {change}, and the present is {revision:?}"
                ));
            }
        }
        Ok(())
    }

    /// Checks that of each picture only one call was told that it is the first that can't render it.
    pub(crate) fn failures_are_told_once(&self) -> Result<(), String> {
        let mut told = BTreeSet::new();
        for record in &self.records {
            if let Some(revision) = &*record.learned.noted.borrow()
                && !told.insert(revision.clone())
            {
                return Err(format!("{revision} was noted twice"));
            }
        }
        Ok(())
    }
}
