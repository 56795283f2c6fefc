-- [simple]
SHOW SERVER_VERSION
;

-- [simple]
SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' AND table_type LIKE '%TABLE' AND table_name != 'spatial_ref_sys';
;

-- [simple]
SELECT pk.constraint_type as "Constraint", c.column_name as "Field", c.column_default as "Default", c.is_nullable as "Null", (CASE WHEN c.udt_name = 'hstore' THEN c.udt_name ELSE c.data_type END) || (CASE WHEN c.character_maximum_length IS NOT NULL THEN '(' || c.character_maximum_length || ')' ELSE '' END) as "Type", (SELECT array_agg(e.enumlabel) FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON t.oid=e.enumtypid WHERE t.typname=c.udt_name) AS "special", (SELECT pgd.description FROM pg_catalog.pg_statio_all_tables AS st INNER JOIN pg_catalog.pg_description pgd on (pgd.objoid=st.relid) WHERE c.ordinal_position=pgd.objsubid AND c.table_name=st.relname) AS "Comment" FROM information_schema.columns c LEFT JOIN (SELECT tc.table_schema, tc.table_name, cu.column_name, tc.constraint_type FROM information_schema.TABLE_CONSTRAINTS tc JOIN information_schema.KEY_COLUMN_USAGE  cu ON tc.table_schema=cu.table_schema and tc.table_name=cu.table_name and tc.constraint_name=cu.constraint_name and tc.constraint_type='PRIMARY KEY') pk ON pk.table_schema=c.table_schema AND pk.table_name=c.table_name AND pk.column_name=c.column_name WHERE c.table_name = 'orders' AND c.table_schema = 'shop'
;

-- [simple]
SELECT i.relname AS name, ix.indisprimary AS primary, ix.indisunique AS unique, ix.indkey AS indkey, array_agg(a.attnum) as column_indexes, array_agg(a.attname) AS column_names, pg_get_indexdef(ix.indexrelid) AS definition FROM pg_class t, pg_class i, pg_index ix, pg_attribute a, pg_namespace s WHERE t.oid = ix.indrelid AND i.oid = ix.indexrelid AND a.attrelid = t.oid AND t.relkind = 'r' and t.relname = 'orders' AND s.oid = t.relnamespace AND s.nspname = 'shop' GROUP BY i.relname, ix.indexrelid, ix.indisprimary, ix.indisunique, ix.indkey ORDER BY i.relname
;

-- [simple]
select "a"."attname" as "column_name", "a"."attnotnull" as "not_null", "a"."atthasdef" as "has_default", "c"."relname" as "table", "c"."relkind" as "table_type", "ns"."nspname" as "schema", "typ"."typname" as "type", "dtns"."nspname" as "type_schema", col_description(a.attrelid, a.attnum) as "column_description", pg_get_serial_sequence(quote_ident(ns.nspname) || '.' || quote_ident(c.relname), a.attname) as "auto_incrementing" from "pg_catalog"."pg_attribute" as "a" inner join "pg_catalog"."pg_class" as "c" on "a"."attrelid" = "c"."oid" inner join "pg_catalog"."pg_namespace" as "ns" on "c"."relnamespace" = "ns"."oid" inner join "pg_catalog"."pg_type" as "typ" on "a"."atttypid" = "typ"."oid" inner join "pg_catalog"."pg_namespace" as "dtns" on "typ"."typnamespace" = "dtns"."oid" where "c"."relkind" in ('r', 'v', 'p') and "ns"."nspname" !~ '^pg_' and "ns"."nspname" != 'information_schema' and "ns"."nspname" != 'crdb_internal' and has_schema_privilege("ns"."nspname", 'USAGE') and "a"."attnum" >= 0 and "a"."attisdropped" != true order by "ns"."nspname", "c"."relname", "a"."attnum"
;

