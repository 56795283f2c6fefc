-- [simple]
SELECT oid, typarray FROM pg_type WHERE typname = 'hstore'
;

-- [simple]
SELECT oid, typarray FROM pg_type WHERE typname = 'citext'
;

-- [simple]
SELECT a1.attname, c2.relname, a2.attname
            FROM pg_constraint con
            LEFT JOIN pg_class c1 ON con.conrelid = c1.oid
            LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
            LEFT JOIN
                pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
            LEFT JOIN
                pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
            WHERE
                c1.relname = 'customers' AND
                con.contype = 'f' AND
                c1.relnamespace = c2.relnamespace AND
                pg_catalog.pg_table_is_visible(c1.oid)
;

-- [simple]
SELECT
                c.conname,
                array(
                    SELECT attname
                    FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx)
                    JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                    WHERE ca.attrelid = c.conrelid
                    ORDER BY cols.arridx
                ),
                c.contype,
                (SELECT fkc.relname || '.' || fka.attname
                FROM pg_attribute AS fka
                JOIN pg_class AS fkc ON fka.attrelid = fkc.oid
                WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]),
                cl.reloptions
            FROM pg_constraint AS c
            JOIN pg_class AS cl ON c.conrelid = cl.oid
            WHERE cl.relname = 'customers' AND pg_catalog.pg_table_is_visible(cl.oid)
;

-- [simple]
SELECT
                indexname,
                array_agg(attname ORDER BY arridx),
                indisunique,
                indisprimary,
                array_agg(ordering ORDER BY arridx),
                amname,
                exprdef,
                s2.attoptions
            FROM (
                SELECT
                    c2.relname as indexname, idx.*, attr.attname, am.amname,
                    CASE
                        WHEN idx.indexprs IS NOT NULL THEN
                            pg_get_indexdef(idx.indexrelid)
                    END AS exprdef,
                    CASE am.amname
                        WHEN 'btree' THEN
                            CASE (option & 1)
                                WHEN 1 THEN 'DESC' ELSE 'ASC'
                            END
                    END as ordering,
                    c2.reloptions as attoptions
                FROM (
                    SELECT *
                    FROM
                        pg_index i,
                        unnest(i.indkey, i.indoption)
                            WITH ORDINALITY koi(key, option, arridx)
                ) idx
                LEFT JOIN pg_class c ON idx.indrelid = c.oid
                LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid
                LEFT JOIN pg_am am ON c2.relam = am.oid
                LEFT JOIN
                    pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
                WHERE c.relname = 'customers' AND pg_catalog.pg_table_is_visible(c.oid)
            ) s2
            GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions
;

-- [simple]
SELECT
                a.attname AS column_name,
                NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
                pg_get_expr(ad.adbin, ad.adrelid) AS column_default,
                CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation,
                a.attidentity != '' AS is_autofield,
                col_description(a.attrelid, a.attnum) AS column_comment
            FROM pg_attribute a
            LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            LEFT JOIN pg_collation co ON a.attcollation = co.oid
            JOIN pg_type t ON a.atttypid = t.oid
            JOIN pg_class c ON a.attrelid = c.oid
            JOIN pg_namespace n ON c.relnamespace = n.oid
            WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
                AND c.relname = 'customers'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
                AND pg_catalog.pg_table_is_visible(c.oid)
;

-- [simple]
SELECT * FROM "customers" LIMIT 1
;

-- [simple]
SELECT
                a.attname AS column_name,
                NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
                pg_get_expr(ad.adbin, ad.adrelid) AS column_default,
                CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation,
                a.attidentity != '' AS is_autofield,
                col_description(a.attrelid, a.attnum) AS column_comment
            FROM pg_attribute a
            LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            LEFT JOIN pg_collation co ON a.attcollation = co.oid
            JOIN pg_type t ON a.atttypid = t.oid
            JOIN pg_class c ON a.attrelid = c.oid
            JOIN pg_namespace n ON c.relnamespace = n.oid
            WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
                AND c.relname = 'order_items'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
                AND pg_catalog.pg_table_is_visible(c.oid)
