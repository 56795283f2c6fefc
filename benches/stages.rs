//! What each stage of a statement costs: parse, resolve, govern, split, render, encode.
//!
//! Over the demo bank at its small scale, as the branch manager, for three statements: a point query, an aggregate of
//! one source, and a join across sources. `split` plans without push-down, `render` with it: the difference is what
//! asking the sources for more costs. Nothing here reads a source but the set-up of `encode`.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sluice_base::{Column, Datum, Format, Limits, SqlType, TimeZone};
use sluice_engine::encode::{EncodeSettings, RowEncoder};
use sluice_engine::{Engine, RowBlock};
use sluice_model::audit::{Outcome, Pending, Record, SessionInfo, Sink, Trail};
use sluice_model::principal::RequestContext;
use sluice_model::{Principal, Snapshot};
use sluice_plan::{Asker, Query, StatementKind};
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
            search_path: &self.search_path,
            limits: &self.limits,
            timezone: &self.timezone,
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

criterion_group!(benches, stages, encode);
criterion_main!(benches);
