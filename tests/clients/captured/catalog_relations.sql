-- Relations and functions of the catalog as tools for administrators use them.

-- [simple]
SELECT EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'shop' AND table_name = 'orders')
;

-- [extended]
SELECT EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'shop' AND table_name = 'orders')
;

-- [simple]
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' AND c.relname = 'orders' AND c.relkind = 'r')
;

-- [extended]
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' AND c.relname = 'orders' AND c.relkind = 'r')
;

-- [simple]
SELECT FROM shop.orders WHERE order_id = 1
;

-- [extended]
SELECT FROM shop.orders WHERE order_id = 1
;

-- [simple]
SELECT to_regclass('shop.orders') IS NOT NULL AS is_there, to_regclass('shop.nope')
;

-- [extended]
SELECT to_regclass('shop.orders') IS NOT NULL AS is_there, to_regclass('shop.nope')
;

-- [simple]
SELECT * FROM (SELECT TABLE_CAT, TABLE_SCHEM FROM (SELECT current_database() AS TABLE_CAT, nspname AS TABLE_SCHEM FROM pg_namespace) a) b WHERE TABLE_SCHEM = 'shop'
;

-- [extended]
SELECT * FROM (SELECT TABLE_CAT, TABLE_SCHEM FROM (SELECT current_database() AS TABLE_CAT, nspname AS TABLE_SCHEM FROM pg_namespace) a) b WHERE TABLE_SCHEM = 'shop'
;

-- [simple]
SELECT * FROM pg_catalog.pg_tables WHERE schemaname = 'shop' ORDER BY tablename
;

-- [simple]
SELECT * FROM pg_catalog.pg_views WHERE schemaname = 'shop'
;

-- [simple]
SELECT * FROM pg_catalog.pg_indexes WHERE schemaname = 'shop' ORDER BY 3
;

-- [simple]
SELECT * FROM pg_catalog.pg_matviews
;

-- [simple]
SELECT * FROM pg_catalog.pg_sequences
;

-- [simple]
SELECT * FROM pg_catalog.pg_user WHERE usename = 'bi'
;

-- [simple]
SELECT * FROM pg_catalog.pg_roles WHERE rolname = 'bi'
;

-- [simple]
SELECT * FROM pg_catalog.pg_group LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_locks LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_stat_database LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_stat_user_tables WHERE relname='x'
;

-- [simple]
SELECT * FROM pg_catalog.pg_statio_user_tables WHERE relname='x'
;

-- [simple]
SELECT * FROM pg_catalog.pg_stat_user_indexes WHERE relname='x'
;

-- [simple]
SELECT * FROM pg_catalog.pg_stat_bgwriter LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_stat_ssl LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_timezone_names LIMIT 0
;

-- [simple]
SELECT * FROM pg_catalog.pg_timezone_abbrevs LIMIT 0
;

-- [simple]
SELECT name, is_dst IS NULL FROM pg_timezone_names WHERE name IN ('Asia/Shanghai','PRC','UTC') ORDER BY 1
;

-- [simple]
SELECT setting::int FROM pg_settings WHERE name = 'max_identifier_length'
;

-- [simple]
SELECT pg_catalog.current_setting('work_mem'), current_setting('nope', true), current_setting('NOPE.x', true)
;

-- [simple]
SELECT set_config('work_mem', '5MB', false), current_setting('work_mem')
;

-- [simple]
SELECT set_config('application_name', 'abc', true)
;

-- [simple]
SELECT set_config('search_path', 'shop', false)
;

-- [extended]
SELECT set_config('search_path', 'shop', false)
;

-- [simple]
SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = current_database()
;

-- [simple]
SELECT pg_size_pretty(pg_database_size(current_database())) IS NOT NULL, pg_size_pretty(1234567890::bigint), pg_size_bytes('1 GB')
;

-- [simple]
SELECT current_catalog, current_role, current_schema, session_user, user, current_user, current_schemas(true), current_schemas(false)
;

-- [simple]
SELECT pg_my_temp_schema(), pg_is_other_temp_schema(0), pg_conf_load_time() IS NOT NULL, pg_postmaster_start_time() < now()
;

