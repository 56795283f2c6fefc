-- What tools ask when they browse, by their sources: DBeaver 23, Grafana, Redash, Metabase 0.50, Looker, Qlik, Navicat,
-- HeidiSQL, Trino, Spark, DataX, Kettle, Debezium, GDAL, QGIS, Prisma.

-- [simple]
/* DBeaver 23+ */ SET SESSION search_path TO shop,"$user",public
;

-- [simple]
select string_agg(word, ',') from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action}'::text[]) and word like 'sel%'
;

-- [simple]
SELECT current_schema(), session_user
;

-- [simple]
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass WHERE nspname = 'shop' ORDER BY nspname
;

-- [simple]
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datallowconn AND NOT datistemplate OR db.datname ='sales' ORDER BY db.datname LIMIT 0
;

-- [extended]
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c')
;

-- [extended]
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND a.attnum > 0 AND c.relkind not in ('i','I','c') AND c.oid=$1
ORDER BY a.attnum
;

-- [extended]
select c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size
FROM pg_class c
WHERE c.relnamespace=$1 LIMIT 0
;

-- [simple]
SELECT x.* FROM shop.orders x LIMIT 2
;

-- [simple]
SELECT count(*) FROM shop.orders x
;

-- [simple]
SELECT * FROM pg_catalog.pg_settings where name='standard_conforming_strings'
;

-- [simple]
SELECT oid, typname, typcategory FROM pg_catalog.pg_type WHERE typname IN ('int8','geometry','hstore') ORDER BY 2
;

-- [simple]
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL
AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C') LIMIT 0
;

-- [simple]
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr,pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size,pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans
FROM pg_catalog.pg_index i
INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid
WHERE i.indrelid='@class shop.orders@' ORDER BY tabrelname, c.relname
;

-- [simple]
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then substring(pg_get_constraintdef(c.oid), 7) else null end consrc_copy
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE c.conrelid='@class shop.customers@'
ORDER BY c.oid
;

-- [simple]
SELECT DISTINCT i.*,p.relname as ref_table_name FROM pg_catalog.pg_inherits i,pg_catalog.pg_class p WHERE p.oid=i.inhparent AND i.inhrelid='@class shop.orders@' ORDER BY i.inhseqno
;

-- [simple]
SELECT DISTINCT dep.deptype, dep.classid, dep.objid, cl.relkind, attr.attname,pg_get_expr(ad.adbin, ad.adrelid) adefval, CASE WHEN cl.relkind IS NOT NULL THEN cl.relkind::text || COALESCE(dep.objsubid::text, '')
 WHEN tg.oid IS NOT NULL THEN 'T'::text END AS type
FROM pg_depend dep
LEFT JOIN pg_class cl ON dep.objid=cl.oid
LEFT JOIN pg_attribute attr ON dep.objid=attr.attrelid AND dep.objsubid=attr.attnum
LEFT JOIN pg_attrdef ad ON ad.oid=dep.objid
LEFT JOIN pg_trigger tg ON tg.oid=dep.objid
WHERE dep.refobjid = 1
;

-- [simple]
SELECT * FROM information_schema.role_table_grants WHERE table_schema='shop' AND table_name='orders' AND grantee = current_user
;

-- [simple]
SELECT relacl FROM pg_catalog.pg_class WHERE oid='@class shop.orders@' AND false
;

-- [simple]
SELECT pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE oid = '@class shop.orders@'
;

-- [simple]
/* Grafana */ SELECT current_setting('server_version_num')::int/100 as version
;

-- [simple]
SELECT quote_ident(column_name) AS "column", data_type AS "type"
    FROM information_schema.columns
    WHERE quote_ident(table_name) = 'orders' AND CASE WHEN quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(
            array_lower(string_to_array(current_setting('search_path'),','),1),
            array_upper(string_to_array(current_setting('search_path'),','),1)
          ) as i,
          string_to_array(current_setting('search_path'),',') s) THEN true ELSE false END
;

-- [simple]
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'
;

-- [simple]
SELECT floor(extract(epoch from created_at)/3600)*3600 AS "time", count(*) FROM shop.customers WHERE created_at BETWEEN '2024-01-01T00:00:00Z' AND '2024-01-02T00:00:00Z' GROUP BY 1 ORDER BY 1
;

