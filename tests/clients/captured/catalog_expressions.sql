-- Expressions over a system relation, one a statement.

-- [simple]
SELECT octet_length(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT lpad(nspname,6,'*') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT rpad(nspname,6,'*') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT initcap(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT reverse(nspname::text) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT repeat('a',3) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT translate(nspname,'s','z') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ascii(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT chr(65) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT left(nspname,-1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT right(nspname,2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT concat(nspname,NULL,1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT concat_ws('-',nspname,NULL,1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT format('%I.%L|%s', nspname, 'a''b', 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT format('%2$s %1$s %%', 1, 2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT quote_literal(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT quote_nullable(NULL) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT starts_with(nspname,'s') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname COLLATE "C" > 'a' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT strpos(nspname,'h') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT btrim('xax','x') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ltrim('xax','x') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT upper(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_hex(255) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT bit_length(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT char_length(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname::varchar(2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname::char(2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT oid::int8 > 0 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT oid::text ~ '^\d+$' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT CAST(NULL AS regclass) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname BETWEEN SYMMETRIC 'z' AND 'a' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname BETWEEN 'a' AND 'z' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT NULLIF(nspname,'shop') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT GREATEST(nspname,'a') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT LEAST(1,2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname LIKE 's\_%' ESCAPE '\' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname NOT LIKE 's#_%' ESCAPE '#' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT NOT nspname ~* 'SHOP' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (nspname, 1) = ('shop', 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ROW(nspname,1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ROW(nspname,1)::text FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(year from date '2024-03-01') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(epoch from timestamp '2024-03-01') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(dow from now()) >= 0 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date_part('epoch', timestamp '2024-03-01') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date_trunc('month', timestamp '2024-03-17') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date_trunc('day', now()) <= now() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_char(timestamp '2024-03-01 13:05', 'YYYY-MM-DD HH24:MI:SS') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT now() - interval '1 day' < now() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT now() AT TIME ZONE 'UTC' IS NOT NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date '2024-01-01' + 1 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date '2024-01-02' - date '2024-01-01' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT current_date - 1 < current_date FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT localtime IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT localtimestamp IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT clock_timestamp() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT statement_timestamp() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT transaction_timestamp() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_size_bytes('1 GB') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_size_pretty(1234567890::bigint) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_size_pretty(1234567890::numeric) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_database_size(current_database()) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_database_size('sales'::name) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_indexes_size('shop.orders') IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_table_size('shop.orders'::regclass) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT txid_current() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_current_xact_id() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_backend_pid() > 0 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_blocking_pids(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_safe_snapshot_blocking_pids(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_trigger_depth() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_tablespace_privilege('pg_default','CREATE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_sequence_privilege(NULL::oid,'USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_server_privilege(NULL::oid, 'USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_foreign_data_wrapper_privilege(NULL::oid,'USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_parameter_privilege('work_mem','SET') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_parameter_privilege('bi', 'work_mem','SET') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_type_privilege('int4','USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_language_privilege('sql','USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT has_language_privilege('bi','internal','USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_has_role('bi','MEMBER') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_has_role('bi','bi','USAGE') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'lower(text)'::regprocedure FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'pg_catalog.=(int4,int4)'::regoperator FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'shop'::regnamespace FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'bi'::regrole FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'now'::regproc FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'int4[]'::regtype FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'double precision'::regtype::oid FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'timestamp with time zone'::regtype::oid::int FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'varchar(20)'::regtype FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regtype('int4') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regproc('now') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regprocedure('lower(text)') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regnamespace('shop') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regrole('bi') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regoper('+') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_regoperator('+(int4,int4)') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_type_is_visible(23) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_operator_is_visible(96) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_opclass_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_opfamily_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_conversion_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_collation_is_visible(100) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_statistics_obj_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_ts_config_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_ts_dict_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_ts_parser_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_ts_template_is_visible(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_describe_object('pg_class'::regclass, 'shop.orders'::regclass, 0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_describe_object('pg_class'::regclass, 'shop.orders'::regclass, 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_describe_object('pg_constraint'::regclass, (SELECT oid FROM pg_constraint WHERE conname='orders_pkey'), 0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_describe_object('pg_namespace'::regclass, 'shop'::regnamespace, 0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (pg_identify_object('pg_class'::regclass, 'shop.orders'::regclass, 0)).identity FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_function_arg_default(0,1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_function_sqlbody(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_functiondef(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_expr(NULL, 0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_statisticsobjdef(0) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_partition_constraintdef('shop.orders'::regclass) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_partition_root('shop.orders'::regclass) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_tablespace_location(1663) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_encoding_max_length(6) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_char_to_encoding('UTF8') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_client_encoding() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT getdatabaseencoding() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_collation_for('a'::text) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_collation_actual_version(100) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_index_column_has_property('shop.orders_pkey'::regclass, 1, 'asc') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_last_xact_replay_timestamp() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_postmaster_start_time() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_conf_load_time() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_notification_queue_usage() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_listening_channels() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_stat_get_last_vacuum_time('shop.orders'::regclass) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_stat_get_live_tuples('shop.orders'::regclass) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_stat_get_dead_tuples('shop.orders'::regclass) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_stat_clear_snapshot() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_build_object('a', nspname, 'b', 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT jsonb_build_object('a', nspname, 'b', ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_build_array(1, nspname, null) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT jsonb_build_array(1, nspname, null) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_jsonb(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT row_to_json(ROW(1,nspname)) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(n) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_agg(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT jsonb_agg(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_agg(n) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_object_agg(nspname, 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT jsonb_object_agg(nspname, 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_to_json(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT regexp_match(nspname, 's(.)') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT regexp_matches(nspname, 's(.)') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT regexp_split_to_array('a,b', ',') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (SELECT count(*) FROM regexp_split_to_table('a,b', ',')) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT regexp_replace(nspname, 'o', 'X', 'g') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT regexp_replace(nspname, '^s(.*)$', 'X\1') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT substring(nspname from 2 for 3) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT substring(nspname from 'h.p') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT position('h' in nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT overlay(nspname placing 'zz' from 1 for 2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname SIMILAR TO 's(r|h)%' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT string_to_array('a,b',',') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (SELECT count(*) FROM string_to_table('a,b',',')) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_dims(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_ndims(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_lower(ARRAY[1,2],1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_cat(ARRAY[1],ARRAY[2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_append(ARRAY[1],2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_prepend(1,ARRAY[2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_remove(ARRAY[1,2],2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_replace(ARRAY[1,2],2,3) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_positions(ARRAY[1,2,1],1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ARRAY[1,2] || 3 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ARRAY[1,2] || ARRAY[3] FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (ARRAY[1,2,3])[1:2] FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ARRAY[1,2] && ARRAY[1] FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1 = ANY(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1 <> ALL(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ARRAY(SELECT 1 UNION SELECT 2 ORDER BY 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT abs(-1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ceil(1.2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ceiling(1.2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT floor(1.8) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT round(1.55,1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT mod(5,2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1 # 2 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1 << 2 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 5 & 4 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 5 % 2 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'a'::"char" FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1.5::float4 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1e10::float8 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT '{1,2}'::int[] FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT '1 day'::interval FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT true::int FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 1::boolean FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'yes'::boolean FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT generate_series(1,2) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT unnest(ARRAY[1,2]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (SELECT max(x) FROM generate_series(1,5,2) x) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_get_keywords() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (information_schema._pg_expandarray(ARRAY[5,6])).n FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT information_schema._pg_char_max_length(1043, 24) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT information_schema._pg_numeric_precision(1700, 655366) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT row_number() OVER () FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT first_value(nspname) OVER () FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT last_value(nspname) OVER () FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT lead(nspname) OVER () FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT dense_rank() OVER (ORDER BY nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT sum(1) OVER (PARTITION BY nspname ORDER BY oid) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT min(nspname::text) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT avg(1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT bool_or(true) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_agg(nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_agg(DISTINCT nspname ORDER BY nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT string_agg(DISTINCT nspname::text, ',') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT count(DISTINCT nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT current_setting('server_version_num')::int >= 150000 FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT current_setting('is_superuser') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT pg_catalog.set_config('work_mem','4MB',true) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname::text::bytea FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT '\x6162'::bytea::text FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname IS NOT DISTINCT FROM 'shop' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname IN ('shop','x') IS TRUE FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname IS NULL IS FALSE FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (nspname = 'x') IS NOT TRUE FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (nspname = 'x') IS UNKNOWN FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname OPERATOR(pg_catalog.=) 'shop' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname ~~ 's%' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname !~~* 'S%' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname ~ ANY (ARRAY['^s','x']) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspname LIKE ANY (ARRAY['s%','x']) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT CASE WHEN true THEN 1 ELSE 2.5 END FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT COALESCE(NULL, nspname, 'x') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT oid::regnamespace::text FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspowner::regrole FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (SELECT nspname) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT EXISTS(SELECT 1) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT n.nspname FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT n IS NOT NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT n::text IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT tableoid::regclass FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT version() IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT parse_ident('shop.orders') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT (parse_ident('shop."Or"'))[2] FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT string_agg(nspname, ',' ORDER BY nspname) FILTER (WHERE nspname <> 'x') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT ctid IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT xmin IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT age(xmin) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT cardinality(nspacl) IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspacl::text IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT nspacl::text[] IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT array_to_string(nspacl, E'\n') IS NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT acldefault('r', 10) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT cast(1 as numeric(5,2)) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT cast('2024-01-01' as date) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT date '2024-01-01'::text FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT timestamp with time zone '2024-01-01 00:00+00' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT time '10:00' FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(hour from time '10:00') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_agg(ROW(nspname,1)) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_agg(ARRAY[nspname]) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT jsonb_object_agg(nspname, jsonb_build_object('z', 1, 'a', ARRAY[true,null])) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(DATE '2024-01-02') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(TIMESTAMP '2024-01-02 03:04:05.6') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(TIMESTAMPTZ '2024-01-02 03:04:05+00') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_json(oid) IS NOT NULL FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT to_jsonb('{"b":1,"a":[1,2.50,1e2]}'::json) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT '{"b":1,"a":[1,2.50,1e2],"b":"\u4e2d"}'::jsonb FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_build_object('r', 'shop.orders'::regclass, 'f', 1.5::float8, 'n', NULL, 't', E'a\nb"') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_build_object() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT json_build_array() FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(epoch from date '2024-03-01') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT extract(dow from date '2024-03-01') FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT 'shop.orders'::regclass::text FROM pg_namespace n WHERE nspname = 'shop'
;