-- [simple]
SELECT inet_client_addr() IS NULL OR true, inet_client_port() IS NULL OR true, inet_server_port() IS NULL OR true
;

-- [simple]
SELECT pg_is_in_recovery()
;

-- [simple]
SELECT txid_current_if_assigned() IS NULL, pg_current_xact_id_if_assigned() IS NULL
;

-- [simple]
SELECT txid_current() > 0
;

-- [simple]
SELECT pg_backend_pid() > 0, pg_blocking_pids(0), pg_trigger_depth()
;

-- [simple]
SELECT version() ~ '^PostgreSQL 15'
;

-- [simple]
SELECT has_table_privilege('shop.orders', 'SELECT'), has_table_privilege('bi', 'shop.orders', 'INSERT, SELECT'), has_column_privilege('shop.orders','status','SELECT'), has_schema_privilege('shop','USAGE'), has_database_privilege('sales','CONNECT'), has_function_privilege('lower(text)','EXECUTE'), has_any_column_privilege('shop.orders','SELECT'), has_type_privilege('int4','USAGE'), has_language_privilege('sql','USAGE'), pg_has_role('bi','MEMBER')
;

-- [simple]
SELECT has_table_privilege('shop.nope', 'SELECT')
;

-- [simple]
SELECT has_tablespace_privilege('pg_default','CREATE'), has_sequence_privilege(NULL::oid,'USAGE'), has_server_privilege(NULL::oid, 'USAGE'), has_foreign_data_wrapper_privilege(NULL::oid,'USAGE'), has_parameter_privilege('work_mem','SET')
;

-- [simple]
SELECT row_security_active('shop.orders')
;

-- [simple]
SELECT pg_get_serial_sequence('shop.orders','order_id'), pg_get_keywords() LIMIT 1
;

-- [simple]
SELECT pg_get_serial_sequence('shop.orders','order_id')
;

-- [simple]
SELECT count(*) FROM pg_get_keywords() WHERE catcode = 'R'
;

-- [simple]
SELECT pg_typeof(1), pg_typeof('a'::text), pg_typeof(now()), pg_typeof(ARRAY[1]), pg_typeof(NULL), pg_typeof(1.5), pg_typeof('x')
;

-- [simple]
SELECT 'now'::regproc, 'int4[]'::regtype, 'double precision'::regtype::oid, 'timestamp with time zone'::regtype::oid::int
;

-- [simple]
SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid,true), condeferrable, confmatchtype, confupdtype FROM pg_constraint WHERE conname = 'orders_customer_id_fkey'
;

-- [simple]
SELECT pg_get_viewdef('pg_catalog.pg_tables'::regclass) IS NOT NULL, pg_get_ruledef(0), pg_get_triggerdef(0), pg_get_userbyid(0), pg_get_function_arguments(0), pg_get_partkeydef('shop.orders'::regclass)
;

-- [simple]
SELECT pg_describe_object('pg_class'::regclass, 'shop.orders'::regclass, 0), pg_describe_object('pg_class'::regclass, 'shop.orders'::regclass, 1), pg_identify_object('pg_class'::regclass, 'shop.orders'::regclass, 0)
;

-- [simple]
SELECT * FROM pg_identify_object('pg_class'::regclass, 'shop.orders'::regclass, 0)
;

-- [simple]
SELECT (aclexplode(relacl)).grantee FROM pg_class WHERE relname = 'orders' LIMIT 0
;

-- [simple]
SELECT c.relname, a.grantee::regrole::text, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname='orders' AND a.grantee = 'bi'::regrole
;

-- [simple]
SELECT unnest(relacl)::text FROM pg_class WHERE relname='orders' LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.schemata WHERE schema_name='shop'
;

-- [simple]
SELECT * FROM information_schema.views WHERE table_schema='shop'
;

-- [simple]
SELECT * FROM information_schema.table_constraints WHERE table_schema='shop' AND constraint_type='PRIMARY KEY' LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.key_column_usage WHERE table_schema='shop' ORDER BY constraint_name, ordinal_position
;

-- [simple]
SELECT * FROM information_schema.referential_constraints LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.constraint_column_usage LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.check_constraints LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.parameters LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.sequences LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.domains LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.element_types WHERE object_schema='shop'
;

