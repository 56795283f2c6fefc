//! What each stage of a statement costs: parse, resolve, govern, split, render, encode.
//!
//! Over the demo bank at its small scale, as the branch manager, for three statements: a point query, an aggregate of
//! one source, and a join across sources. `split` plans without push-down, `render` with it: the difference is what
//! asking the sources for more costs. Nothing here reads a source but the set-up of `encode`.
//!
//! `policies` is about large sets: deciding five relations, and deciding and rewriting a statement over them, under 200
//! rules (the aim is a millisecond), and loading 2,000 rules over 20,000 fields (two seconds).

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sluice_base::{Column, Datum, Format, Limits, SqlType, TimeZone};
use sluice_engine::encode::{EncodeSettings, RowEncoder};
use sluice_engine::{Engine, RowBlock};
use sluice_model::audit::{Outcome, Pending, Record, SessionInfo, Sink, Trail};
use sluice_model::catalog::{self, Connection, SourceFile, SourceKind};
use sluice_model::policy::{self, OrgTree};
use sluice_model::principal::RequestContext;
use sluice_model::{Principal, Snapshot};
use sluice_plan::{Asker, PlanCacheMode, Plans, Query, StatementKind};
use sluice_server::config::Config;
use sluice_server::demo::{Scale, prepare};
use sluice_server::reload::{Loader, open_sources};

const STATEMENTS: [(&str, &str); 3] = [
    ("point", "SELECT cust_id, cust_name, mobile FROM retail.customer WHERE cust_id = $1"),
    ("aggregate", "SELECT branch_id, count(*) FROM retail.customer WHERE segment <> '财富' GROUP BY branch_id"),
    (
        "join",
        "SELECT b.branch_name, sum(d.balance) FROM retail.customer c JOIN retail.account a ON a.cust_id = c.cust_id \
         JOIN retail.daily_balance d ON d.acct_id = a.acct_id JOIN retail.branch b ON b.branch_id = c.branch_id \
         WHERE d.biz_date = DATE '2026-06-30' GROUP BY b.branch_name ORDER BY 2 DESC",
    ),
];

/// Rows of the encode benches.
const ROWS: usize = 8_192;

/// The demo bank, loaded as a server loads it.
struct Bank {
    runtime: tokio::runtime::Runtime,
    snapshot: Arc<Snapshot>,
    engine: Arc<Engine>,
    without_pushdown: Engine,
    principal: Principal,
    limits: Limits,
    search_path: Vec<String>,
    timezone: TimeZone,
    folder: PathBuf,
}

impl Drop for Bank {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

impl Bank {
    fn load() -> Bank {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder").keep();
        let file = prepare(&folder, 6432, Scale::small()).expect("the demo bank");
        let config = Config::load(&file).expect("the demo's configuration");
        let config = Arc::new(config);
        let (loader, current) = runtime.block_on(Loader::open(config.clone(), None)).expect("the demo's files");
        let sources = open_sources(&config).expect("the demo's sources");
        let keys = config.mask_keys().expect("the demo's keys");
        let without_pushdown = Engine::new(sources, keys, &config.limits).expect("an engine").without_pushdown();
        let user = current.users.get("cd_manager").expect("a user of the demo");
        let principal = user.principal(&current.snapshot.policies, RequestContext::default());
        Bank {
            runtime,
            snapshot: current.snapshot.clone(),
            engine: loader.engine.clone(),
            without_pushdown,
            principal,
            limits: Limits::default(),
            search_path: current.snapshot.catalog.search_path.clone(),
            timezone: TimeZone::default(),
            folder,
        }
    }

    fn asker(&self) -> Asker<'_> {
        Asker {
            principal: &self.principal,
            snapshot: &self.snapshot,
            database: &self.snapshot.catalog.name,
            search_path: &self.search_path,
            limits: &self.limits,
            timezone: &self.timezone,
            session: &[],
        }
    }

    /// The rows of a statement, as the engine hands them to the encoder.
    fn blocks(&self, sql: &str) -> (Vec<Column>, Vec<RowBlock>) {
        let query = parse(sql, &self.limits);
        let sink: Arc<dyn Sink> = Arc::new(Forgetful);
        let session = Arc::new(SessionInfo::default());
        self.runtime.block_on(async {
            let governed = sluice_plan::prepare(&query, &self.asker(), &[]).expect("a governed plan");
            let admitted = Trail::open(&sink, &session, sql).admit(governed).await.expect("admitted");
            let federated = self.engine.federate(admitted, &self.snapshot).expect("federated");
            let mut rows = self.engine.execute(federated).expect("running");
            let columns = rows.columns().to_vec();
            let mut blocks = Vec::new();
            while let Some(block) = rows.next().await.expect("rows") {
                blocks.push(block);
            }
            rows.finish(Outcome::Done);
            (columns, blocks)
        })
    }
}