;

-- [simple]
SELECT * FROM "order_items" LIMIT 1
;

-- [simple]
SELECT
                c.conname,
                array(
                    SELECT attname
                    FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx)
                    JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                    WHERE ca.attrelid = c.conrelid
                    ORDER BY cols.arridx
                ),
                c.contype,
                (SELECT fkc.relname || '.' || fka.attname
                FROM pg_attribute AS fka
                JOIN pg_class AS fkc ON fka.attrelid = fkc.oid
                WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]),
                cl.reloptions
            FROM pg_constraint AS c
            JOIN pg_class AS cl ON c.conrelid = cl.oid
            WHERE cl.relname = 'orders' AND pg_catalog.pg_table_is_visible(cl.oid)
;

-- [simple]
SELECT
                indexname,
                array_agg(attname ORDER BY arridx),
                indisunique,
                indisprimary,
                array_agg(ordering ORDER BY arridx),
                amname,
                exprdef,
                s2.attoptions
            FROM (
                SELECT
                    c2.relname as indexname, idx.*, attr.attname, am.amname,
                    CASE
                        WHEN idx.indexprs IS NOT NULL THEN
                            pg_get_indexdef(idx.indexrelid)
                    END AS exprdef,
                    CASE am.amname
                        WHEN 'btree' THEN
                            CASE (option & 1)
                                WHEN 1 THEN 'DESC' ELSE 'ASC'
                            END
                    END as ordering,
                    c2.reloptions as attoptions
                FROM (
                    SELECT *
                    FROM
                        pg_index i,
                        unnest(i.indkey, i.indoption)
                            WITH ORDINALITY koi(key, option, arridx)
                ) idx
                LEFT JOIN pg_class c ON idx.indrelid = c.oid
                LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid
                LEFT JOIN pg_am am ON c2.relam = am.oid
                LEFT JOIN
                    pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
                WHERE c.relname = 'orders' AND pg_catalog.pg_table_is_visible(c.oid)
            ) s2
            GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions
;

-- [simple]
SELECT
                c.conname,
                array(
                    SELECT attname
                    FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx)
                    JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                    WHERE ca.attrelid = c.conrelid
                    ORDER BY cols.arridx
                ),
                c.contype,
                (SELECT fkc.relname || '.' || fka.attname
                FROM pg_attribute AS fka
                JOIN pg_class AS fkc ON fka.attrelid = fkc.oid
                WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]),
                cl.reloptions
            FROM pg_constraint AS c
            JOIN pg_class AS cl ON c.conrelid = cl.oid
            WHERE cl.relname = 'products' AND pg_catalog.pg_table_is_visible(cl.oid)
;

-- [simple]
SELECT
                indexname,
                array_agg(attname ORDER BY arridx),
                indisunique,
                indisprimary,
                array_agg(ordering ORDER BY arridx),
                amname,
                exprdef,
                s2.attoptions
            FROM (
                SELECT
                    c2.relname as indexname, idx.*, attr.attname, am.amname,
                    CASE
                        WHEN idx.indexprs IS NOT NULL THEN
                            pg_get_indexdef(idx.indexrelid)
                    END AS exprdef,
                    CASE am.amname
                        WHEN 'btree' THEN
                            CASE (option & 1)
                                WHEN 1 THEN 'DESC' ELSE 'ASC'
                            END
                    END as ordering,
                    c2.reloptions as attoptions
                FROM (
                    SELECT *
                    FROM
                        pg_index i,
                        unnest(i.indkey, i.indoption)
                            WITH ORDINALITY koi(key, option, arridx)
                ) idx
                LEFT JOIN pg_class c ON idx.indrelid = c.oid
                LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid
                LEFT JOIN pg_am am ON c2.relam = am.oid
                LEFT JOIN
                    pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
                WHERE c.relname = 'products' AND pg_catalog.pg_table_is_visible(c.oid)
            ) s2
            GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions
;

