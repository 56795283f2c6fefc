# What the benches share: programs, a PostgreSQL and a Sluice that are gone when the bench ends, medians.
# Sourced from the root of the repository; sets `work`, a folder of the run's own.

say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$0" "$*" >&2; exit 1; }

# Finds or builds Sluice, and finds the programs named.
need() {
  local folder program
  for folder in /usr/lib/postgresql/*/bin; do [ -d "$folder" ] && PATH="$folder:$PATH"; done
  for program in initdb pg_ctl psql "$@"; do
    command -v "$program" >/dev/null || die "$program is missing; ./tests/run installs what is needed"
  done
  if [ -z "${SLUICE:-}" ]; then
    say "cargo build --release"
    cargo build --release --locked --bin sluice
    SLUICE="${CARGO_TARGET_DIR:-target}/release/sluice"
  fi
  [ -x "$SLUICE" ] || die "$SLUICE is not a program"
}

# PostgreSQL refuses to run as root.
as_postgres=()
owner="$(id -un)"
if [ "$(id -u)" -eq 0 ]; then
  owner=nobody
  id postgres >/dev/null 2>&1 && owner=postgres
  as_postgres=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups)
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench.XXXXXX")"
chmod 755 "$work"
sluice_pid=""
finish() {
  if [ -n "$sluice_pid" ]; then kill "$sluice_pid" 2>/dev/null || true; wait "$sluice_pid" 2>/dev/null || true; fi
  if [ -f "$work/postgres/postmaster.pid" ]; then
    "${as_postgres[@]}" pg_ctl -D "$work/postgres" -m immediate stop >/dev/null 2>&1 || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() {
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  die "no free port"
}

# Starts PostgreSQL with an empty database `bank` and the superuser `bench`; sets `postgres_port` and `direct`.
start_postgres() {
  postgres_port="$(free_port)"
  mkdir "$work/postgres"
  chown "$owner" "$work/postgres"
  say "PostgreSQL on port $postgres_port"
  printf 'bench' > "$work/postgres.password"
  chmod 644 "$work/postgres.password"
  "${as_postgres[@]}" initdb -D "$work/postgres" -U bench --pwfile="$work/postgres.password" -A scram-sha-256 \
    -E UTF8 --locale=C.UTF-8 >/dev/null
  "${as_postgres[@]}" pg_ctl -D "$work/postgres" -l "$work/postgres/log" -w -o "-p $postgres_port \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/postgres -c shared_buffers=256MB ${1:-}" \
    start >/dev/null
  direct="host=127.0.0.1 port=$postgres_port user=bench dbname=bank sslmode=disable"
  PGPASSWORD=bench psql -q "host=127.0.0.1 port=$postgres_port user=bench dbname=postgres" -c 'CREATE DATABASE bank'
}

# Starts Sluice over `catalog` and `policies`; the arguments are further lines of its configuration. Sets
# `sluice_port` and `sluice_pid`, and waits until the user given first may ask.
start_sluice() {
  local asker="$1" catalog="$2" policies="$3"
  shift 3
  sluice_port="$(free_port)"
  printf 'bench' > "$work/core.password"
  {
    echo "listen: 127.0.0.1:$sluice_port"
    echo "database: bank"
    echo "catalog: $catalog"
    echo "policies: $policies"
    echo "users: $PWD/docker/sluice/users.yaml"
    echo "audit: {directory: $work/audit}"
    printf '%s\n' "$@"
  } > "$work/sluice.yaml"
  say "Sluice on port $sluice_port"
  "$SLUICE" serve --config "$work/sluice.yaml" >"$work/sluice.log" 2>&1 &
  sluice_pid=$!
  for _ in $(seq 100); do
    kill -0 "$sluice_pid" 2>/dev/null || { cat "$work/sluice.log" >&2; die "Sluice did not start"; }
    PGPASSWORD=sluice psql -qAt "$(through "$asker")" -c 'SELECT 1' >/dev/null 2>&1 && return
    sleep 0.1
  done
  die "Sluice does not answer"
}

# How a user of the demo reaches Sluice.
through() { echo "host=127.0.0.1 port=$sluice_port user=$1 dbname=bank sslmode=disable"; }

# A line of the configuration: a connection of this name to the PostgreSQL of the bench.
connection() {
  echo "  $1: {kind: postgres, host: 127.0.0.1, port: $postgres_port, database: bank, user: bench, password: \"file:$work/core.password\", tls: disable, pool_max: ${pool_max:-16}, connect_timeout_ms: 30000}"
}

# The demo bank, loaded, with Sluice over it; the arguments are further lines of its configuration.
start_bank() {
  say "loading the demo bank"
  "$SLUICE" load --postgres "postgres://bench:bench@127.0.0.1:$postgres_port/bank"
  PGPASSWORD=bench psql -q "$direct" -c 'VACUUM ANALYZE'
  printf 'a-key-for-benches-0123456789abcdef' > "$work/pii.key"
  local placement="" entity schema table
  while read -r entity schema table; do
    placement+="  $entity: {connection: $schema, table: $schema.$table}"$'\n'
  done <<'TABLES'
branch core branches
customer core customers
account core accounts
employee core employees
daily_balance dw daily_balances
txn dw transactions
calendar dw calendar
TABLES
  start_sluice risk_officer "$PWD/catalog" "$PWD/policies" "keys: {pii: \"file:$work/pii.key\"}" "$@" \
    "connections:" "$(connection core)" "$(connection dw)" "placement:" "$placement"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# One line of the report: title, unit, direct, through Sluice.
report() {
  # A title may hold a backslash, which -v would take for an escape.
  title="$1" awk -v unit="$2" -v a="$3" -v b="$4" \
    'BEGIN { printf "%-44s %10.3f %10.3f %-3s %8.2f\n", ENVIRON["title"], a, b, unit, b / a }'
}

report_head() { printf '%-44s %10s %10s %-3s %8s\n' measurement direct sluice '' ratio; }

# The largest resident memory so far of the process given.
largest_memory() {
  awk '/^VmHWM/ { printf "%-44s %10s %10.0f %-3s\n", "largest resident memory of Sluice", "", $2 / 1024, "MiB" }' \
    "/proc/$1/status"
}
