//! Roles in force, and what a session tells of the catalog before a statement names it.

use super::{Later, POLICIES, World, check, users};

#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_force_narrows_and_never_lifts_a_restriction() {
    let world = World::open("").await;
    let ana = world.login("ana").await.unwrap();
    check(
        &ana,
        "SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE analyst => 42501
         SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE watched => [0]
         SHOW role => watched [0]
         SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE nobody => 42501
         RESET ROLE => [0]
         BEGIN; SET ROLE watched; ROLLBACK => [0] [0] [0]
         SHOW role => none [0]
         SET SESSION AUTHORIZATION bea => 42501
         SET SESSION AUTHORIZATION ana => [0]",
    )
    .await;
    let bea = world.login("bea").await.unwrap();
    check(&bea, "SELECT count(*) FROM retail.branch => 5 [1]\n SET ROLE analyst => [0]\n SET ROLE local => 42501")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_set_early_does_not_escape_what_begins_later() {
    let later = Later::soon();
    let policies = format!(
        "{POLICIES}---\nrestrict: later\nentity: branch\nto: {{role: watched}}\nrows: region = 'west'\nwhen: session.now >= {}\n",
        later.literal()
    )
    .replace("to: {role: watched}\nrows: region <> 'north'", "to: {role: local}\nrows: region <> 'north'");
    let world = World::open_with("", &policies, &["ana: [analyst, watched]"]).await;
    let ana = world.login("ana").await.unwrap();
    check(&ana, "SET ROLE analyst => [0]\n SELECT count(*) FROM retail.branch => 5 [1]").await;
    let prepared = ana.prepare("SELECT count(*) FROM retail.branch").await.unwrap();
    later.past().await;
    assert!(ana.query(&prepared, &[]).await.is_err(), "a statement prepared before is refused as well");
    check(
        &ana,
        "SELECT count(*) FROM retail.branch => 42501
         SELECT nspname FROM pg_namespace WHERE nspname = 'retail' => 42501
         RESET ROLE => [0]
         SELECT count(*) FROM retail.branch => 1 [1]
         SET ROLE analyst => 42501
         SET ROLE watched => [0]
         SELECT count(*) FROM retail.branch => 1 [1]",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_totals_alone_does_not_widen_their_rows() {
    let policies = "\
roles: {rows: {}, totals: {}, wide: {}}
---
grant: rows
to: {role: [rows, wide]}
read: [branch.branch_id]
rows: region = 'south'
---
grant: totals
to: {role: totals}
read: [branch.region]
aggregate_only: true
min_group: 2
---
grant: wide
to: {role: wide}
read: [branch.branch_id]
";
    let world = World::open_with("", policies, &["ana: [rows, totals]", "bea: [wide, totals]", "cy: [totals]"]).await;
    let count = "SELECT count(*) FROM retail.branch";
    let (ana, bea, cy) =
        (world.login("ana").await.unwrap(), world.login("bea").await.unwrap(), world.login("cy").await.unwrap());
    check(&ana, &format!("{count} => 2 [1]\n SET ROLE totals => 42501\n SET ROLE rows => [0]\n {count} => 2 [1]"))
        .await;
    check(&bea, &format!("{count} => 5 [1]\n SET ROLE totals => [0]\n {count} => 5 [1]")).await;
    check(&cy, &format!("SET ROLE totals => [0]\n {count} => 5 [1]")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_path_leads_to_what_is_there_for_the_person() {
    let world = World::open_with("", POLICIES, &["bea: [analyst]", "cy: []"]).await;
    let (bea, cy) = (world.login("bea").await.unwrap(), world.login("cy").await.unwrap());
    check(&bea, "SHOW search_path => retail, 零售 [0]\n SELECT current_schemas(false) => {retail,零售} [1]").await;
    check(
        &cy,
        "SHOW search_path => [0]
         SELECT current_schemas(false) => {} [1]
         SELECT current_schema => NULL [1]
         SELECT setting FROM pg_settings WHERE name = 'search_path' => [1]
         SELECT count(*) FROM branch => 42P01
         SET search_path = retail => [0]
         SHOW search_path => retail [0]
         RESET search_path => [0]
         SHOW search_path => [0]",
    )
    .await;
    world.reloaded(|folder| users(folder, &["bea: []", "cy: [analyst]"])).await;
    check(&bea, "SHOW search_path => [0]").await;
    check(&cy, "SHOW search_path => retail, 零售 [0]").await;
}