-- [simple]
/* Redash */ SELECT s.nspname as table_schema,
               c.relname as table_name,
               a.attname as column_name,
               null as data_type
        FROM pg_class c
        JOIN pg_namespace s
        ON c.relnamespace = s.oid
        AND s.nspname NOT IN ('pg_catalog', 'information_schema')
        JOIN pg_attribute a
        ON a.attrelid = c.oid
        AND a.attnum > 0
        AND NOT a.attisdropped
        WHERE c.relkind = 'm'
        AND has_table_privilege(quote_ident(s.nspname) || '.' || quote_ident(c.relname), 'select')
        AND has_schema_privilege(s.nspname, 'usage')

        UNION

        SELECT table_schema,
               table_name,
               column_name,
               data_type
        FROM information_schema.columns
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
        AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'select')
        AND has_schema_privilege(table_schema, 'usage')
;

-- [simple]
/* Metabase 0.50 */ SELECT "n"."nspname" AS "schema", "c"."relname" AS "name", CASE "c"."relkind" WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type", "d"."description" AS "description", "stat"."n_live_tup" AS "estimated_row_count" FROM "pg_catalog"."pg_class" AS "c" INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid" LEFT JOIN "pg_catalog"."pg_description" AS "d" ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = 0) AND ("d"."classoid" = 'pg_class'::regclass) LEFT JOIN "pg_stat_user_tables" AS "stat" ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname") WHERE ("c"."relnamespace" = "n"."oid") AND ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema') AND "c"."relkind" IN ('r', 'p', 'v', 'f', 'm') AND ("n"."nspname" IN ('shop')) ORDER BY "type" ASC, "schema" ASC, "name" ASC
;