/// A sink that keeps nothing: the audit has benches of its own.
struct Forgetful;

impl Sink for Forgetful {
    fn append(&self, _: Record) -> Pending {
        Box::pin(async { Ok(()) })
    }
}

fn parse(sql: &str, limits: &Limits) -> Query {
    let statement = sluice_plan::parse(sql, limits).expect("a statement").remove(0);
    match statement.kind {
        StatementKind::Query(query) => query,
        _ => panic!("a query is expected"),
    }
}

fn parameters(name: &str) -> Vec<(SqlType, Datum)> {
    if name == "point" { vec![(SqlType::Text, Datum::Text("C00000001".into()))] } else { Vec::new() }
}

fn stages(criterion: &mut Criterion) {
    let bank = Bank::load();
    for (name, sql) in STATEMENTS {
        let query = parse(sql, &bank.limits);
        let (params, asker) = (parameters(name), bank.asker());
        let types: Vec<Option<SqlType>> = params.iter().map(|(kind, _)| Some(kind.clone())).collect();
        let mut bench = |stage: &str, work: &mut dyn FnMut()| {
            criterion
                .benchmark_group(stage)
                .bench_function(BenchmarkId::from_parameter(name), |run| run.iter(&mut *work));
        };
        bench("parse", &mut || {
            black_box(sluice_plan::parse(black_box(sql), &bank.limits).expect("a statement"));
        });
        bench("resolve", &mut || {
            black_box(sluice_plan::describe(&query, &asker, &types).expect("a description"));
        });
        // Resolves as well: a governed plan is never made from an older look at the names.
        bench("govern", &mut || {
            black_box(sluice_plan::prepare(&query, &asker, &params).expect("a governed plan"));
        });
        let plan = |engine: &Engine| {
            let governed = sluice_plan::prepare(&query, &asker, &params).expect("a governed plan");
            engine.explain(governed, &bank.snapshot).expect("a split plan")
        };
        bench("split", &mut || {
            black_box(plan(&bank.without_pushdown));
        });
        bench("render", &mut || {
            black_box(plan(&bank.engine));
        });
    }
}

fn encode(criterion: &mut Criterion) {
    let bank = Bank::load();
    let sql = format!(
        "SELECT t.txn_id, t.txn_time, t.acct_id, t.amount, t.memo, c.is_business FROM retail.txn t \
         CROSS JOIN retail.calendar c LIMIT {ROWS}"
    );
    let (columns, blocks) = bank.blocks(&sql);
    let rows: usize = blocks.iter().map(RowBlock::rows).sum();
    let settings = EncodeSettings::default();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(rows as u64));
    for (name, format) in [("text", Format::Text), ("binary", Format::Binary)] {
        let formats = vec![format; columns.len()];
        let mut encoder = RowEncoder::new(&columns, &formats, &settings).expect("an encoder");
        let mut out = BytesMut::new();
        group.bench_function(name, |run| {
            run.iter(|| {
                out.clear();
                for block in &blocks {
                    encoder.data_rows(block, 0, block.rows(), &mut out).expect("rows");
                }
                black_box(out.len())
            });
        });
    }
    group.finish();
}

/// A catalog of `entities` with 50 fields each, chained by relationships that carry rules.
fn large_catalog(entities: usize) -> Vec<SourceFile> {
    let mut files = vec![SourceFile {
        path: "catalog.yaml".into(),
        text: "catalog: {format: 1, name: bank}\ndomains: [{id: d, label: {zh: 业务}}]\n".into(),
    }];
    for n in 0..entities {
        let mut text = format!("entity: e{n}\nsource: {{connection: c, table: t{n}}}\nkey: [id]\nfields:\n");
        text.push_str("  id: {column: id, type: text, level: 1}\n  up: {column: up, type: text, level: 1}\n");
        text.push_str("  branch: {column: branch, type: text, level: 1}\n");
        for field in 3..50 {
            let (level, tag) = (field % 4 + 1, field % 7);
            text.push_str(&format!(
                "  f{field}: {{column: f{field}, type: text, level: {level}, tags: [pii.t{tag}]}}\n"
            ));
        }
        if n % 5 != 0 {
            text.push_str(&format!("relationships: {{up: {{to: e{}, keys: {{up: id}}}}}}\n", n - 1));
        }
        files.push(SourceFile { path: format!("e{n:04}.yaml"), text });
    }
    files
}