-- [simple]
SELECT s.nspname as table_schema FROM pg_catalog.pg_namespace s WHERE nspname not in ('information_schema', 'pg_catalog', 'public') AND nspname NOT LIKE 'pg_toast%' AND nspname NOT LIKE 'pg_temp_%' ORDER BY table_schema
;

-- [simple]
SELECT
    n.nspname AS "schema",
    c.relname AS "name",
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' END AS "type",
    c.relrowsecurity AS "rls_enabled"
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid::regnamespace::text = c.relnamespace::regnamespace::text
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname IN ('shop')
;

-- [simple]
select s.nspname, s.oid, t.typname as name, array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace s on s.oid = t.typnamespace group by 1, 2, 3
;

-- [simple]
select schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences as seqs WHERE schemaname = 'shop'
;

-- [simple]
SELECT DISTINCT schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies
;

-- [simple]
SELECT a.attrelid::regclass::text, a.attname
    , CASE WHEN a.atttypid = ANY ('{int,int8,int2}'::regtype[])
      AND EXISTS (
        SELECT FROM pg_attrdef ad
        WHERE  ad.adrelid = a.attrelid
        AND    ad.adnum   = a.attnum
        AND    pg_get_expr(ad.adbin, ad.adrelid) = 'nextval(' || chr(39)
           || (pg_get_serial_sequence (a.attrelid::regclass::text
                                    , a.attname))::regclass
           || chr(39) || '::regclass)'
       )
    THEN CASE a.atttypid
        WHEN 'int'::regtype  THEN 'serial'
        WHEN 'int8'::regtype THEN 'bigserial'
        WHEN 'int2'::regtype THEN 'smallserial'
     END
    ELSE format_type(a.atttypid, a.atttypmod)
    END AS data_type, INFORMATION_SCHEMA.COLUMNS.table_name, ns.nspname as type_schema,
    pg_get_serial_sequence('"' || table_schema || '"."' || table_name || '"', "attname")::regclass as seq_name, INFORMATION_SCHEMA.COLUMNS.column_name,
    INFORMATION_SCHEMA.COLUMNS.column_default, INFORMATION_SCHEMA.COLUMNS.data_type as additional_dt,
    INFORMATION_SCHEMA.COLUMNS.udt_name as enum_name,
    INFORMATION_SCHEMA.COLUMNS.is_generated, generation_expression,
    INFORMATION_SCHEMA.COLUMNS.is_identity,INFORMATION_SCHEMA.COLUMNS.identity_generation
FROM  pg_attribute  a
JOIN INFORMATION_SCHEMA.COLUMNS ON INFORMATION_SCHEMA.COLUMNS.column_name = a.attname
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_namespace ns ON ns.oid = t.typnamespace
WHERE  a.attrelid = '"shop"."orders"'::regclass and INFORMATION_SCHEMA.COLUMNS.table_name = 'orders' and INFORMATION_SCHEMA.COLUMNS.table_schema = 'shop'
AND    a.attnum > 0
AND    NOT a.attisdropped
ORDER  BY a.attnum
;

-- [simple]
SELECT
            con.contype AS constraint_type,
            con.conname AS constraint_name,
            nsp.nspname AS table_schema,
            rel.relname AS table_name,
            att.attname AS column_name,
            fnsp.nspname AS foreign_table_schema,
            frel.relname AS foreign_table_name,
            fatt.attname AS foreign_column_name,
            CASE con.confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' WHEN 'd' THEN 'SET DEFAULT' ELSE NULL END AS update_rule
          FROM pg_catalog.pg_constraint con
          JOIN pg_catalog.pg_class rel ON rel.oid = con.conrelid
          JOIN pg_catalog.pg_namespace nsp ON nsp.oid = con.connamespace
          LEFT JOIN pg_catalog.pg_attribute att ON att.attnum = ANY (con.conkey) AND att.attrelid = con.conrelid
          LEFT JOIN pg_catalog.pg_class frel ON frel.oid = con.confrelid
          LEFT JOIN pg_catalog.pg_namespace fnsp ON fnsp.oid = frel.relnamespace
          LEFT JOIN pg_catalog.pg_attribute fatt ON fatt.attnum = ANY (con.confkey) AND fatt.attrelid = con.confrelid
          WHERE nsp.nspname = 'shop' AND con.contype = 'f'
