-- [simple]
SELECT version();
;

-- [simple]
SELECT
    attrelid,
    attname,
    atttypid
FROM
    pg_catalog.pg_attribute
ORDER BY
    attrelid, attnum
;

-- [simple]
SELECT oid, typname, typreceive, typbasetype, typrelid, typarray FROM pg_catalog.pg_type WHERE (typreceive != 0 OR typsend != 0) AND typtype != 'r' AND typreceive::TEXT != 'array_recv'
;

-- [simple]
BEGIN TRANSACTION
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [extended]
COPY (SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."customers" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."products" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."orders" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."order_items" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."销售明细" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [extended]
COPY (SELECT * FROM "shop"."order_totals" LIMIT 10) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT count(*) FROM shop.orders
;

-- [extended]
COPY (SELECT count(*) FROM shop.orders) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT sum(total) FROM shop.orders
;

-- [extended]
COPY (SELECT sum(total) FROM shop.orders) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT "客户名称" FROM shop."销售明细" WHERE "编号" = 7
;

-- [extended]
COPY (SELECT "客户名称" FROM shop."销售明细" WHERE "编号" = 7) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT c.city, o.status, sum(o.total) AS s FROM shop.orders o JOIN shop.customers c ON c.customer_id = o.customer_id GROUP BY c.city, o.status ORDER BY 1, 2
;

-- [extended]
COPY (SELECT c.city, o.status, sum(o.total) AS s FROM shop.orders o JOIN shop.customers c ON c.customer_id = o.customer_id GROUP BY c.city, o.status ORDER BY 1, 2) TO STDOUT (FORMAT binary)
;

-- [extended]
SELECT order_date FROM shop.orders WHERE order_id = 1
;

-- [extended]
COPY (SELECT order_date FROM shop.orders WHERE order_id = 1) TO STDOUT (FORMAT binary)
;

-- [extended 20]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [simple]
ROLLBACK
;

-- [simple]
SELECT datname FROM pg_catalog.pg_database
;

-- [simple]
SELECT nspname FROM pg_catalog.pg_namespace WHERE (nspname !~ '^pg_' OR oid = pg_my_temp_schema()) AND nspname <> 'information_schema'
;

-- [extended]
SELECT c.relname, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 't' THEN 'TOAST table' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' END AS reltype FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = ANY($2)
;

-- [extended]
SELECT attr.attname, attr.attnum, pg_catalog.col_description(cls.oid, attr.attnum), typ.typname FROM pg_catalog.pg_attribute AS attr INNER JOIN pg_catalog.pg_class AS cls ON attr.attrelid = cls.oid INNER JOIN pg_catalog.pg_namespace AS nsp ON nsp.oid = cls.relnamespace INNER JOIN pg_catalog.pg_type AS typ ON attr.atttypid = typ.oid WHERE attr.attnum > 0 AND NOT attr.attisdropped AND nsp.nspname LIKE $1 AND cls.relname LIKE $2
;

-- [extended]
WITH fk_unnest AS (     SELECT         con.conname,         'FOREIGN KEY' AS contype,         conrelid,         UNNEST(con.conkey) AS conkey,         confrelid,         UNNEST(con.confkey) AS confkey     FROM pg_catalog.pg_constraint AS con     INNER JOIN pg_catalog.pg_class AS cls ON cls.oid = conrelid     INNER JOIN pg_catalog.pg_namespace AS nsp ON nsp.oid = cls.relnamespace     WHERE con.contype = 'f' AND nsp.nspname = $1     AND cls.relname = $2 ), fk_names AS (     SELECT         fk_unnest.conname,         fk_unnest.contype,         fk_unnest.conkey,         fk_unnest.confkey,         attr.attname,         fnsp.nspname AS fschema,         fcls.relname AS ftable,         fattr.attname AS fattname     FROM fk_unnest     INNER JOIN pg_catalog.pg_class AS cls ON cls.oid = fk_unnest.conrelid     INNER JOIN pg_catalog.pg_class AS fcls ON fcls.oid = fk_unnest.confrelid     INNER JOIN pg_catalog.pg_namespace AS fnsp ON fnsp.oid = fcls.relnamespace    INNER JOIN pg_catalog.pg_attribute AS attr ON attr.attnum = fk_unnest.conkey         AND attr.attrelid = fk_unnest.conrelid     LEFT JOIN pg_catalog.pg_attribute AS fattr ON fattr.attnum =  fk_unnest.confkey         AND fattr.attrelid = fk_unnest.confrelid ), fkeys AS (     SELECT         conname,         contype,         ARRAY_AGG(attname ORDER BY conkey) AS colnames,         fschema,         ftable,         ARRAY_AGG(fattname ORDER BY confkey) AS fcolnames     FROM fk_names     GROUP BY         conname,         contype,         fschema,         ftable ), other_constraints AS (     SELECT con.conname, CASE con.contype WHEN 'c' THEN 'CHECK' WHEN 'u' THEN      'UNIQUE' WHEN 'p' THEN 'PRIMARY KEY' END AS contype,     ARRAY_AGG(attr.attname) AS colnames     FROM pg_catalog.pg_constraint AS con      CROSS JOIN UNNEST(conkey) AS conkeys      INNER JOIN pg_catalog.pg_class AS cls ON cls.oid = con.conrelid      INNER JOIN pg_catalog.pg_namespace AS nsp ON nsp.oid = cls.relnamespace      INNER JOIN pg_catalog.pg_attribute AS attr ON attr.attnum = conkeys      AND cls.oid = attr.attrelid      WHERE con.contype IN ('c', 'u', 'p') AND nsp.nspname = $1     AND cls.relname = $2     GROUP BY conname, contype ) SELECT     conname, contype, colnames, fschema, ftable, fcolnames FROM fkeys UNION ALL SELECT     conname, contype, colnames, NULL, NULL, NULL FROM other_constraints
;

-- [extended]
SELECT attname, atttypid FROM pg_catalog.pg_class AS cls INNER JOIN pg_catalog.pg_attribute AS attr ON cls.oid = attr.attrelid INNER JOIN pg_catalog.pg_type AS typ ON attr.atttypid = typ.oid WHERE attr.attnum >= 0 AND cls.oid = $1::regclass::oid ORDER BY attr.attnum
;

-- [simple]
SHOW server_version_num
;