-- [simple]
SELECT a1.attname, c2.relname, a2.attname
            FROM pg_constraint con
            LEFT JOIN pg_class c1 ON con.conrelid = c1.oid
            LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
            LEFT JOIN
                pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
            LEFT JOIN
                pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
            WHERE
                c1.relname = 'order_totals' AND
                con.contype = 'f' AND
                c1.relnamespace = c2.relnamespace AND
                pg_catalog.pg_table_is_visible(c1.oid)
;

-- [simple]
SELECT
                c.conname,
                array(
                    SELECT attname
                    FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx)
                    JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                    WHERE ca.attrelid = c.conrelid
                    ORDER BY cols.arridx
                ),
                c.contype,
                (SELECT fkc.relname || '.' || fka.attname
                FROM pg_attribute AS fka
                JOIN pg_class AS fkc ON fka.attrelid = fkc.oid
                WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]),
                cl.reloptions
            FROM pg_constraint AS c
            JOIN pg_class AS cl ON c.conrelid = cl.oid
            WHERE cl.relname = 'order_totals' AND pg_catalog.pg_table_is_visible(cl.oid)
;

-- [simple]
SELECT
                indexname,
                array_agg(attname ORDER BY arridx),
                indisunique,
                indisprimary,
                array_agg(ordering ORDER BY arridx),
                amname,
                exprdef,
                s2.attoptions
            FROM (
                SELECT
                    c2.relname as indexname, idx.*, attr.attname, am.amname,
                    CASE
                        WHEN idx.indexprs IS NOT NULL THEN
                            pg_get_indexdef(idx.indexrelid)
                    END AS exprdef,
                    CASE am.amname
                        WHEN 'btree' THEN
                            CASE (option & 1)
                                WHEN 1 THEN 'DESC' ELSE 'ASC'
                            END
                    END as ordering,
                    c2.reloptions as attoptions
                FROM (
                    SELECT *
                    FROM
                        pg_index i,
                        unnest(i.indkey, i.indoption)
                            WITH ORDINALITY koi(key, option, arridx)
                ) idx
                LEFT JOIN pg_class c ON idx.indrelid = c.oid
                LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid
                LEFT JOIN pg_am am ON c2.relam = am.oid
                LEFT JOIN
                    pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
                WHERE c.relname = 'order_totals' AND pg_catalog.pg_table_is_visible(c.oid)
            ) s2
            GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions
;

-- [simple]
SELECT
                a.attname AS column_name,
                NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
                pg_get_expr(ad.adbin, ad.adrelid) AS column_default,
                CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation,
                a.attidentity != '' AS is_autofield,
                col_description(a.attrelid, a.attnum) AS column_comment
            FROM pg_attribute a
            LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            LEFT JOIN pg_collation co ON a.attcollation = co.oid
            JOIN pg_type t ON a.atttypid = t.oid
            JOIN pg_class c ON a.attrelid = c.oid
            JOIN pg_namespace n ON c.relnamespace = n.oid
            WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
                AND c.relname = 'order_totals'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
                AND pg_catalog.pg_table_is_visible(c.oid)
;

-- [simple]
SELECT * FROM "order_totals" LIMIT 1
;

-- [simple]
SELECT a1.attname, c2.relname, a2.attname
            FROM pg_constraint con
            LEFT JOIN pg_class c1 ON con.conrelid = c1.oid
            LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
            LEFT JOIN
                pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
            LEFT JOIN
                pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
            WHERE
                c1.relname = 'orders' AND
                con.contype = 'f' AND
                c1.relnamespace = c2.relnamespace AND
                pg_catalog.pg_table_is_visible(c1.oid)
;

-- [simple]
SELECT * FROM "orders" LIMIT 1
;

-- [simple]
SELECT a1.attname, c2.relname, a2.attname
            FROM pg_constraint con
            LEFT JOIN pg_class c1 ON con.conrelid = c1.oid
            LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
            LEFT JOIN
                pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
            LEFT JOIN
                pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
            WHERE
                c1.relname = 'products' AND
                con.contype = 'f' AND
                c1.relnamespace = c2.relnamespace AND
                pg_catalog.pg_table_is_visible(c1.oid)
;

