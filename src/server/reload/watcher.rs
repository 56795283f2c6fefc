//! Noticing that a file has changed, however it is named and however it was replaced.
//!
//! Invariant: what is watched is what is read. A folder, a file and every link on the way to them may be exchanged, so
//! each is watched in the folder where it stands, by its real path; [`watch`] is asked anew after each change, because
//! what was exchanged is another folder. Left out: the renaming of a plain folder further up, for which there is SIGHUP.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::config::Config;

/// Links followed on one way, at most; Linux follows as many.
const LINKS_MAX: usize = 40;
/// Depth of folders in which links are looked for; files further down are not read.
const DEPTH_MAX: usize = 8;

/// Folders under watch; it ends when this is dropped.
pub(super) struct Watching {
    _watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl Watching {
    /// Waits for the next change; each burst leaves at least one message. `None`: there will be none.
    pub(super) async fn changed(&mut self) -> Option<()> {
        self.changes.recv().await
    }
}

/// Watches what a configuration reads, as it stands now.
pub(super) fn watch(config: &Config) -> notify::Result<Watching> {
    let (sender, changes) = mpsc::channel(1);
    let places = Places::of(config);
    let interest = places.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let wanted = match &event {
            Ok(event) => interest.wants(event),
            Err(error) => {
                tracing::warn!(%error, "watching files failed; looking at all of them");
                true
            }
        };
        if wanted {
            // Full means that a message waits already.
            sender.try_send(()).unwrap_or_default();
        }
    })?;
    for folder in places.single_folders() {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            let folder = folder.display();
            tracing::error!(alert = true, %error, %folder, "a folder cannot be watched; send SIGHUP after a change");
        }
    }
    for tree in &places.trees {
        watcher.watch(tree, RecursiveMode::Recursive)?;
    }
    Ok(Watching { _watcher: watcher, changes })
}

/// Where things stand, by real paths.
#[derive(Debug, Clone, Default, PartialEq)]
struct Places {
    /// Folders in which everything counts, and in the folders in them.
    trees: BTreeSet<PathBuf>,
    /// Single entries of other folders.
    entries: BTreeSet<(PathBuf, OsString)>,
}

impl Places {
    fn of(config: &Config) -> Places {
        let mut places = Places::default();
        for folder in [&config.catalog, &config.policies] {
            if let Some(real) = places.follow(folder) {
                places.links_in(&real, 0);
                places.trees.insert(real);
            }
        }
        places.follow(&config.users);
        places
    }

    /// Notes a path's last entry and every link on the way to it. Gives the real path, where it leads to something.
    fn follow(&mut self, path: &Path) -> Option<PathBuf> {
        let absolute = std::path::absolute(path).ok()?;
        let mut rest: VecDeque<OsString> = absolute.components().map(|part| part.as_os_str().to_owned()).collect();
        let (mut here, mut links) = (PathBuf::new(), 0);
        while let Some(part) = rest.pop_front() {
            match Path::new(&part).components().next() {
                Some(Component::Normal(name)) => {
                    let entry = here.join(name);
                    let found = entry.symlink_metadata();
                    let is_link = found.as_ref().is_ok_and(|found| found.is_symlink());
                    if is_link || found.is_err() || rest.is_empty() {
                        self.entries.insert((here.clone(), name.to_owned()));
                    }
                    found.ok()?;
                    if !is_link {
                        here = entry;
                        continue;
                    }
                    links += 1;
                    let target = std::fs::read_link(&entry).ok().filter(|_| links <= LINKS_MAX)?;
                    for part in target.components().rev() {
                        rest.push_front(part.as_os_str().to_owned());
                    }
                }
                Some(Component::ParentDir) => {
                    here.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => here = PathBuf::from(&part),
                Some(Component::CurDir) | None => {}
            }
        }
        Some(here)
    }

    /// Links in a folder lead to files that stand elsewhere.
    fn links_in(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_symlink() {
                self.follow(&path);
            }
            if depth < DEPTH_MAX && path.is_dir() {
                self.links_in(&path, depth + 1);
            }
        }
    }

    /// Folders of the single entries; those inside a tree are watched with it.
    fn single_folders(&self) -> BTreeSet<&Path> {
        let folders = self.entries.iter().map(|(folder, _)| folder.as_path());
        folders.filter(|folder| !self.trees.iter().any(|tree| folder.starts_with(tree))).collect()
    }

    fn wants(&self, event: &Event) -> bool {
        // Reading a file is an event too, and reloading reads.
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let is_entry = |path: &Path| match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.entries.contains(&(folder.to_path_buf(), name.to_owned())),
            _ => false,
        };
        let counts = |path: &PathBuf| self.trees.iter().any(|tree| path.starts_with(tree)) || is_entry(path);
        event.need_rescan() || event.paths.iter().any(counts)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_on_the_way_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("volume/..1")).unwrap();
        std::fs::write(real.join("volume/..1/users.yaml"), "").unwrap();
        symlink("..1", real.join("volume/..data")).unwrap();
        symlink("../volume/..data/users.yaml", real.join("volume/users.yaml")).unwrap();
        symlink(real.join("volume"), real.join("mounted")).unwrap();
        let mut places = Places::default();
        let found = places.follow(&real.join("./mounted/../mounted/users.yaml"));
        assert_eq!(found, Some(real.join("volume/..1/users.yaml")));
        let mut noted: Vec<String> = places
            .entries
            .iter()
            .map(|(folder, name)| folder.join(name).strip_prefix(&real).unwrap().display().to_string())
            .collect();
        noted.sort_unstable();
        assert_eq!(noted, ["mounted", "volume/..1/users.yaml", "volume/..data", "volume/users.yaml"]);

        symlink("round", real.join("round")).unwrap();
        assert_eq!(places.follow(&real.join("round")), None);
        assert_eq!(places.follow(&real.join("nothing/users.yaml")), None);
        assert!(places.entries.contains(&(real, "nothing".into())), "it may come yet");
    }
}
