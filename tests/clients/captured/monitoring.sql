-- [simple]
SHOW data_directory
;

-- [simple]
SELECT current_setting('is_superuser') AS is_superuser
;

-- [simple]
SELECT count(*) as temp_files,
       COALESCE(SUM(size), 0) AS temp_bytes
  FROM pg_tablespace ts, LATERAL pg_catalog.pg_ls_tmpdir(ts.oid) tmp
 WHERE spcname <> 'pg_global'
;

-- [simple]
SELECT
      a.pid AS pid,
      a.application_name AS application_name,
      a.datname AS database,
      CASE WHEN a.client_addr IS NULL
          THEN 'local'
          ELSE a.client_addr::TEXT
      END AS client,
      EXTRACT(epoch FROM (NOW() - a.query_start)) AS duration,
      a.wait_event AS wait,
      a.usename AS user,
      a.state AS state,
      convert_from(replace(a.query, '\', '\\')::bytea, coalesce(pg_catalog.pg_encoding_to_char(b.encoding), 'UTF8')) AS query,
      coalesce(a.leader_pid, a.pid) AS query_leader_pid,
      a.backend_type = 'parallel worker' AS is_parallel_worker
 FROM
      pg_stat_activity a
      LEFT OUTER JOIN pg_database b ON a.datid = b.oid
 WHERE
      a.state <> 'idle'
  AND a.pid <> pg_catalog.pg_backend_pid()
  AND CASE WHEN 0 = 0
          THEN true
          ELSE extract(epoch from now() - query_start) > 0
      END
    AND CASE WHEN NULL IS NULL THEN true
        ELSE a.datname ~* NULL
        END
ORDER BY
      EXTRACT(epoch FROM (NOW() - a.query_start)) DESC
;

-- [simple]
SELECT current_setting('autovacuum_max_workers')::int AS autovacuum_max_workers, current_setting('max_logical_replication_workers')::int AS max_logical_replication_workers, current_setting('max_parallel_workers')::int AS max_parallel_workers, current_setting('max_worker_processes')::int AS max_worker_processes
;

-- [simple]
SELECT name, setting, unit, vartype, context, min_val, max_val, enumvals FROM pg_settings WHERE name IN ('autovacuum_naptime', 'autovacuum_vacuum_cost_delay', 'checkpoint_timeout', 'max_wal_size', 'deadlock_timeout', 'log_min_duration_statement', 'log_error_verbosity', 'max_locks_per_transaction', 'old_snapshot_threshold', 'track_activity_query_size', 'bgwriter_flush_after') ORDER BY name
;

-- [simple]
SHOW checkpoint_timeout
;

-- [simple]
SHOW max_wal_size
;

-- [simple]
SHOW bgwriter_flush_after
;

-- [simple]
SHOW autovacuum_vacuum_cost_delay
;

-- [simple]
SHOW hba_file
;

-- [simple]
SET shared_buffers = '1GB'
;

-- [simple]
SET log_min_duration_statement = 0
;

-- [simple]
SET autovacuum = off
;

-- [simple]
SELECT set_config('log_statement_stats', 'on', false)
;

-- [simple]
RESET checkpoint_timeout
;
