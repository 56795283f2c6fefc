-- [simple]
BEGIN
;

-- [simple]
SET TIMEZONE = UTC
;

-- [extended]
SELECT set_config('search_path', $1, false)
;

-- [simple]
COMMIT
;

-- [simple]
SELECT DISTINCT table_name FROM information_schema.tables WHERE TRUE AND table_schema = 'shop'
;

-- [extended]
SELECT
  a.attname AS column_name,
  CASE
    WHEN EXISTS(
      SELECT 1
      FROM pg_catalog.pg_type t
      INNER JOIN pg_catalog.pg_enum e
              ON e.enumtypid = t.oid
             AND t.typname = pg_catalog.format_type(a.atttypid, a.atttypmod)
    ) THEN 'enum'
    ELSE pg_catalog.format_type(a.atttypid, a.atttypmod)
  END AS data_type,
  NOT a.attnotnull AS nullable
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c
   ON a.attrelid = c.oid
INNER JOIN pg_catalog.pg_namespace n
   ON c.relnamespace = n.oid
WHERE a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname = ANY($1)
  AND c.relname = $2
ORDER BY a.attnum ASC
;

-- [simple]
SELECT COUNT(*) AS "CountStar(customers)" FROM "shop"."customers" AS "t0"
;

-- [simple]
SELECT "t0"."name" FROM "shop"."customers" AS "t0" WHERE "t0"."customer_id" = 3
;

-- [simple]
CREATE TEMPORARY VIEW ibis_postgres_metadata_zyhraca22nby7jhtvhyanowmum AS SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
SELECT CURRENT_SCHEMA
;

-- [simple]
SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()
;

-- [simple]
DROP VIEW IF EXISTS
;

-- [simple]
ROLLBACK
;

-- [simple]
DEALLOCATE ALL
;

-- [simple]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;
