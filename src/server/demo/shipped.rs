//! The shipped catalog and policies, inside the binary: `sluice demo` needs no file beside it.
//!
//! Invariant: the list is the content of `catalog/` and `policies/`; a test compares.

macro_rules! shipped {
    ($($path:literal)*) => {
        /// Path from the top of the repository, and text.
        pub const SHIPPED: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../../", $path)))),*];
    };
}

shipped! {
    "catalog/catalog.yaml"
    "catalog/entities/account.yaml"
    "catalog/entities/branch.yaml"
    "catalog/entities/calendar.yaml"
    "catalog/entities/customer.yaml"
    "catalog/entities/daily_balance.yaml"
    "catalog/entities/employee.yaml"
    "catalog/entities/txn.yaml"
    "policies/cases/bank.case"
    "policies/denials.yaml"
    "policies/grants.yaml"
    "policies/levels.yaml"
    "policies/limits.yaml"
    "policies/masks.yaml"
    "policies/roles.yaml"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn list(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { list(&path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn the_list_is_what_the_folders_hold() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = Vec::new();
        list(&top.join("catalog"), &mut found);
        list(&top.join("policies"), &mut found);
        let mut found: Vec<String> =
            found.iter().map(|path| path.strip_prefix(&top).expect("inside").display().to_string()).collect();
        found.sort();
        let listed: Vec<&str> = SHIPPED.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, found, "put every file of catalog/ and policies/ into shipped.rs, sorted by path");
    }
}
