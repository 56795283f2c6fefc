// node-postgres with its cursor and its stream, and postgres.js, against the servers layout, over TLS.
const assert = require("node:assert");
const fs = require("node:fs");
const { Client, Pool } = require("pg");
const Cursor = require("pg-cursor");
const QueryStream = require("pg-query-stream");
const postgres = require("postgres");

const where = {
  host: process.env.PGHOST, port: Number(process.env.PGPORT), database: process.env.PGDATABASE, user: "cd_manager",
  password: process.env.PGPASSWORD, ssl: { ca: fs.readFileSync(process.env.PGSSLROOTCERT), rejectUnauthorized: true },
};

async function refused(ask, code, work) {
  try {
    await work(ask);
  } catch (error) {
    assert.strictEqual(error.code, code, `${ask}: ${error}`);
    return;
  }
  assert.fail(`${ask} is not refused`);
}

async function nodePostgres() {
  const client = new Client(where);
  await client.connect();
  const tables = await client.query("SELECT table_schema || '.' || table_name AS t FROM information_schema.tables");
  const names = tables.rows.map((row) => row.t);
  assert(names.includes("retail.customer") && names.includes("零售.客户"), names.join());
  const found = await client.query("SELECT 机构号, 机构层级 FROM 零售.机构 WHERE 机构层级 = $1 AND 机构号 = ANY($2) ORDER BY 1 LIMIT $3", [3, ["B11", "B12"], 5]);
  assert(found.rows.length > 0 && found.rows[0].机构层级 === 3, JSON.stringify(found.rows));
  for (let turn = 0; turn < 3; turn++) {
    const named = await client.query({ name: "by id", text: "SELECT branch_name FROM retail.branch WHERE branch_id = $1", values: ["B11"] });
    assert.strictEqual(named.rows.length, 1);
  }
  const types = await client.query("SELECT true AS a, 7 AS b, '9'::int8 AS c, 2.5::float8 AS d, 3.25::numeric AS e, '安' AS f, date '2026-06-30' AS g, NULL AS h");
  const row = types.rows[0];
  assert.deepStrictEqual([row.a, row.b, row.c, row.d, row.e, row.f, row.h], [true, 7, "9", 2.5, "3.25", "安", null]);
  assert(row.g instanceof Date);

  const count = Number((await client.query("SELECT count(*) FROM retail.txn")).rows[0].count);
  const cursor = client.query(new Cursor("SELECT txn_id, amount FROM retail.txn"));
  let seen = 0;
  for (let rows = await cursor.read(500); rows.length > 0; rows = await cursor.read(500)) seen += rows.length;
  await cursor.close();
  assert.strictEqual(seen, count);
  seen = 0;
  for await (const _ of client.query(new QueryStream("SELECT * FROM retail.txn WHERE amount >= $1", [0], { batchSize: 100 }))) seen += 1;
  assert(seen > 0);

  await refused("SELECT * FROM retail.no_such", "42P01", (ask) => client.query(ask));
  await refused("DELETE FROM retail.branch", "25006", (ask) => client.query(ask));
  await client.query("SET statement_timeout = 200");
  await refused("SELECT pg_sleep(30)", "57014", (ask) => client.query(ask));
  await client.end();

  const pool = new Pool({ ...where, max: 3 });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => pool.query("SELECT $1::int AS n", [n])));
  assert.deepStrictEqual(answers.map((answer) => answer.rows[0].n), Array.from({ length: 12 }, (_, n) => n));
  await pool.end();
}

async function postgresJs() {
  const sql = postgres({ host: where.host, port: where.port, database: where.database, username: where.user, password: where.password, ssl: where.ssl, max: 2 });
  const [{ n }] = await sql`SELECT count(*)::int AS n FROM retail.branch WHERE level = ${3} AND region = ${"西南"}`;
  assert.strictEqual(n, 4);
  let seen = 0;
  await sql`SELECT txn_id FROM retail.txn`.cursor(500, (rows) => { seen += rows.length; });
  assert(seen > 500);
  await refused("SELECT * FROM retail.no_such", "42P01", (ask) => sql.unsafe(ask));
  const sleeping = sql`SELECT pg_sleep(30)`.execute();
  setTimeout(() => sleeping.cancel(), 300);
  await refused("SELECT pg_sleep(30)", "57014", () => sleeping);
  await sql.end();
}

nodePostgres().then(postgresJs).catch((error) => { console.error(error); process.exit(1); });