/// Grants, restrictions, masks and denials in equal parts, spread over the entities.
fn large_policies(rules: usize, entities: usize) -> Vec<SourceFile> {
    let mut text = String::from("roles: {a: , b: , c: }\n---\ngrant: all\nto: everyone\nread: [");
    text.push_str(&(0..entities).map(|n| format!("e{n}")).collect::<Vec<_>>().join(", "));
    text.push_str("]\nrows: in_org(branch, 'self_and_below')\n");
    for rule in 1..rules {
        let entity = rule / 4 % entities;
        text.push_str("---\n");
        text.push_str(&match rule % 4 {
            0 => format!("grant: r{rule}\nto: {{role: b}}\nread: [e{entity}]\nrows: f3 = 'x{rule}'\n"),
            1 => format!("restrict: r{rule}\nto: {{not: {{role: b}}}}\nentity: e{entity}\nrows: f4 <> 'x{rule}'\n"),
            2 => format!("mask: r{rule}\nto: {{not: {{role: c}}}}\nentity: e{entity}\nfields: {{tag: pii.t3}}\nwith: keep(1, 1)\n"),
            _ => format!("deny: r{rule}\nto: {{role: c}}\nfields: e{entity}.f9\n"),
        });
    }
    vec![SourceFile { path: "policies.yaml".into(), text }]
}

fn connections() -> BTreeMap<String, Connection> {
    let connection = Connection { id: "c".into(), kind: SourceKind::Postgres, settings: BTreeMap::new() };
    BTreeMap::from([("c".to_string(), connection)])
}

fn policies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies");
    let load = |entities: usize, rules: usize| {
        let catalog = catalog::load(&large_catalog(entities), connections(), &BTreeMap::new()).expect("a catalog");
        let policies = policy::load(&large_policies(rules, entities), &catalog).expect("policies");
        (catalog, policies)
    };
    let (catalog, set) = load(5, 200);
    let units = (0..1_000).map(|n| (format!("B{n:04}"), (n > 0).then(|| format!("B{:04}", n / 10)))).collect();
    let snapshot =
        Snapshot { epoch: 1, catalog: Arc::new(catalog), policies: Arc::new(set), org: Arc::new(OrgTree::new(units)) };
    let principal = Principal {
        user: "ana".into(),
        roles: ["a", "b"].map(String::from).into(),
        org_units: vec!["B0001".into()],
        ..Principal::default()
    };
    let (limits, timezone) = (Limits::default(), TimeZone::default());
    let search_path = ["d".to_string()];
    let asker = Asker {
        principal: &principal,
        snapshot: &snapshot,
        database: &snapshot.catalog.name,
        search_path: &search_path,
        limits: &limits,
        timezone: &timezone,
        session: &[],
    };
    let sql = "SELECT e0.f5, e4.f6, count(*) FROM e4 JOIN e3 ON e4.up = e3.id JOIN e2 ON e3.up = e2.id \
               JOIN e1 ON e2.up = e1.id JOIN e0 ON e1.up = e0.id WHERE e4.f3 = 'x' GROUP BY e0.f5, e4.f6";
    let query = parse(sql, &limits);
    group.bench_function("decide 5 relations under 200 rules", |run| {
        run.iter(|| (0..5).filter_map(|entity| policy::decide(&principal, &snapshot, entity)).count());
    });
    group.bench_function("decide and rewrite a 5-table statement under 200 rules", |run| {
        run.iter(|| black_box(sluice_plan::prepare(&query, &asker, &[]).expect("a governed plan")));
    });
    // As a server does it from the second execution on: decided anew, the plan filled.
    let plans = Plans::default();
    group.bench_function("the same statement when it comes again", |run| {
        run.iter(|| black_box(plans.prepare(&query, &asker, &[], PlanCacheMode::Auto).expect("a governed plan")));
    });
    group.sample_size(10);
    group.bench_function("load 2,000 rules over 20,000 fields", |run| run.iter(|| black_box(load(400, 2_000))));
    group.finish();
}

criterion_group!(benches, stages, policies, encode);
criterion_main!(benches);
