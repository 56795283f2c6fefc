//! Noticing that a file has changed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::config::Config;

/// The link that Kubernetes exchanges when a mounted volume changes.
const KUBERNETES_LINK: &str = "..data";

/// Watches the folders of a configuration; each burst of changes leaves at least one message.
pub(super) fn watch(config: &Config) -> notify::Result<(RecommendedWatcher, mpsc::Receiver<()>)> {
    let (sender, receiver) = mpsc::channel(1);
    let interest = Interest::of(config);
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
    for folder in [&config.catalog, &config.policies] {
        watcher.watch(folder, RecursiveMode::Recursive)?;
    }
    // The folder and not the file: editors and volume mounts replace files.
    let folder = config.users.parent().unwrap_or(Path::new("."));
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok((watcher, receiver))
}

struct Interest {
    folders: Vec<PathBuf>,
    names: Vec<OsString>,
}

impl Interest {
    fn of(config: &Config) -> Interest {
        let mut names = vec![OsString::from(KUBERNETES_LINK)];
        names.extend(config.users.file_name().map(OsString::from));
        Interest { folders: vec![config.catalog.clone(), config.policies.clone()], names }
    }

    fn wants(&self, event: &Event) -> bool {
        // Reading a file is an event too, and reloading reads.
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        event.need_rescan()
            || event.paths.iter().any(|path| {
                self.folders.iter().any(|folder| path.starts_with(folder))
                    || path.file_name().is_some_and(|name| self.names.iter().any(|known| known == name))
            })
    }
}
