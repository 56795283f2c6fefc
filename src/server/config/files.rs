//! Reading configuration files from disk.

use std::path::{Path, PathBuf};

use sluice_model::catalog::SourceFile;
use sluice_model::diagnostic::Diagnostic;

/// Files of one folder, at most.
const FILES_MAX: usize = 10_000;
/// Depth of folders in folders, at most.
const DEPTH_MAX: usize = 8;
/// Size of one file, at most, bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A finding about a file as a whole.
pub(super) fn finding(path: &Path, code: &'static str, message: impl Into<String>) -> Diagnostic {
    let file = path.display().to_string();
    Diagnostic { file, line: 0, column: 0, code, message: message.into(), hint: None }
}

/// Reads one file.
pub(super) fn read_file(path: &Path) -> Result<SourceFile, Diagnostic> {
    let unreadable = |error: std::io::Error| finding(path, "unreadable-file", format!("cannot read the file: {error}"));
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(finding(path, "file-too-large", format!("{bytes} bytes, at most {FILE_BYTES_MAX} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(SourceFile { path: path.display().to_string(), text })
}

/// Reads every `.yaml` and `.yml` file of a folder and the folders in it, sorted by path. Names that begin with a dot
/// are passed over: editors and volume mounts put their own things there.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<SourceFile>, Vec<Diagnostic>> {
    let (mut paths, mut found) = (Vec::new(), Vec::new());
    list(folder, 0, &mut paths, &mut found);
    paths.sort_unstable();
    if paths.is_empty() && found.is_empty() {
        found.push(finding(folder, "empty-folder", "no .yaml file in this folder"));
    }
    let mut files = Vec::new();
    for path in &paths {
        match read_file(path) {
            Ok(file) => files.push(file),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    if found.is_empty() { Ok(files) } else { Err(found) }
}

fn list(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>, found: &mut Vec<Diagnostic>) {
    let entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => {
            return found.push(finding(folder, "unreadable-file", format!("cannot read the folder: {error}")));
        }
    };
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Links are followed: Kubernetes mounts every file as one.
        let path = entry.path();
        if path.is_dir() {
            if depth >= DEPTH_MAX {
                found.push(finding(&path, "too-deep", format!("folders are read {DEPTH_MAX} deep")));
            } else {
                list(&path, depth + 1, paths, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            if paths.len() >= FILES_MAX {
                return found.push(finding(folder, "too-many-files", format!("more than {FILES_MAX} files")));
            }
            paths.push(path);
        }
    }
}