-- [simple]
SELECT
                a.attname AS column_name,
                NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
                pg_get_expr(ad.adbin, ad.adrelid) AS column_default,
                CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation,
                a.attidentity != '' AS is_autofield,
                col_description(a.attrelid, a.attnum) AS column_comment
            FROM pg_attribute a
            LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            LEFT JOIN pg_collation co ON a.attcollation = co.oid
            JOIN pg_type t ON a.atttypid = t.oid
            JOIN pg_class c ON a.attrelid = c.oid
            JOIN pg_namespace n ON c.relnamespace = n.oid
            WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
                AND c.relname = 'products'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
                AND pg_catalog.pg_table_is_visible(c.oid)
;

-- [simple]
SELECT * FROM "products" LIMIT 1
;

-- [simple]
SELECT a1.attname, c2.relname, a2.attname
            FROM pg_constraint con
            LEFT JOIN pg_class c1 ON con.conrelid = c1.oid
            LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
            LEFT JOIN
                pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
            LEFT JOIN
                pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
            WHERE
                c1.relname = '销售明细' AND
                con.contype = 'f' AND
                c1.relnamespace = c2.relnamespace AND
                pg_catalog.pg_table_is_visible(c1.oid)
;

-- [simple]
SELECT
                c.conname,
                array(
                    SELECT attname
                    FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx)
                    JOIN pg_attribute AS ca ON cols.colid = ca.attnum
                    WHERE ca.attrelid = c.conrelid
                    ORDER BY cols.arridx
                ),
                c.contype,
                (SELECT fkc.relname || '.' || fka.attname
                FROM pg_attribute AS fka
                JOIN pg_class AS fkc ON fka.attrelid = fkc.oid
                WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]),
                cl.reloptions
            FROM pg_constraint AS c
            JOIN pg_class AS cl ON c.conrelid = cl.oid
            WHERE cl.relname = '销售明细' AND pg_catalog.pg_table_is_visible(cl.oid)
;

-- [simple]
SELECT
                indexname,
                array_agg(attname ORDER BY arridx),
                indisunique,
                indisprimary,
                array_agg(ordering ORDER BY arridx),
                amname,
                exprdef,
                s2.attoptions
            FROM (
                SELECT
                    c2.relname as indexname, idx.*, attr.attname, am.amname,
                    CASE
                        WHEN idx.indexprs IS NOT NULL THEN
                            pg_get_indexdef(idx.indexrelid)
                    END AS exprdef,
                    CASE am.amname
                        WHEN 'btree' THEN
                            CASE (option & 1)
                                WHEN 1 THEN 'DESC' ELSE 'ASC'
                            END
                    END as ordering,
                    c2.reloptions as attoptions
                FROM (
                    SELECT *
                    FROM
                        pg_index i,
                        unnest(i.indkey, i.indoption)
                            WITH ORDINALITY koi(key, option, arridx)
                ) idx
                LEFT JOIN pg_class c ON idx.indrelid = c.oid
                LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid
                LEFT JOIN pg_am am ON c2.relam = am.oid
                LEFT JOIN
                    pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key
                WHERE c.relname = '销售明细' AND pg_catalog.pg_table_is_visible(c.oid)
            ) s2
            GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions
;

-- [simple]
SELECT
                a.attname AS column_name,
                NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
                pg_get_expr(ad.adbin, ad.adrelid) AS column_default,
                CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation,
                a.attidentity != '' AS is_autofield,
                col_description(a.attrelid, a.attnum) AS column_comment
            FROM pg_attribute a
            LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
            LEFT JOIN pg_collation co ON a.attcollation = co.oid
            JOIN pg_type t ON a.atttypid = t.oid
            JOIN pg_class c ON a.attrelid = c.oid
            JOIN pg_namespace n ON c.relnamespace = n.oid
            WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
                AND c.relname = '销售明细'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
                AND pg_catalog.pg_table_is_visible(c.oid)
;

-- [simple]
SELECT * FROM "销售明细" LIMIT 1
;

-- [simple]
BEGIN
;

-- [simple]
CREATE TABLE "django_migrations" ("id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" timestamp with time zone NOT NULL)
;

