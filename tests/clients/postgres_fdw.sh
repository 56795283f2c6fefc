#!/usr/bin/env bash
# A PostgreSQL that reads Sluice as foreign tables, by postgres_fdw, and asks it by dblink. The connection to Sluice is in
# PG* variables; OWN_PORT and OWN_PASSWORD are the superuser's of the PostgreSQL.
set -euo pipefail
# `sslcert`: the server's home may be that of a user whose certificates it must not read.

direct() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }
own() { PGHOST=127.0.0.1 PGPORT=$OWN_PORT PGUSER=postgres PGPASSWORD=$OWN_PASSWORD PGDATABASE=${database:-fdw} PGSSLMODE=prefer psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
fail() { printf 'postgres_fdw.sh: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || fail "$1: got"$'\n'"$2"$'\n'"expected"$'\n'"$3"; }
refused() { local text; if text=$(own -v VERBOSITY=verbose -c "$2" 2>&1); then fail "$1: answered $text"; fi; case "$text" in *"$3"*) ;; *) fail "$1: no $3 in $text" ;; esac; }

database=postgres own -c 'CREATE DATABASE fdw'
own <<SQL
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION dblink;
CREATE SERVER sluice FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '$PGHOST', port '$PGPORT', dbname '$PGDATABASE', sslmode 'require');
CREATE USER MAPPING FOR postgres SERVER sluice OPTIONS (user '$PGUSER', password '$PGPASSWORD', sslcert '/none');
CREATE SCHEMA retail;
CREATE SCHEMA "零售";
IMPORT FOREIGN SCHEMA retail FROM SERVER sluice INTO retail;
IMPORT FOREIGN SCHEMA "零售" FROM SERVER sluice INTO "零售";
SQL

# both WHAT SQL: through PostgreSQL and past it the same
both() { same "$1" "$(own -c "$2")" "$(direct "$2")"; }

for round in 'as it comes' 'with remote estimates'; do
  both "$round: count" 'SELECT count(*) FROM retail.customer'
  both "$round: Chinese names" 'SELECT 客户号, 姓名, 手机号 FROM 零售.客户 ORDER BY 客户号 LIMIT 20'
  both "$round: types" 'SELECT acct_id, opened_on, rate FROM retail.account ORDER BY acct_id LIMIT 50'
  both "$round: join" 'SELECT c.cust_type, count(*) FROM retail.account a JOIN retail.customer c USING (cust_id) GROUP BY 1 ORDER BY 1'
  both "$round: condition" "SELECT acct_id FROM retail.account WHERE opened_on >= '2020-01-01' AND rate IS NOT NULL ORDER BY acct_id DESC LIMIT 5"
  both "$round: EXISTS" 'SELECT count(*) FROM retail.customer c WHERE EXISTS (SELECT 1 FROM retail.account a WHERE a.cust_id = c.cust_id)'
  own -c "ALTER SERVER sluice OPTIONS (ADD use_remote_estimate 'true')" 2>/dev/null || true
done

# Small pieces of a big result; a local table beside a foreign one, with and without parameters.
own -c "ALTER SERVER sluice OPTIONS (ADD fetch_size '50')"
same 'pieces' "$(own -c 'SELECT count(cust_id) FROM (SELECT * FROM retail.customer OFFSET 0) every')" "$(direct 'SELECT count(*) FROM retail.customer')"
own -c 'CREATE TABLE chosen AS SELECT cust_id FROM retail.customer ORDER BY cust_id LIMIT 3'
same 'a local table' "$(own -c 'SELECT count(*) FROM chosen JOIN retail.customer USING (cust_id)')" 3
same 'parameters' "$(own -c 'SET plan_cache_mode = force_generic_plan; PREPARE one(text) AS SELECT count(*) FROM retail.customer WHERE cust_id = $1' -c "EXECUTE one('nobody')")" 0
same 'a materialized view' "$(own -c 'CREATE MATERIALIZED VIEW copied AS SELECT cust_id FROM retail.customer' -c 'SELECT count(*) FROM copied')" "$(direct 'SELECT count(*) FROM retail.customer')"
own -c 'ANALYZE retail.customer'

# A transaction with a savepoint, a remote error within.
same 'savepoint' "$(own <<'SQL'
BEGIN;
SAVEPOINT before;
\set ON_ERROR_STOP off
\o /dev/null
SELECT 1 / (length(cust_id) - length(cust_id)) FROM retail.customer WHERE 1 / (length(cust_id) - length(cust_id)) = 1;
\o
\set ON_ERROR_STOP on
ROLLBACK TO before;
SELECT count(*) > 0 FROM retail.customer;
COMMIT;
SQL
)" t 2>/dev/null

refused 'update' "UPDATE retail.customer SET cust_type = 'x'" 25006
refused 'no such table there' "SELECT * FROM dblink('host=$PGHOST port=$PGPORT dbname=$PGDATABASE user=$PGUSER password=$PGPASSWORD sslcert=/none', 'SELECT * FROM core.customers') AS t(a text)" 42P01
same 'dblink' "$(own -c "SELECT n FROM dblink('host=$PGHOST port=$PGPORT dbname=$PGDATABASE user=$PGUSER password=$PGPASSWORD sslcert=/none', 'SELECT count(*) FROM retail.customer') AS t(n bigint)")" "$(direct 'SELECT count(*) FROM retail.customer')"

# What the person may not see is not imported.
same 'salaries' "$(own -c "SELECT count(*) FROM pg_attribute WHERE attrelid = 'retail.employee'::regclass AND attname = 'salary'")" 0
database=postgres own -c 'DROP DATABASE fdw'
