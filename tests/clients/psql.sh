#!/usr/bin/env bash
# psql as its users use it: backslash commands, tables, errors, \copy, cursors by FETCH_COUNT, several users.
# The connection is in PG* variables; the user is the branch manager unless a line says otherwise.
set -euo pipefail

ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }
as() { local user=$1; shift; PGUSER=$user ask "$1"; }
fail() { printf 'psql.sh: %s\n' "$*" >&2; exit 1; }
# same WHAT GOT EXPECTED
same() { [ "$2" = "$3" ] || fail "$1: got"$'\n'"$2"$'\n'"expected"$'\n'"$3"; }
# has WHAT TEXT PART...; lacks WHAT TEXT PART...
has() { local what=$1 text=$2 part; shift 2; for part in "$@"; do case "$text" in *"$part"*) ;; *) fail "$what: no $part in"$'\n'"$text" ;; esac; done; }
lacks() { local what=$1 text=$2 part; shift 2; for part in "$@"; do case "$text" in *"$part"*) fail "$what: $part in"$'\n'"$text" ;; *) ;; esac; done; }
# refused WHAT USER SQL PART...: fails with a message that has the parts
refused() {
  local what=$1 user=$2 sql=$3 text part
  shift 3
  if text=$(PGUSER=$user psql -X -q -v VERBOSITY=verbose -v ON_ERROR_STOP=1 -c "$sql" 2>&1); then fail "$what: answered $text"; fi
  for part in "$@"; do has "$what" "$text" "$part"; done
}

# -- counts --------------------------------------------------------------------------------------------------------
all=$(as hq_analyst 'SELECT count(*) FROM 零售.客户')
branch=$(as cd_manager 'SELECT count(*) FROM 零售.客户')
own=$(as jj_teller 'SELECT count(*) FROM 零售.客户')
[ "$all" -gt "$branch" ] && [ "$branch" -gt "$own" ] && [ "$own" -gt 0 ] || fail "counts: $all $branch $own"
same 'risk officer' "$(as risk_officer 'SELECT count(*) FROM retail.customer')" "$all"

# -- backslash commands --------------------------------------------------------------------------------------------
tables=$(psql -X -c '\dt 零售.*')
has '\dt 零售.*' "$tables" 客户 账户 员工 机构 日终余额 交易流水 日历 'table'
tables=$(psql -X -c '\dt retail.*')
has '\dt retail.*' "$tables" customer account employee branch daily_balance txn calendar
lacks '\dt retail.*' "$tables" queries core
relations=$(psql -X -c '\d')
has '\d' "$relations" customer
schemas=$(psql -X -c '\dn')
has '\dn' "$schemas" retail 零售
lacks '\dn' "$schemas" audit core crm
schemas=$(PGUSER=auditor psql -X -c '\dn')
has '\dn as auditor' "$schemas" audit
lacks '\dn as auditor' "$schemas" retail 零售

table=$(psql -X -c '\d+ 零售.客户')
has '\d+ 零售.客户' "$table" 客户号 姓名 证件号 手机号 地址 客户类型 客群 管户机构号 text
table=$(psql -X -c '\d+ 零售.员工')
has '\d+ 零售.员工' "$table" 工号 姓名 岗位 机构号
lacks '\d+ 零售.员工 as the manager' "$table" 薪酬 salary
table=$(PGUSER=risk_officer psql -X -c '\d+ retail.employee')
has '\d+ retail.employee as the risk officer' "$table" emp_id salary 'numeric(12,2)'
table=$(psql -X -c '\d retail.account')
has '\d retail.account' "$table" acct_id cust_id opened_on date rate 'numeric(7,4)'
none=$(psql -X -c '\d audit.queries' 2>&1 || true)
has '\d audit.queries' "$none" 'Did not find any relation'
has '\l' "$(psql -X -A -t -c '\l')" 'bank|sluice|UTF8'
has '\du' "$(psql -X -A -t -c '\du')" cd_manager sluice
has '\dp' "$(psql -X -A -t -c '\dp retail.account')" 'retail|account|table|cd_manager=r/sluice'
has '\dn+' "$(psql -X -A -t -c '\dn+')" 'retail|sluice|cd_manager=U/sluice'
has '\dT' "$(psql -X -A -t -c '\dT int4')" integer
has '\di' "$(psql -X -A -t -c '\di retail.*')" 'retail|account_pkey|index|sluice|account'
has '\dv' "$(psql -X -A -t -c '\dv sluice.*')" 'sluice|my_limits|view'
has '\df' "$(psql -X -A -t -c '\df upper')" 'pg_catalog|upper|text|text|func'
has '\sv' "$(psql -X -c '\sv sluice.my_limits')" 'CREATE OR REPLACE VIEW sluice.my_limits AS' 'NULL::bigint AS maximum'
# Every listing command answers, with psql's plain words or with rows.
for listing in a A Ac Af Ao Ap b c C d D dp E es et eu ew F Fd Fp Ft g i l L m n o O p P rds Rp Rs s S t T u v x X y; do
  for more in '' +; do
    case "$listing$more" in F+ | Fp+ | Rp+ | x+) continue ;; esac # psql itself fails where these list nothing
    psql -X -q -v ON_ERROR_STOP=1 -c "\d$listing$more" >/dev/null || fail "\d$listing$more"
  done
