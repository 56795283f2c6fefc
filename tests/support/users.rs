//! Users files for the layouts.

use std::path::Path;
use std::sync::OnceLock;

use sluice_wire::ScramVerifier;

use super::sluice::PASSWORD;

/// Somebody who may log in with the password of the tests.
pub struct User {
    /// Login name.
    pub name: &'static str,
    /// Roles.
    pub roles: Vec<&'static str>,
    /// Keys of the organisation units.
    pub posts: Vec<&'static str>,
}

/// Writes a users file.
pub fn write(path: &Path, people: &[User]) {
    let nothing = String::new();
    write_with(path, people.iter().map(|user| (user, nothing.as_str())));
}

/// Writes a users file; beside each of the people the attributes, as the file has them: `clearance: 3, region: x`.
pub fn write_with<'u>(path: &Path, people: impl Iterator<Item = (&'u User, &'u str)>) {
    // Everybody has the same password; one verifier saves the time of making many.
    static VERIFIER: OnceLock<String> = OnceLock::new();
    let verifier = VERIFIER.get_or_init(|| ScramVerifier::generate(PASSWORD).to_text());
    let mut text = String::from("users:\n");
    for (user, attributes) in people {
        let (name, roles, posts) = (user.name, user.roles.join(", "), quoted(&user.posts));
        text.push_str(&format!(
            "  {name}: {{verifier: \"{verifier}\", roles: [{roles}], org_units: [{posts}], attributes: {{{attributes}}}}}\n"
        ));
    }
    std::fs::write(path, text).expect("the users file");
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// The demo bank's users.
pub fn of_the_demo() -> Vec<User> {
    let user = |name, role, post: &'static str| User { name, roles: vec![role], posts: vec![post] };
    vec![
        user("hq_analyst", "analyst", "H00"),
        user("cd_manager", "branch_manager", "B10"),
        user("jj_teller", "teller", "B11"),
        user("risk_officer", "risk_officer", "H00"),
        user("steward", "steward", "H00"),
        user("auditor", "auditor", "H00"),
    ]
}
