//! What goes on under a decision made before: cursors, suspended portals, answers on their way.

use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt;
use tokio_postgres::error::SqlState;

use super::{Later, POLICIES, World, check, told, users, wait, write};

#[tokio::test(flavor = "multi_thread")]
async fn cursors_end_where_they_would_be_decided_otherwise() {
    let people = ["ana: [analyst]", "bea: [local]", "cy: [local]", "dee: [analyst, local]", "eva: [local]"];
    let world = World::open_with("", POLICIES, &people).await;
    let mut clients = Vec::new();
    for name in ["ana", "bea", "cy", "dee", "eva"] {
        let client = world.login(name).await.unwrap();
        check(
            &client,
            "BEGIN; DECLARE h SCROLL CURSOR WITH HOLD FOR SELECT branch_id FROM retail.branch ORDER BY 1 => [0] [0]
             FETCH h => B1 [1]
             COMMIT => [0]
             DECLARE s CURSOR WITH HOLD FOR SELECT nspname FROM pg_namespace WHERE nspname = 'retail' => [0]
             BEGIN; DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1 => [0] [0]",
        )
        .await;
        clients.push(client);
    }
    let [ana, bea, cy, dee, eva] = &clients[..] else { panic!("five") };
    world
        .reloaded(|folder| {
            let more = "---\nrestrict: south\nentity: branch\nto: {role: analyst}\nrows: region = 'south'\n";
            write(folder, "policies/bank.yaml", &format!("{POLICIES}{more}"));
        })
        .await;
    // What was read already is not shown again either. The system's own rows were of other policies, for everybody.
    check(ana, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH PRIOR FROM h => 55000\n FETCH h => 34000").await;
    check(ana, "FETCH s => 55000\n SELECT count(*) FROM retail.branch => 2 [1]").await;
    check(bea, "FETCH c => B1 [1]\n COMMIT => [0]\n FETCH h => [0]\n FETCH PRIOR FROM h => B1 [1]").await;
    world.reloaded(|folder| users(folder, &["bea: [local]", "dee: [local]", "eva: [local, watched]"])).await;
    check(bea, "FETCH ABSOLUTE 1 FROM h => B1 [1]").await;
    assert_eq!(told(cy, "FETCH h").await, "28000");
    wait("the removed user is gone", || cy.is_closed()).await;
    check(dee, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH h => 55000").await;
    check(eva, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH h => 55000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_portal_ends_as_cursors_do() {
    let world = World::open("").await;
    let mut bea = world.login("bea").await.unwrap();
    let transaction = bea.transaction().await.unwrap();
    let text = "SELECT branch_id FROM retail.branch ORDER BY 1";
    let portal = transaction.bind(text, &[]).await.unwrap();
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 2);
    world
        .reloaded(|folder| {
            let denied = format!("{POLICIES}---\ndeny: no-id\nto: {{role: analyst}}\nfields: [branch.branch_id]\n");
            write(folder, "policies/bank.yaml", &denied);
        })
        .await;
    let error = transaction.query_portal(&portal, 2).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE), "{error:?}");
    let error = error.as_db_error().unwrap();
    assert_eq!(error.hint(), Some("Run the query again."));
    drop(transaction);
    eventually_recorded(&world, "no longer decided as before: the decision on branch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_stands_for_its_age() {
    let later = Later::soon();
    let begins = later.literal();
    let policies = format!(
        "{POLICIES}---\nrestrict: later\nentity: branch\nto: {{role: analyst}}\nrows: region = 'west'\nwhen: session.now >= {begins}\n\
         ---\nrestrict: ever\nentity: branch\nto: {{role: local}}\nrows: session.now > timestamptz '2020-01-01 00:00:00+00'\n"
    );
    let world = World::open_with("decision_age_ms: 400", &policies, &["ana: [local]", "bea: [analyst]"]).await;
    let (ana, bea) = (world.login("ana").await.unwrap(), world.login("bea").await.unwrap());
    let declare =
        "BEGIN; DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1; FETCH c => [0] [0] B1 [1]";
    check(&ana, declare).await;
    check(&bea, declare).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    check(&bea, "FETCH c => B2 [1]").await;
    later.past().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    // No snapshot is new: the rule began by the clock. Time that only went by ends nothing.
    check(&bea, "FETCH c => 55000").await;
    check(&ana, "FETCH c => [0]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_leaving_are_bound_by_the_age_too() {
    let people = ["ana: [local, watched]", "bea: [analyst]"];
    let world = World::open_with("decision_age_ms: 300", POLICIES, &people).await;
    let wide = "SELECT repeat(a.branch_id, 400) FROM retail.branch a, retail.branch b, retail.branch c, retail.branch d, \
                retail.branch e, retail.branch f, retail.branch g";
    let (ana, bea) = (world.login("ana").await.unwrap(), world.login("bea").await.unwrap());
    let mut rows = Vec::new();
    for client in [&ana, &bea] {
        let mut stream = Box::pin(client.query_raw(wide, std::iter::empty::<i64>()).await.unwrap());
        stream.try_next().await.unwrap().unwrap();
        rows.push(stream);
    }
    let rule = "---\nrestrict: south\nentity: branch\nto: {role: analyst}\nrows: region = 'south'\n";
    world.reloaded(|folder| write(folder, "policies/bank.yaml", &format!("{POLICIES}{rule}"))).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let [of_ana, of_bea] = &mut rows[..] else { panic!("two") };
    let mut count = 1;
    while of_ana.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3_i32.pow(7), "she is decided on as before");
    let ended = loop {
        match of_bea.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("every row left"),
            Err(error) => break error,
        }
    };
    assert_eq!(ended.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE), "{ended:?}");
}

/// Waits until the audit's segments hold a text.
async fn eventually_recorded(world: &World, text: &str) {
    let folder = world.folder.path().join("audit");
    let holds = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).contains(text);
    wait(text, || std::fs::read_dir(&folder).unwrap().flatten().any(|entry| holds(&entry.path()))).await;
}