-- [simple]
SELECT * FROM information_schema.role_table_grants WHERE table_schema='shop' ORDER BY table_name
;

-- [simple]
SELECT * FROM information_schema.table_privileges WHERE table_schema='shop' ORDER BY table_name
;

-- [simple]
SELECT * FROM information_schema.usage_privileges LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.enabled_roles
;

-- [simple]
SELECT * FROM information_schema.applicable_roles
;

-- [simple]
SELECT * FROM information_schema.information_schema_catalog_name
;

-- [simple]
SELECT * FROM information_schema.sql_features LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.character_sets
;

-- [simple]
SELECT * FROM information_schema.collations LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.user_defined_types LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.view_table_usage LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.foreign_tables LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.column_udt_usage LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.attributes LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.administrable_role_authorizations LIMIT 0
;

-- [simple]
SELECT * FROM information_schema.foreign_data_wrappers LIMIT 0
;

-- [simple]
SELECT c.table_name, c.column_name, e.data_type FROM information_schema.columns c LEFT JOIN information_schema.element_types e ON ((c.table_catalog, c.table_schema, c.table_name, 'TABLE', c.dtd_identifier) = (e.object_catalog, e.object_schema, e.object_name, e.object_type, e.collection_type_identifier)) WHERE c.table_schema='shop' AND c.data_type = 'ARRAY'
;

-- [simple]
SELECT json_agg(t) FROM (SELECT relname, relkind FROM pg_class WHERE relname IN ('orders','products') ORDER BY 1) t
;

-- [simple]
SELECT json_object_agg(relname, relkind) FROM (SELECT relname, relkind FROM pg_class WHERE relname IN ('orders','products') ORDER BY 1) t
;

-- [simple]
SELECT jsonb_build_object('a', relname, 'b', ARRAY[1,2]) FROM pg_class WHERE relname = 'orders'
;

-- [simple]
SELECT regexp_replace(relname, '^o(.*)$', 'X\1'), regexp_matches(relname, 'r(.)'), split_part(relname,'d',1), substring(relname from 2 for 3), substring(relname from 'o.d'), position('d' in relname), overlay(relname placing 'zz' from 1 for 2), relname ILIKE 'ORD%', relname SIMILAR TO 'o(r|x)%' FROM pg_class WHERE relname='orders'
;

-- [simple]
SELECT array_agg(attname ORDER BY attnum DESC), array_agg(DISTINCT attlen), string_agg(attname::text, ', ' ORDER BY attnum), bool_and(attnotnull), every(attnotnull), count(*) FILTER (WHERE attnotnull), max(attname::text), sum(attnum), avg(attnum)::numeric(10,2) FROM pg_attribute WHERE attrelid='shop.orders'::regclass AND attnum>0
;

-- [simple]
SELECT attname, row_number() OVER (ORDER BY attnum), rank() OVER (PARTITION BY attnotnull ORDER BY attnum), lag(attname) OVER (ORDER BY attnum), first_value(attname) OVER (ORDER BY attnum), count(*) OVER () FROM pg_attribute WHERE attrelid='shop.orders'::regclass AND attnum>0 ORDER BY attnum
;

-- [simple]
SELECT attname FROM pg_attribute WHERE attrelid='shop.orders'::regclass AND attnum>0 ORDER BY attnum LIMIT 2 OFFSET 1
;

-- [simple]
SELECT attname FROM pg_attribute WHERE attrelid='shop.orders'::regclass AND attnum>0 ORDER BY attnum OFFSET 1 ROW FETCH FIRST 2 ROWS ONLY
;

-- [simple]
SELECT DISTINCT ON (attnotnull) attnotnull, attname FROM pg_attribute WHERE attrelid='shop.orders'::regclass AND attnum>0 ORDER BY attnotnull, attnum
;

-- [simple]
SELECT (SELECT array_agg(x) FROM unnest(conkey) x), cardinality(conkey), array_length(conkey,1), conkey @> ARRAY[2]::int2[], conkey && '{2}', array_position(conkey, 2::int2), array_to_string(conkey, ','), conkey = ARRAY[2]::int2[], 2 = ALL(conkey), array_upper(conkey,1), conkey[1:1], array_ndims(conkey), array_dims(conkey), array_cat(conkey, conkey), array_append(conkey, 3::int2), conkey || 3::int2 FROM pg_constraint WHERE conname='orders_customer_id_fkey'
;