-- [simple]
ROLLBACK
;

-- [simple]
SELECT "customers"."customer_id", "customers"."name", "customers"."city", "customers"."is_vip", "customers"."created_at", "customers"."tags", "customers"."profile", "customers"."ext_id", "customers"."credit" FROM "customers" WHERE "customers"."customer_id" = 3 LIMIT 21
;

-- [simple]
SELECT "customers"."name" AS "name", "customers"."city" AS "city" FROM "customers" WHERE ("customers"."city" IN ('上海', 'Paris') AND "customers"."credit" > 240) ORDER BY "customers"."credit" DESC LIMIT 3
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE UPPER("customers"."name"::text) LIKE UPPER('%omer 1%')
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE UPPER("customers"."name"::text) LIKE UPPER('CUST%')
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE "customers"."name"::text ~* '1$'
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE "customers"."name"::text ~ '^C'
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE UPPER("customers"."name"::text) = UPPER('customer 5')
;

-- [simple]
SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead", "customers"."customer_id", "customers"."name", "customers"."city", "customers"."is_vip", "customers"."created_at", "customers"."tags", "customers"."profile", "customers"."ext_id", "customers"."credit" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."customer_id") ORDER BY "orders"."order_id" ASC LIMIT 2
;

-- [simple]
SELECT "customers"."customer_id", "customers"."name", "customers"."city", "customers"."is_vip", "customers"."created_at", "customers"."tags", "customers"."profile", "customers"."ext_id", "customers"."credit" FROM "customers" ORDER BY "customers"."customer_id" ASC LIMIT 2
;

-- [simple]
SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead" FROM "orders" WHERE "orders"."customer_id" IN (1, 2)
;

-- [simple]
SELECT "orders"."status" AS "status", COUNT(*) AS "n", SUM("orders"."total") AS "t", AVG("orders"."total") AS "a", MAX("orders"."order_date") AS "m", COUNT(DISTINCT "orders"."customer_id") AS "d" FROM "orders" GROUP BY 1 ORDER BY 1 ASC
;

-- [simple]
SELECT DATE_TRUNC('month', "orders"."order_date") AS "m", COUNT("orders"."order_id") AS "n" FROM "orders" GROUP BY 1 ORDER BY 1 ASC LIMIT 2
;

-- [simple]
SELECT ("customers"."created_at" AT TIME ZONE 'Europe/Paris')::date AS "d", EXTRACT(HOUR FROM "customers"."created_at" AT TIME ZONE 'Europe/Paris') AS "h", DATE_TRUNC('week', "customers"."created_at" AT TIME ZONE 'Europe/Paris') AS "w" FROM "customers" ORDER BY "customers"."customer_id" ASC LIMIT 2
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."order_date" BETWEEN '2024-01-01'::date AND '2024-12-31'::date
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE EXTRACT(MONTH FROM "orders"."order_date") = 2
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE EXTRACT(DOW FROM "orders"."order_date") + 1 = 2
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE EXTRACT(QUARTER FROM "orders"."order_date") = 1
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE ("customers"."created_at" AT TIME ZONE 'Europe/Paris')::date = '2024-01-02'::date
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE "customers"."created_at" >= '2024-01-01 00:00:00+01:00'::timestamptz
;

-- [simple]
SELECT DISTINCT DATE_TRUNC('month', "orders"."order_date") AS "datefield" FROM "orders" WHERE "orders"."order_date" IS NOT NULL ORDER BY 1 ASC LIMIT 2
;

-- [simple]
SELECT DISTINCT DATE_TRUNC('day', "customers"."created_at" AT TIME ZONE 'Europe/Paris') AS "datetimefield" FROM "customers" WHERE "customers"."created_at" IS NOT NULL ORDER BY 1 ASC LIMIT 2
;

-- [simple]
SELECT CASE WHEN "orders"."total" > 100 THEN 'big' ELSE 'small' END AS "b", COUNT("orders"."order_id") AS "n" FROM "orders" GROUP BY 1 ORDER BY 1 ASC
;