done
psql -X -q -v ON_ERROR_STOP=1 -c '\l+' -c '\conninfo' -c '\encoding' -c '\z' -c '\dconfig work_mem' -c '\lo_list' >/dev/null ||
  fail 'a listing command fails'

# -- answers -------------------------------------------------------------------------------------------------------
same 'aligned output' "$(PGUSER=risk_officer psql -X -c "SELECT branch_id AS 机构号, level FROM retail.branch WHERE branch_id IN ('B11', 'H00') ORDER BY 1")" \
' 机构号 | level 
--------+-------
 B11    |     3
 H00    |     1
(2 rows)'
same 'NULL and empty text' "$(PGUSER=risk_officer psql -X -q -A -t -P 'null=(null)' -c "SELECT parent_id, '' FROM retail.branch WHERE branch_id = 'H00'")" '(null)|'
same 'variables' "$(psql -X -q -A -t -v unit=B11 <<<"SELECT branch_name FROM retail.branch WHERE branch_id = :'unit'")" 锦江支行
described=$(psql -X -q -A -t <<<'SELECT 1::int AS a, cust_id, count(*) FROM retail.customer GROUP BY cust_id \gdesc')
same '\gdesc' "$described" $'a|integer\ncust_id|text\ncount|bigint'
same '\crosstabview' "$(psql -X -q -A -P footer=off <<<"SELECT level, branch_id = 'B10' AS head, count(*) FROM retail.branch GROUP BY 1, 2 ORDER BY 1 \crosstabview")" $'level|t|f\n2|1|\n3||4'
same '\gset and \gexec' "$(psql -X -q -A -t <<<$'SELECT 3 AS n \\gset\nSELECT format(\'SELECT %s\', i) FROM generate_series(1, :n) i \\gexec')" $'1\n2\n3'
watched=$(timeout 2 psql -X -q -A -t <<<'SELECT 7 \watch 0.2' || true)
[ "$(grep -c '^7$' <<<"$watched")" -gt 1 ] || fail "\watch: $watched"
same 'FETCH_COUNT' "$(PGUSER=risk_officer psql -X -q -A -t -v FETCH_COUNT=3 -c 'SELECT branch_id FROM retail.branch ORDER BY 1' | wc -l)" 16
joined=$(ask "SELECT b.机构名称, count(DISTINCT c.客户号), sum(d.余额) FROM 零售.客户 c JOIN 零售.账户 a ON a.客户号 = c.客户号
  JOIN 零售.日终余额 d ON d.账号 = a.账号 AND d.统计日期 = DATE '2026-06-30' JOIN 零售.机构 b ON b.机构号 = c.管户机构号
  GROUP BY b.机构名称 ORDER BY 3 DESC")
has 'a join over three sources' "$joined" 支行
lacks 'a join over three sources' "$joined" 渝中 朝阳
masked=$(as hq_analyst 'SELECT 姓名, 手机号, 证件号 FROM 零售.客户 LIMIT 5')
same 'masked mobiles' "$(cut -d'|' -f2 <<<"$masked" | grep -c '^1[0-9][0-9]\*\*\*\*[0-9][0-9][0-9][0-9]$')" 5
same 'a look-up' "$(mobile=$(as risk_officer "SELECT mobile FROM retail.customer WHERE branch_id = 'B11' LIMIT 1"); as jj_teller "SELECT count(*) FROM 零售.客户 WHERE 手机号 = '$mobile'")" 1

# -- errors --------------------------------------------------------------------------------------------------------
refused 'hidden salary' cd_manager 'SELECT salary FROM 零售.员工' 42703 salary
refused 'a write' cd_manager 'DELETE FROM retail.customer' 25006
refused 'DDL' cd_manager 'CREATE TABLE t (a int)' 25006
refused 'a syntax error' cd_manager 'SELEC 1' 42601
refused 'an unknown function' cd_manager 'SELECT nothing(1)' 42883
refused 'two statements, one a write' cd_manager 'SELECT 1; DROP TABLE x' 25006
chinese=$(PGOPTIONS='-c lc_messages=zh_CN.UTF-8' psql -X -c 'SELECT salary FROM 零售.员工' 2>&1 || true)
has 'a message in Chinese' "$chinese" 字段
wrong=$(PGPASSWORD=wrong psql -X -c 'SELECT 1' 2>&1 || true)
has 'a wrong password' "$wrong" 'authentication failed'
nobody=$(PGUSER=nobody PGPASSWORD=wrong psql -X -c 'SELECT 1' 2>&1 || true)
same 'an unknown user fails the same way' "$(sed 's/nobody/U/' <<<"$nobody")" "$(sed 's/cd_manager/U/' <<<"$wrong")"

# -- \copy ---------------------------------------------------------------------------------------------------------
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
same '\copy' "$(psql -X -c "\\copy (SELECT cust_id, cust_name, mobile FROM retail.customer ORDER BY cust_id) TO '$folder/out.csv' WITH (FORMAT csv, HEADER)")" "COPY $branch"
same 'the header of \copy' "$(head -n 1 "$folder/out.csv")" 'cust_id,cust_name,mobile'
same 'the lines of \copy' "$(wc -l <"$folder/out.csv")" "$((branch + 1))"
same 'masks in \copy' "$(grep -c '\*\*\*\*' "$folder/out.csv")" "$branch"
printf 'x\n' >"$folder/in.csv"
if psql -X -c "\\copy retail.branch FROM '$folder/in.csv'" 2>"$folder/error"; then fail '\copy FROM is taken'; fi
has '\copy FROM' "$(cat "$folder/error")" ERROR

# -- pg_dump -------------------------------------------------------------------------------------------------------
dumped=$(pg_dump --schema-only)
has 'pg_dump --schema-only' "$dumped" 'CREATE TABLE retail.account (' 'rate numeric(7,4) NOT NULL' 'ADD CONSTRAINT account_pkey PRIMARY KEY (acct_id)' \
  'FOREIGN KEY (cust_id) REFERENCES retail.customer(cust_id)' 'CREATE VIEW sluice.my_access AS' 'COMMENT ON COLUMN retail.account.rate IS'
lacks 'pg_dump --schema-only' "$dumped" salary
dumped=$(pg_dump --schema-only -t retail.branch)
has 'pg_dump -t' "$dumped" 'CREATE TABLE retail.branch ('
lacks 'pg_dump -t' "$dumped" 'CREATE TABLE retail.account'
same 'pg_dump of data' "$(pg_dump --data-only --disable-triggers -t retail.branch | grep -c '^B1')" 5

# -- transactions and cancel ---------------------------------------------------------------------------------------
same 'a transaction' "$(psql -X -q -A -t <<'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1;
FETCH 2 FROM c;
MOVE 1 FROM c;
FETCH NEXT FROM c;
COMMIT;
SQL
)" $'B10\nB11\nB13'
# Three billion rows whose condition needs all three relations, so that no source can answer it; none of them is of
# length -1. Ctrl-C comes when the audit says that the statement runs.
endless='SELECT count(*) FROM retail.txn a, retail.customer b, retail.daily_balance c WHERE length(a.channel || b.segment || c.acct_id) = -1'
outcomes() { as auditor "SELECT DISTINCT outcome FROM audit.queries WHERE event = 'query' AND statement LIKE '%c.acct_id) = -1'"; }
# until_is OUTCOME: the statement's outcome within a minute
until_is() {
  local turn
  for turn in $(seq 120); do [ "$(outcomes)" = "$1" ] && return; sleep 0.5; done
  fail "the endless statement is not $1 but $(outcomes)"
}
told=$(mktemp)
trap 'rm -f "$told"' EXIT
PGUSER=risk_officer psql -X -c "$endless" >"$told" 2>&1 &
client=$!
until_is running
# Half a second later it is past planning.
sleep 0.5
until_is running
kill -INT "$client"
until_is cancelled
wait "$client" || true
has 'Ctrl-C' "$(cat "$told")" 'canceling statement due to user request'

# -- the audit -----------------------------------------------------------------------------------------------------
audit=$(as auditor "SELECT DISTINCT outcome FROM audit.queries WHERE user_name = 'cd_manager' AND event = 'query' ORDER BY 1")
has 'outcomes in the audit' "$audit" done refused
echo 'psql.sh: done'