-- [simple]
SELECT u.* FROM pg_constraint c, unnest(c.conkey, c.confkey) WITH ORDINALITY AS u(a, b, n) WHERE c.conname='orders_customer_id_fkey'
;

-- [simple]
SELECT n.nspname, l.* FROM pg_namespace n CROSS JOIN LATERAL (SELECT count(*) AS k FROM pg_class c WHERE c.relnamespace = n.oid AND relkind='r') l WHERE nspname='shop'
;

-- [simple]
SELECT relname FROM pg_class NATURAL JOIN (SELECT 'orders'::name AS relname) x WHERE relkind = 'r'
;

-- [simple]
SELECT nspname FROM pg_namespace WHERE nspname = ANY(string_to_array('shop,public', ',')) 
;

-- [simple]
SELECT nspname FROM pg_namespace WHERE nspname = ANY('{shop,public}'::name[]) AND nspname IN (VALUES ('shop'),('x'))
;

-- [simple]
SELECT nspname::varchar(2), nspname::char(2), nspname::name, oid::int8 > 0, oid::text ~ '^\d+$', CAST(NULL AS regclass), nspname IS DISTINCT FROM 'x', nspname BETWEEN SYMMETRIC 'z' AND 'a', CASE nspname WHEN 'shop' THEN 1 END, NULLIF(nspname,'shop'), GREATEST(nspname,'a'), LEAST(1,2), nspname LIKE 's\_%' ESCAPE '\', NOT nspname ~* 'SHOP', (nspname, 1) = ('shop', 1), ROW(nspname,1) FROM pg_namespace WHERE nspname='shop'
;

-- [simple]
SELECT relname FROM pg_class WHERE (relnamespace, relkind) IN (SELECT oid, 'r' FROM pg_namespace WHERE nspname='shop') ORDER BY relname COLLATE "C"
;

-- [simple]
WITH RECURSIVE t AS (SELECT oid, nspname FROM pg_namespace WHERE nspname='shop' UNION SELECT n.oid, n.nspname FROM pg_namespace n JOIN t ON t.oid = n.oid) SELECT nspname FROM t
;

-- [simple]
WITH a AS MATERIALIZED (SELECT nspname FROM pg_namespace WHERE nspname='shop') TABLE a
;

-- [simple]
SELECT nspname FROM pg_namespace WHERE nspname='shop' EXCEPT SELECT 'x' INTERSECT SELECT 'x' 
;

-- [simple]
SELECT tableoid::regclass, nspname FROM pg_namespace WHERE nspname='shop'
;

-- [simple]
SELECT ctid IS NOT NULL, xmin::text IS NOT NULL, nspname FROM pg_namespace WHERE nspname='shop'
;

-- [simple]
SELECT 1 AS "中文", '值' AS "b"
;

-- [simple]
SELECT pg_stat_get_live_tuples('shop.orders'::regclass) >= 0
;

-- [simple]
SELECT relname, reltuples::bigint >= -1 FROM pg_class WHERE oid = 'shop.orders'::regclass
;

-- [simple]
SELECT collname FROM pg_collation WHERE collname IN ('C','default','POSIX') ORDER BY 1
;

-- [simple]
SELECT * FROM pg_options_to_table(ARRAY['a=b','c'])
;

-- [simple]
SELECT * FROM pg_show_all_settings() LIMIT 0
;

-- [simple]
SELECT pg_sleep(0)
;

-- [simple]
SELECT oid::regclass::text FROM pg_class WHERE relname='销售明细' OR relname = 'sales_detail'
;

-- [simple]
SELECT attname FROM pg_attribute WHERE attrelid = 'shop.销售明细'::regclass AND attnum > 0 ORDER BY attnum
;

-- [simple]
SELECT attname FROM pg_attribute WHERE attrelid = '"shop"."销售明细"'::regclass AND attnum > 0 ORDER BY attnum
;