-- [simple]
SELECT "customers"."customer_id" AS "pk", (SELECT U0."total" AS "total" FROM "orders" U0 WHERE U0."customer_id" = ("customers"."customer_id") ORDER BY U0."order_id" DESC LIMIT 1) AS "last" FROM "customers" ORDER BY 1 ASC LIMIT 2
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "customers" WHERE EXISTS(SELECT 1 AS "a" FROM "orders" U0 WHERE (U0."customer_id" = ("customers"."customer_id") AND U0."total" > 20900) LIMIT 1)
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."total" > ("orders"."order_id" * 10.4)
;

-- [simple]
SELECT COUNT(*) FROM (SELECT * FROM ( SELECT ROW_NUMBER() OVER (PARTITION BY "orders"."status" ORDER BY "orders"."total" DESC) AS "r" FROM "orders" ) "qualify" WHERE "r" <= 2) subquery
;

-- [simple]
SELECT COUNT(*) FROM ((SELECT "customers"."customer_id" AS "col1", "customers"."name" AS "col2", "customers"."city" AS "col3", "customers"."is_vip" AS "col4", "customers"."created_at" AS "col5", "customers"."tags" AS "col6", "customers"."profile" AS "col7", "customers"."ext_id" AS "col8", "customers"."credit" AS "col9" FROM "customers" WHERE "customers"."customer_id" = 1) UNION (SELECT "customers"."customer_id" AS "col1", "customers"."name" AS "col2", "customers"."city" AS "col3", "customers"."is_vip" AS "col4", "customers"."created_at" AS "col5", "customers"."tags" AS "col6", "customers"."profile" AS "col7", "customers"."ext_id" AS "col8", "customers"."credit" AS "col9" FROM "customers" WHERE "customers"."customer_id" = 2)) subquery
;

-- [simple]
SELECT DISTINCT ON ("orders"."status") "orders"."order_id" AS "pk" FROM "orders" ORDER BY "orders"."status" ASC, 1 ASC
;

-- [extended]
DECLARE "_django_curs_140471320378240_sync_1" NO SCROLL CURSOR WITH HOLD FOR SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead" FROM "orders"
;

-- [simple]
FETCH FORWARD 300 FROM "_django_curs_140471320378240_sync_1"
;

-- [simple]
CLOSE "_django_curs_140471320378240_sync_1"
;

-- [simple]
SELECT STDDEV_POP("orders"."total") AS "total__stddev", VAR_POP("orders"."total") AS "total__variance", MIN("orders"."lead") AS "lead__min", MAX("orders"."shipped_at") AS "shipped_at__max" FROM "orders"
;

-- [simple]
EXPLAIN SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead" FROM "orders" WHERE "orders"."order_id" = 1
;

-- [simple]
EXPLAIN (FORMAT json) SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead" FROM "orders" WHERE "orders"."order_id" = 1
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."lead" > '3 days 0:00:00'::interval
;

-- [simple]
BEGIN
;

-- [simple]
SELECT COUNT(*) AS "__count" FROM "orders"
;

-- [simple]
SAVEPOINT "s140471320378240_x1"
;

-- [simple]
SELECT 1 AS "a" FROM "orders" WHERE "orders"."status" = 'new' LIMIT 1
;

-- [simple]
RELEASE SAVEPOINT "s140471320378240_x1"
;

-- [simple]
COMMIT
;

-- [simple]
SELECT "customers"."customer_id", "customers"."name", "customers"."city", "customers"."is_vip", "customers"."created_at", "customers"."tags", "customers"."profile", "customers"."ext_id", "customers"."credit" FROM "customers" WHERE "customers"."customer_id" IN (1, 2)
;

-- [simple]
SELECT "orders"."order_id", "orders"."customer_id", "orders"."order_date", "orders"."shipped_at", "orders"."ship_time", "orders"."status", "orders"."total", "orders"."lead" FROM "orders" ORDER BY "orders"."order_date" DESC, "orders"."order_id" DESC LIMIT 1
;

-- [simple]
select * from customers where customer_id=4
;

-- [simple]
select '中文%'::text,5
;