;

-- [simple]
WITH typ AS (SELECT oid, typname, typelem, typdelim, typinput, typtype, typbasetype FROM pg_type WHERE typname IN ('int2', 'int4', 'bool', 'numeric')) SELECT * FROM typ ORDER BY oid
;

-- [simple]
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool')
;

-- [simple]
SELECT t.oid, t.typname, t.typelem, t.typdelim, ti.proname AS typinput, r.rngsubtype FROM pg_type AS t JOIN pg_proc AS ti ON ti.oid = t.typinput LEFT JOIN pg_range AS r ON t.oid = r.rngtypid
;

-- [simple]
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
       pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod,
       c.collname, col_description(a.attrelid, a.attnum) AS comment,
       attidentity AS identity,
       attgenerated as attgenerated
  FROM pg_attribute a
  LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  LEFT JOIN pg_type t ON a.atttypid = t.oid
  LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation
 WHERE a.attrelid = '"orders"'::regclass
   AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
;

-- [simple]
SELECT a.attname
  FROM (
         SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx
           FROM pg_index
          WHERE indrelid = '"order_items"'::regclass
            AND indisprimary
       ) i
  JOIN pg_attribute a
    ON a.attrelid = i.indrelid
   AND a.attnum = i.indkey[i.idx]
 ORDER BY i.idx
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=23
;

-- [simple]
SELECT RELNAME FROM PG_CLASS WHERE OID=@class shop.orders@
;

-- [simple]
select tablename from pg_tables where schemaname !='information_schema' and schemaname !='pg_catalog'
;

-- [simple]
SELECT a.attname FROM pg_attribute a, pg_class c, pg_tables t, pg_namespace nsp WHERE c.relname = 'orders' AND nsp.nspname='shop' AND a.attnum > 0 AND c.oid = a.attrelid AND c.relnamespace = nsp.oid AND t.tablename = c.relname AND t.schemaname = nsp.nspname ORDER BY a.attnum
;

-- [simple]
SELECT c.relname, a.attname, t.typname FROM pg_class c INNER JOIN pg_attribute a ON a.attrelid = c.oid INNER JOIN pg_type t ON t.oid = a.atttypid WHERE c.relname='orders' AND a.attnum>0 ORDER BY a.attnum
;

-- [simple]
SELECT c.relname AS stable, n.nspname AS sschema FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('r','v') ORDER BY 1
;

-- [simple]
SELECT name, setting, unit, short_desc FROM pg_settings WHERE name IN ('server_version','TimeZone','DateStyle','search_path') ORDER BY 1
;

-- [simple]
SELECT relname FROM pg_stat_user_tables ORDER BY 1
;

-- [simple]
SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = pg_backend_pid()
;

-- [simple]
SELECT current_catalog, current_user, session_user, user, current_role, current_schema
;

-- [simple]
SELECT information_schema._pg_truetypid(a.*, t.*), information_schema._pg_truetypmod(a.*, t.*) FROM pg_attribute a JOIN pg_type t ON t.oid=a.atttypid WHERE a.attrelid='shop.orders'::regclass AND a.attnum>0 ORDER BY a.attnum
;

-- [simple]
SHOW TABLE STATUS
;

-- [simple]
SELECT inet_server_addr() IS NOT NULL, inet_server_port() > 0, inet_client_addr() IS NOT NULL
;

-- [simple]
select pg_catalog.pg_stat_get_backend_pid(1) is not null
;

-- [simple]
SELECT to_regclass('shop.orders')::text, to_regclass('shop.nope')
;

-- [simple]
SELECT c.reltuples::bigint AS estimate FROM pg_class c WHERE c.oid = 'shop.orders'::regclass
;