-- [extended]
SELECT "c"."column_name" AS "name", CASE WHEN "c"."udt_schema" IN ('public', 'pg_catalog') THEN FORMAT('%s', "c"."udt_name") ELSE FORMAT('"%s"."%s"', "c"."udt_schema", "c"."udt_name") END AS "database-type", "c"."ordinal_position" - 1 AS "database-position", "c"."table_schema" AS "table-schema", "c"."table_name" AS "table-name", "pk"."column_name" IS NOT NULL AS "pk?", COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST("c"."table_schema" AS TEXT), CAST("c"."table_name" AS TEXT)) AS REGCLASS) AS OID), "c"."ordinal_position") AS "field-comment", (("column_default" IS NULL) OR (LOWER("column_default") = 'null')) AND ("is_nullable" = 'NO') AND NOT ((("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO')) AS "database-required", (("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO') AS "database-is-auto-increment" FROM "information_schema"."columns" AS "c" LEFT JOIN (SELECT "tc"."table_schema", "tc"."table_name", "kc"."column_name" FROM "information_schema"."table_constraints" AS "tc" INNER JOIN "information_schema"."key_column_usage" AS "kc" ON ("tc"."constraint_name" = "kc"."constraint_name") AND ("tc"."table_schema" = "kc"."table_schema") AND ("tc"."table_name" = "kc"."table_name") WHERE "tc"."constraint_type" = 'PRIMARY KEY') AS "pk" ON ("c"."table_schema" = "pk"."table_schema") AND ("c"."table_name" = "pk"."table_name") AND ("c"."column_name" = "pk"."column_name") WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND ("c"."table_schema" IN ('shop')) UNION ALL SELECT "pa"."attname" AS "name", CASE WHEN "ptn"."nspname" IN ('public', 'pg_catalog') THEN FORMAT('%s', "pt"."typname") ELSE FORMAT('"%s"."%s"', "ptn"."nspname", "pt"."typname") END AS "database-type", "pa"."attnum" - 1 AS "database-position", "pn"."nspname" AS "table-schema", "pc"."relname" AS "table-name", FALSE AS "pk?", NULL AS "field-comment", FALSE AS "database-required", FALSE AS "database-is-auto-increment" FROM "pg_catalog"."pg_class" AS "pc" INNER JOIN "pg_catalog"."pg_namespace" AS "pn" ON "pn"."oid" = "pc"."relnamespace" INNER JOIN "pg_catalog"."pg_attribute" AS "pa" ON "pa"."attrelid" = "pc"."oid" INNER JOIN "pg_catalog"."pg_type" AS "pt" ON "pt"."oid" = "pa"."atttypid" INNER JOIN "pg_catalog"."pg_namespace" AS "ptn" ON "ptn"."oid" = "pt"."typnamespace" WHERE ("pc"."relkind" = 'm') AND ("pa"."attnum" >= 1) AND ("pn"."nspname" IN ('shop')) ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC
;

-- [simple]
SELECT "tc"."table_schema" AS "fk-table-schema", "fk_table"."relname" AS "fk-table-name", "fk_column"."attname" AS "fk-column-name", "pk_ns"."nspname" AS "pk-table-schema", "pk_table"."relname" AS "pk-table-name", "pk_column"."attname" AS "pk-column-name" FROM "pg_constraint" AS "c" INNER JOIN "pg_class" AS "fk_table" ON "c"."conrelid" = "fk_table"."oid" INNER JOIN "information_schema"."tables" AS "tc" ON "tc"."table_name" = "fk_table"."relname" INNER JOIN "pg_namespace" AS "fk_ns" ON "c"."connamespace" = "fk_ns"."oid" INNER JOIN "pg_attribute" AS "fk_column" ON "c"."conrelid" = "fk_column"."attrelid" INNER JOIN "pg_class" AS "pk_table" ON "c"."confrelid" = "pk_table"."oid" INNER JOIN "pg_namespace" AS "pk_ns" ON "pk_table"."relnamespace" = "pk_ns"."oid" INNER JOIN "pg_attribute" AS "pk_column" ON "c"."confrelid" = "pk_column"."attrelid" WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND ("c"."contype" = 'f'::char) AND ("fk_column"."attnum" = ANY(c.conkey)) AND ("pk_column"."attnum" = ANY(c.confkey)) AND ("fk_ns"."nspname" IN ('shop')) ORDER BY "fk-table-schema" ASC, "fk-table-name" ASC
;

-- [simple]
SELECT NULLIF(CAST("n"."nspname" AS TEXT), '') "table-schema", "t"."relname" "table-name", ("information_schema"._pg_expandarray("i"."indkey"))."n" FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'shop'
;

-- [simple]
SELECT "tmp"."table-schema", "tmp"."table-name", TRIM(BOTH '"' FROM PG_CATALOG.PG_GET_INDEXDEF("tmp"."ci_oid", "tmp"."pos", FALSE)) AS "field-name" FROM (SELECT "n"."nspname" AS "table-schema", "ct"."relname" AS "table-name", "ci"."oid" AS "ci_oid", (INFORMATION_SCHEMA._PG_EXPANDARRAY("i"."indkey"))."n" AS "pos" FROM "pg_catalog"."pg_class" AS "ct" INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "ct"."relnamespace" = "n"."oid" INNER JOIN "pg_catalog"."pg_index" AS "i" ON "ct"."oid" = "i"."indrelid" INNER JOIN "pg_catalog"."pg_class" AS "ci" ON "ci"."oid" = "i"."indexrelid" WHERE (PG_CATALOG.PG_GET_EXPR("i"."indpred", "i"."indrelid") IS NULL) AND n.nspname !~ '^information_schema|catalog_history|pg_') AS "tmp" WHERE "tmp"."pos" = 1 AND "tmp"."table-schema" = 'shop'
;

-- [simple]
SELECT nspname, typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid IN (SELECT DISTINCT e.enumtypid FROM pg_enum e)
;

-- [simple]
/* Looker */ SELECT CURRENT_DATE, CURRENT_SCHEMA, CURRENT_USER
;

-- [simple]
SELECT table_schema, table_name, column_name, data_type, column_default, ordinal_position FROM information_schema.columns WHERE table_schema = 'shop' AND LEFT(table_name, 3) <> 'LR$' ORDER BY table_schema, table_name, ordinal_position
;

-- [simple]
SET TIMEZONE TO 'UTC'; SELECT TO_CHAR(DATE_TRUNC('month', orders.order_date ), 'YYYY-MM') AS "orders.month", COALESCE(SUM(orders.total ), 0) AS "t" FROM shop.orders AS orders GROUP BY (DATE_TRUNC('month', orders.order_date )) ORDER BY 1 DESC FETCH NEXT 500 ROWS ONLY
;

-- [simple]
/* Qlik */ select * from (select n.nspname as "TABLE_SCHEM", c.relname as "TABLE_NAME" from pg_class c, pg_namespace n where c.relnamespace = n.oid and c.relkind in ('r','v','m','f','p')) t where "TABLE_SCHEM" like 'sho_'  order by 1,2
;

-- [simple]
/* Navicat */ SELECT s.oid, s.nspname, r.rolname, s.nspacl IS NULL, obj_description(s.oid, 'pg_namespace') FROM pg_namespace s LEFT JOIN pg_roles r ON s.nspowner = r.oid WHERE s.nspname NOT LIKE 'pg_%' AND s.nspname <> 'information_schema' ORDER BY s.nspname
;

-- [simple]
SELECT c.oid, obj_description(c.oid), c.relhasoids AS hasoids FROM pg_class c LIMIT 1
;

-- [simple]
SELECT c.oid, obj_description(c.oid), c.relhasindex, n.nspname AS schemaname, c.relname AS tablename, c.relkind, pg_get_userbyid(c.relowner) AS tableowner, t.spcname AS "tablespace", c.relhasindex AS hasindexes, c.relhasrules AS hasrules, c.relhastriggers AS hastriggers, ft.ftoptions, fs.srvname, c.reltuples, inh.inhparent IS NOT NULL, inhparent_nsp.nspname, inhparent.relname FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace LEFT JOIN pg_inherits inh ON c.oid = inh.inhrelid LEFT JOIN pg_class inhparent ON inhparent.oid = inh.inhparent LEFT JOIN pg_namespace inhparent_nsp ON inhparent_nsp.oid = inhparent.relnamespace LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_foreign_server fs ON ft.ftserver = fs.oid WHERE ((c.relkind = 'r'::"char") OR (c.relkind = 'f'::"char") OR (c.relkind = 'p'::"char")) AND n.nspname = 'shop' ORDER BY schemaname, tablename
;

-- [simple]
SELECT col.table_catalog, col.table_schema, col.table_name, col.column_name, col.character_maximum_length, col.is_nullable, col.numeric_precision, col.numeric_scale, col.datetime_precision, col.ordinal_position, b.atttypmod, b.attndims, col.data_type AS col_type, et.typelem, et.typlen, et.typtype, nbt.nspname AS elem_schema, bt.typname AS elem_name, b.atttypid, col.udt_schema, col.udt_name, col.domain_catalog, col.domain_schema, col.domain_name, col_description(c.oid, col.ordinal_position) AS comment, col.column_default AS col_default, col.is_identity, col.identity_generation, col.identity_start, col.identity_increment, col.identity_maximum, col.identity_minimum, col.identity_cycle, col.is_generated, b.attacl, colnsp.nspname AS collation_schema_name, coll.collname, c.relkind, b.attfdwoptions AS foreign_options FROM information_schema.columns AS col LEFT JOIN pg_namespace ns ON ns.nspname = col.table_schema LEFT JOIN pg_class c ON col.table_name = c.relname AND c.relnamespace = ns.oid LEFT JOIN pg_attrdef a ON c.oid = a.adrelid AND col.ordinal_position = a.adnum LEFT JOIN pg_attribute b ON b.attrelid = c.oid AND b.attname = col.column_name LEFT JOIN pg_type et ON et.oid = b.atttypid LEFT JOIN pg_collation coll ON coll.oid = b.attcollation LEFT JOIN pg_namespace colnsp ON coll.collnamespace = colnsp.oid LEFT JOIN pg_type bt ON et.typelem = bt.oid LEFT JOIN pg_namespace nbt ON bt.typnamespace = nbt.oid WHERE col.table_schema = 'shop' AND col.table_name = 'orders' ORDER BY col.table_schema, col.table_name, col.ordinal_position
;

-- [simple]
SELECT ct.oid, ct.conname, ct.contype, ct.conkey, ct.confkey, ct.confupdtype, ct.confdeltype, ct.condeferrable, ct.condeferred, ct.confmatchtype, rns.nspname, rcl.relname, pg_get_constraintdef(ct.oid) FROM pg_constraint ct LEFT JOIN pg_class cl ON cl.oid = ct.conrelid LEFT JOIN pg_namespace ns ON ns.oid = cl.relnamespace LEFT JOIN pg_class rcl ON rcl.oid = ct.confrelid LEFT JOIN pg_namespace rns ON rns.oid = rcl.relnamespace WHERE ns.nspname = 'shop' ORDER BY ct.conname
;

-- [simple]
SELECT ns.nspname, cl.relname, ix.relname, ARRAY_TO_STRING(ARRAY(SELECT pg_get_indexdef(i.indexrelid, k + 1, true) FROM generate_subscripts(i.indkey, 1) AS k ORDER BY k), ',') FROM pg_index i JOIN pg_class ix ON ix.oid = i.indexrelid JOIN pg_class cl ON cl.oid = i.indrelid JOIN pg_namespace ns ON ns.oid = cl.relnamespace WHERE ns.nspname = 'shop'
;

-- [simple]
SELECT * FROM "shop"."orders" LIMIT 10 OFFSET 0
;

-- [simple]
SELECT "current_user"(), "session_user"()
;

-- [simple]
SELECT CASE WHEN r.rolsuper THEN 1 ELSE 0 END FROM pg_roles r WHERE rolname = CURRENT_USER
;

-- [simple]
/* HeidiSQL */ SHOW ssl
;

-- [simple]
SELECT "nspname" FROM "pg_catalog"."pg_namespace" WHERE nspname='shop' ORDER BY "nspname"
;

-- [simple]
SELECT *, pg_table_size(QUOTE_IDENT(t.TABLE_SCHEMA) || '.' || QUOTE_IDENT(t.TABLE_NAME))::bigint AS data_length, pg_relation_size(QUOTE_IDENT(t.TABLE_SCHEMA) || '.' || QUOTE_IDENT(t.TABLE_NAME))::bigint AS index_length, c.reltuples, obj_description(c.oid) AS comment FROM "information_schema"."tables" AS t LEFT JOIN "pg_namespace" n ON t.TABLE_SCHEMA = n.nspname LEFT JOIN "pg_class" c ON n.oid = c.relnamespace AND c.relname=t.TABLE_NAME WHERE t."table_schema"='shop' LIMIT 0
;

-- [simple]
SELECT DISTINCT a.attname AS column_name, a.attnum, a.atttypid, FORMAT_TYPE(a.atttypid, a.atttypmod) AS data_type, CASE a.attnotnull WHEN false THEN 'YES' ELSE 'NO' END AS IS_NULLABLE, com.description AS column_comment, pg_get_expr(def.adbin, def.adrelid) AS column_default, NULL AS character_maximum_length FROM pg_attribute AS a JOIN pg_class AS pgc ON pgc.oid = a.attrelid LEFT JOIN pg_description AS com ON (pgc.oid = com.objoid AND a.attnum = com.objsubid) LEFT JOIN pg_attrdef AS def ON (a.attrelid = def.adrelid AND a.attnum = def.adnum) WHERE a.attnum > 0 AND pgc.oid = a.attrelid AND pg_table_is_visible(pgc.oid) AND NOT a.attisdropped AND pgc.relname = 'orders' ORDER BY a.attnum
;

-- [simple]
WITH ndx_list AS (SELECT pg_index.indexrelid, pg_class.oid FROM pg_index, pg_class WHERE pg_class.relname = 'orders' AND pg_class.oid = pg_index.indrelid), ndx_cols AS (SELECT pg_class.relname, UNNEST(i.indkey) AS col_ndx, CASE i.indisprimary WHEN True THEN 'PRIMARY' ELSE CASE i.indisunique WHEN True THEN 'UNIQUE' ELSE 'KEY' END END AS CONSTRAINT_TYPE, pg_class.oid FROM pg_class JOIN pg_index i ON (pg_class.oid = i.indexrelid) JOIN ndx_list ON (pg_class.oid = ndx_list.indexrelid) WHERE pg_table_is_visible(pg_class.oid)) SELECT ndx_cols.relname AS CONSTRAINT_NAME, ndx_cols.CONSTRAINT_TYPE, a.attname AS COLUMN_NAME FROM pg_attribute a JOIN ndx_cols ON (a.attnum = ndx_cols.col_ndx) JOIN ndx_list ON (ndx_list.oid = a.attrelid AND ndx_list.indexrelid = ndx_cols.oid)
;

-- [simple]
SELECT "p"."proname", "p"."proargtypes" FROM "pg_catalog"."pg_namespace" AS "n" JOIN "pg_catalog"."pg_proc" AS "p" ON "p"."pronamespace" = "n"."oid" WHERE "n"."nspname"='shop'
;

-- [simple]
SELECT pid AS "Id", usename AS "User", client_addr IS NULL AS "Host", datname AS "Db" FROM pg_stat_activity WHERE pid = pg_backend_pid() AND false
;

-- [simple]
SELECT EXTRACT(epoch FROM CURRENT_TIMESTAMP - pg_postmaster_start_time())::INTEGER > -1
;

-- [simple]
/* Trino */ SELECT attr.attname, attr.attnum FROM pg_attribute attr WHERE attr.attrelid = 'shop.orders'::regclass AND attnum > 0 ORDER BY attnum
;

-- [simple]
SELECT reltuples < 100 FROM pg_class WHERE oid = 'shop.orders'::regclass AND false
;

-- [simple]
SELECT attname, null_frac, n_distinct, avg_width FROM pg_stats WHERE schemaname = 'shop' AND tablename = 'nothing'
;

-- [simple]
SELECT oid, typname FROM pg_type WHERE typname in ('hstore','jsonb','uuid') ORDER BY 1
;

-- [simple]
/* Spark */ SELECT * FROM shop.orders WHERE 1=0
;

-- [simple]
SELECT typname FROM pg_type WHERE oid = 23
;

-- [simple]
SELECT "order_id","status" FROM shop.orders  WHERE "order_id" < 3 OR "order_id" is null
;

-- [simple]
SELECT SUM("total"),COUNT(*) FROM (SELECT * FROM shop.orders) SPARK_GEN_SUBQ_0 WHERE ("status" IS NOT NULL) AND ("status" = 'paid')
;

-- [simple]
/* DataX */ select order_id,status from shop.orders where 1=2
;

-- [simple]
SELECT MIN(order_id),MAX(order_id) FROM shop.orders where order_id IS NOT NULL
;

-- [simple]
/* Kettle */ SELECT * FROM shop.orders LIMIT 0
;

-- [simple]
/* Debezium */ SELECT wal_level FROM (SELECT current_setting('wal_level') wal_level) x
;

-- [simple]
SHOW wal_level
;

-- [simple]
SELECT * FROM pg_publication WHERE pubname = 'dbz_publication'
;

-- [simple]
SELECT oid, rolcanlogin AS rolcanlogin, rolreplication AS rolreplication, CAST(array_position(ARRAY(SELECT b.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON (m.roleid = b.oid) WHERE m.member = r.oid), 'rds_superuser') AS BOOL) IS TRUE AS aws_superuser, CAST(array_position(ARRAY(SELECT b.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON (m.roleid = b.oid) WHERE m.member = r.oid), 'rds_replication') AS BOOL) IS TRUE AS aws_repladmin FROM pg_roles r WHERE r.rolname = current_user
;

-- [simple]
SELECT t.oid AS oid, t.typname AS name, t.typelem AS element, t.typbasetype AS parentoid, t.typtypmod as modifiers, t.typcategory as category, e.values as enum_values FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid) LEFT JOIN (SELECT t.enumtypid as enum_id, array_agg(t.enumlabel) as values FROM pg_catalog.pg_enum t GROUP BY t.enumtypid) e ON (t.oid = e.enum_id) WHERE n.nspname != 'pg_toast' AND t.typname IN ('int4','jsonb')
;

-- [simple]
/* ogr */ SELECT c.relname, n.nspname, c.relkind, a.attname, t.typname FROM pg_class c, pg_namespace n, pg_attribute a, pg_type t WHERE c.relkind in ( 'r','v','m','f','p') AND c.relname !~ '^pg_' AND c.relnamespace=n.oid AND a.attrelid=c.oid AND a.atttypid=t.oid AND t.typname = 'geometry'
;

-- [simple]
/* QGIS */ SELECT l.f_table_name FROM geometry_columns l
;

-- [simple]
SELECT has_schema_privilege(n.oid,'usage'), pg_is_other_temp_schema(n.oid) FROM pg_namespace n WHERE nspname = 'shop'
;

-- [simple]
SELECT EXISTS(SELECT * FROM pg_extension WHERE extname='postgis')
;

-- [simple]
SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = '"shop"."orders"'::regclass
;

-- [simple]
SELECT indexrelid FROM pg_index WHERE indrelid='"shop"."orders"'::regclass AND (indisprimary OR indisunique) ORDER BY CASE WHEN indisprimary THEN 1 ELSE 2 END LIMIT 0
;

-- [simple]
SELECT attname,attnotnull FROM pg_index,pg_attribute WHERE indrelid='"shop"."orders"'::regclass AND indexrelid = attrelid
;

-- [simple]
/* Prisma */ SELECT namespace.nspname as namespace_name FROM pg_namespace as namespace WHERE namespace.nspname = ANY ( $${shop}$$::text[] ) ORDER BY namespace_name;
;

-- [extended]
SELECT
  tbl.relname AS table_name,
  namespace.nspname as namespace,
  (tbl.relhassubclass and tbl.relkind = 'p') as is_partition,
  (tbl.relhassubclass and tbl.relkind = 'r') as has_subclass,
  tbl.relrowsecurity as has_row_level_security,
  reloptions,
  obj_description(tbl.oid, 'pg_class') as description
FROM pg_class AS tbl
INNER JOIN pg_namespace AS namespace ON namespace.oid = tbl.relnamespace
WHERE
  (
    (tbl.relkind = 'r' AND tbl.relispartition = 'f')
      OR
    tbl.relkind = 'p'
  )
  AND namespace.nspname = ANY ( $1 )
ORDER BY namespace, table_name;
;

-- [extended]
SELECT
    oid.namespace,
    info.table_name,
    info.column_name,
    format_type(att.atttypid, att.atttypmod) as formatted_type,
    info.numeric_precision,
    info.numeric_scale,
    info.numeric_precision_radix,
    info.datetime_precision,
    info.data_type,
    info.udt_schema as type_schema_name,
    info.udt_name as full_data_type,
    pg_get_expr(attdef.adbin, attdef.adrelid) AS column_default,
    info.is_nullable,
    info.is_identity,
    info.character_maximum_length,
    col_description(att.attrelid, ordinal_position) AS description
FROM information_schema.columns info
JOIN pg_attribute att ON att.attname = info.column_name
JOIN (
     SELECT pg_class.oid, relname, pg_namespace.nspname as namespace
     FROM pg_class
     JOIN pg_namespace on pg_namespace.oid = pg_class.relnamespace
     AND pg_namespace.nspname = ANY ( $1 )
     WHERE reltype > 0
    ) as oid on oid.oid = att.attrelid
      AND relname = info.table_name
      AND namespace = info.table_schema
LEFT OUTER JOIN pg_attrdef attdef ON attdef.adrelid = att.attrelid AND attdef.adnum = att.attnum AND table_schema = namespace
WHERE table_schema = ANY ( $1 )
ORDER BY namespace, table_name, ordinal_position;
;

-- [extended]
WITH rawindex AS (
    SELECT
        indrelid,
        indexrelid,
        indisunique AS is_unique,
        indisprimary AS is_primary_key,
        unnest(indkey) AS indkeyid,
        generate_subscripts(indkey, 1) AS indkeyidx,
        unnest(indclass) AS indclass,
        unnest(indoption) AS indoption
    FROM pg_index
    WHERE
        indpred IS NULL
        AND NOT indisexclusion
)
SELECT
    schemainfo.nspname AS namespace,
    indexinfo.relname AS index_name,
    tableinfo.relname AS table_name,
    columninfo.attname AS column_name,
    rawindex.is_unique AS is_unique,
    rawindex.is_primary_key AS is_primary_key,
    rawindex.indkeyidx AS column_index,
    opclass.opcname AS opclass,
    opclass.opcdefault AS opcdefault,
    indexaccess.amname AS index_algo,
    CASE rawindex.indoption & 1 WHEN 1 THEN 'DESC' ELSE 'ASC' END AS column_order,
    CASE rawindex.indoption & 2 WHEN 2 THEN true ELSE false END AS nulls_first,
    pc.condeferrable AS condeferrable,
    pc.condeferred AS condeferred
FROM
    rawindex
    INNER JOIN pg_class AS tableinfo ON tableinfo.oid = rawindex.indrelid
    INNER JOIN pg_class AS indexinfo ON indexinfo.oid = rawindex.indexrelid
    INNER JOIN pg_namespace AS schemainfo ON schemainfo.oid = tableinfo.relnamespace
    LEFT JOIN pg_attribute AS columninfo
        ON columninfo.attrelid = tableinfo.oid AND columninfo.attnum = rawindex.indkeyid
    INNER JOIN pg_am AS indexaccess ON indexaccess.oid = indexinfo.relam
    LEFT JOIN pg_opclass AS opclass
        ON opclass.oid = rawindex.indclass
    LEFT JOIN pg_constraint pc ON rawindex.indexrelid = pc.conindid AND pc.contype <> 'f'
WHERE schemainfo.nspname = ANY ( $1 )
ORDER BY namespace, table_name, index_name, column_index;
;

-- [extended]
SELECT
    con.oid         AS "con_id",
    att2.attname    AS "child_column",
    cl.relname      AS "parent_table",
    att.attname     AS "parent_column",
    con.confdeltype,
    con.confupdtype,
    rel_ns.nspname  AS "referenced_schema_name",
    conname         AS constraint_name,
    child,
    parent,
    table_name,
    namespace,
    condeferrable,
    condeferred
FROM (SELECT
            ns.nspname           AS "namespace",
            unnest(con1.conkey)  AS "parent",
            unnest(con1.confkey) AS "child",
            cl.relname           AS table_name,
            ns.nspname           AS schema_name,
            generate_subscripts(con1.conkey, 1) AS colidx,
            con1.oid,
            con1.confrelid,
            con1.conrelid,
            con1.conname,
            con1.confdeltype,
            con1.confupdtype,
            con1.condeferrable,
            con1.condeferred
    FROM pg_class cl
            join pg_constraint con1 on con1.conrelid = cl.oid
            join pg_namespace ns on cl.relnamespace = ns.oid
    WHERE
        ns.nspname = ANY ( $1 )
        and con1.contype = 'f'
    ORDER BY colidx
    ) con
JOIN pg_attribute att on att.attrelid = con.confrelid and att.attnum = con.child
JOIN pg_class cl on cl.oid = con.confrelid
JOIN pg_attribute att2 on att2.attrelid = con.conrelid and att2.attnum = con.parent
JOIN pg_class rel_cl on con.confrelid = rel_cl.oid
JOIN pg_namespace rel_ns on rel_cl.relnamespace = rel_ns.oid
ORDER BY namespace, table_name, constraint_name, con_id, con.colidx;
;

-- [extended]
SELECT sequence_name, namespaces.nspname as namespace, start_value, min_value, max_value, increment_by, cycle, cache_size FROM pg_sequences AS sequences JOIN pg_namespace AS namespaces ON sequences.schemaname = namespaces.nspname CROSS JOIN LATERAL (SELECT sequences.sequencename AS sequence_name) s WHERE namespaces.nspname = ANY ( $1 )
;

-- [extended]
SELECT views.viewname AS view_name, views.definition AS view_sql, views.schemaname AS namespace, obj_description(class.oid, 'pg_class') as description FROM pg_catalog.pg_views views INNER JOIN pg_catalog.pg_namespace ns ON views.schemaname = ns.nspname INNER JOIN pg_catalog.pg_class class ON class.relnamespace = ns.oid AND class.relname = views.viewname WHERE schemaname = ANY ( $1 )
;

-- [extended]
SELECT t.typname as name, e.enumlabel as value, n.nspname as namespace, obj_description(t.oid, 'pg_type') as description FROM pg_type t JOIN pg_enum e ON t.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = ANY ( $1 ) ORDER BY e.enumsortorder
;

-- [extended]
SELECT p.proname AS name, n.nspname as namespace, CASE WHEN l.lanname = 'internal' THEN p.prosrc ELSE pg_get_functiondef(p.oid) END as definition FROM pg_proc p LEFT JOIN pg_namespace n ON p.pronamespace = n.oid LEFT JOIN pg_language l ON p.prolang = l.oid WHERE n.nspname = ANY ( $1 )
;

-- [extended]
SELECT pg_class.relname AS table_name, pg_constraint.conname AS constraint_name, contype as constraint_type FROM pg_constraint INNER JOIN pg_class ON pg_class.oid = pg_constraint.conrelid WHERE pg_class.relnamespace = 'shop'::regnamespace ORDER BY 1, 2
;

-- [simple]
SET search_path = "shop"
;
