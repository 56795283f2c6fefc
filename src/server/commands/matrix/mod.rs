//! `sluice matrix`: every role and every user by every field.
//!
//! Invariant: each cell is read from the decision that a statement of this subject would get. A role stands for a person
//! who holds it and nothing else: no unit, no attribute, no address; rules that need one give her nothing, or all of
//! the mask, and that is noted.

mod compute;
mod print;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use sluice_base::Language;

use super::opened::{Opened, here_and_now};
use super::{Format, put};

pub use compute::{Column, Line, Matrix, Subject};

/// Which matrix is wanted.
#[derive(Debug, Clone, Default)]
pub struct MatrixOptions {
    /// The configuration.
    pub config: PathBuf,
    /// Roles.
    pub roles: bool,
    /// Users; with neither, both.
    pub users: bool,
    /// How it is printed.
    pub format: Format,
    /// Language of the words.
    pub language: Language,
}

/// Prints the matrix to `out`.
pub async fn matrix(options: &MatrixOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let opened = match Opened::open(&options.config).await {
        Ok(opened) => opened,
        Err(problem) => return problem.tell(err),
    };
    let snapshot = opened.snapshot();
    let both = !options.roles && !options.users;
    let mut matrices = Vec::new();
    if options.roles || both {
        let roles = snapshot.policies.roles().map(|role| Subject::role(role, &snapshot.policies));
        matrices.push(("roles", Matrix::of(snapshot, roles.collect())));
    }
    if options.users || both {
        let users = opened.current.users.iter();
        let users = users.map(|user| Subject::user(user.principal(&snapshot.policies, here_and_now())));
        matrices.push(("users", Matrix::of(snapshot, users.collect())));
    }
    put(out, &print::all(&matrices, options));
    ExitCode::SUCCESS
}
