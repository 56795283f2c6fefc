-- [simple]
BEGIN
;

-- [simple]
SELECT t.oid, typarray
FROM pg_type t JOIN pg_namespace ns
    ON typnamespace = ns.oid
WHERE typname = 'hstore';
;

-- [simple]
ROLLBACK
;

-- [simple]
select pg_catalog.version()
;

-- [simple]
select current_schema()
;

-- [simple]
show transaction isolation level
;

-- [simple]
show standard_conforming_strings
;

-- [simple]
SELECT 1
;

-- [simple]
SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%' ORDER BY nspname
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = 'customers' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT a.attname,
              pg_catalog.format_type(a.atttypid, a.atttypmod),
              (
                SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                FROM pg_catalog.pg_attrdef d
                WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                AND a.atthasdef
              ) AS DEFAULT,
              a.attnotnull,
              a.attrelid as table_oid,
              pgd.description as comment,
              a.attgenerated as generated,
                              (SELECT json_build_object(
                    'always', a.attidentity = 'a',
                    'start', s.seqstart,
                    'increment', s.seqincrement,
                    'minvalue', s.seqmin,
                    'maxvalue', s.seqmax,
                    'cache', s.seqcache,
                    'cycle', s.seqcycle)
                FROM pg_catalog.pg_sequence s
                JOIN pg_catalog.pg_class c on s.seqrelid = c."oid"
                WHERE c.relkind = 'S'
                AND a.attidentity != ''
                AND s.seqrelid = pg_catalog.pg_get_serial_sequence(
                    a.attrelid::regclass::text, a.attname
                )::regclass::oid
                ) as identity_options                
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_description pgd ON (
                pgd.objoid = a.attrelid AND pgd.objsubid = a.attnum)
            WHERE a.attrelid = @class shop.customers@
            AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
;

-- [simple]
SELECT t.typname as "name",
               pg_catalog.format_type(t.typbasetype, t.typtypmod) as "attype",
               not t.typnotnull as "nullable",
               t.typdefault as "default",
               pg_catalog.pg_type_is_visible(t.oid) as "visible",
               n.nspname as "schema"
            FROM pg_catalog.pg_type t
               LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typtype = 'd'
;

-- [simple]
SELECT t.typname as "name",
               -- no enum defaults in 8.4 at least
               -- t.typdefault as "default",
               pg_catalog.pg_type_is_visible(t.oid) as "visible",
               n.nspname as "schema",
               e.enumlabel as "label"
            FROM pg_catalog.pg_type t
                 LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                 LEFT JOIN pg_catalog.pg_enum e ON t.oid = e.enumtypid
            WHERE t.typtype = 'e'
        ORDER BY "schema", "name", e.oid
;

-- [simple]
SELECT a.attname
                FROM pg_attribute a JOIN (
                    SELECT unnest(ix.indkey) attnum,
                           generate_subscripts(ix.indkey, 1) ord
                    FROM pg_index ix
                    WHERE ix.indrelid = @class shop.customers@ AND ix.indisprimary
                    ) k ON a.attnum=k.attnum
                WHERE a.attrelid = @class shop.customers@
                ORDER BY k.ord
;

-- [simple]
SELECT conname
           FROM  pg_catalog.pg_constraint r
           WHERE r.conrelid = @class shop.customers@ AND r.contype = 'p'
           ORDER BY 1
;

-- [simple]
SELECT r.conname,
                pg_catalog.pg_get_constraintdef(r.oid, true) as condef,
                n.nspname as conschema
          FROM  pg_catalog.pg_constraint r,
                pg_namespace n,
                pg_class c

          WHERE r.conrelid = @class shop.customers@ AND
                r.contype = 'f' AND
                c.oid = confrelid AND
                n.oid = c.relnamespace
          ORDER BY 1
;

-- [simple]
SELECT
                  i.relname as relname,
                  ix.indisunique, ix.indexprs,
                  a.attname, a.attnum, c.conrelid, ix.indkey::varchar,
                  ix.indoption::varchar, i.reloptions, am.amname,
                  pg_get_expr(ix.indpred, ix.indrelid),
                  ix.indnkeyatts as indnkeyatts
              FROM
                  pg_class t
                        join pg_index ix on t.oid = ix.indrelid
                        join pg_class i on i.oid = ix.indexrelid
                        left outer join
                            pg_attribute a
                            on t.oid = a.attrelid and a.attnum = ANY(ix.indkey)
                        left outer join
                            pg_constraint c
                            on (ix.indrelid = c.conrelid and
                                ix.indexrelid = c.conindid and
                                c.contype in ('p', 'u', 'x'))
                        left outer join
                            pg_am am
                            on i.relam = am.oid
              WHERE
                  t.relkind IN ('r', 'v', 'f', 'm', 'p')
                  and t.oid = @class shop.customers@
                  and ix.indisprimary = 'f'
              ORDER BY
                  t.relname,
                  i.relname
;

-- [simple]
SELECT
                cons.conname as name,
                cons.conkey as key,
                a.attnum as col_num,
                a.attname as col_name
            FROM
                pg_catalog.pg_constraint cons
                join pg_attribute a
                  on cons.conrelid = a.attrelid AND
                    a.attnum = ANY(cons.conkey)
            WHERE
                cons.conrelid = @class shop.customers@ AND
                cons.contype = 'u'
;

-- [simple]
SELECT
                cons.conname as name,
                pg_get_constraintdef(cons.oid) as src
            FROM
                pg_catalog.pg_constraint cons
            WHERE
                cons.conrelid = @class shop.customers@ AND
                cons.contype = 'c'
;

-- [simple]
SELECT
                pgd.description as table_comment
            FROM
                pg_catalog.pg_description pgd
            WHERE
                pgd.objsubid = 0 AND
                pgd.objoid = @class shop.customers@
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = 'products' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = 'orders' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = 'order_items' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = '销售明细' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'shop')
            AND c.relname = 'order_totals' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
;

-- [simple]
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' AND c.relkind in ('r', 'p')
;

-- [simple]
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' AND c.relkind = 'f'
;

-- [simple]
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'shop' AND c.relkind IN ('v', 'm')
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='customers'
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='products'
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='orders'
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='order_items'
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='销售明细'
;

-- [simple]
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='shop' and relname='order_totals'
;

-- [simple]
set search_path = "shop"
;

-- [simple]
SELECT pg_backend_pid()
;

-- [simple]
SELECT
  COUNT(*)
FROM shop.orders
LIMIT 1001
;

-- [simple]
SELECT
  SUM(total)
FROM shop.orders
LIMIT 1001
;

-- [simple]
SELECT
  "客户名称"
FROM shop."销售明细"
WHERE
  "编号" = 7
LIMIT 1001
;

-- [simple]
SELECT
  c.city,
  o.status,
  SUM(o.total) AS s
FROM shop.orders AS o
JOIN shop.customers AS c
  ON c.customer_id = o.customer_id
GROUP BY
  c.city,
  o.status
ORDER BY
  1,
  2
LIMIT 1001
;

-- [simple]
SELECT
  order_date
FROM shop.orders
WHERE
  order_id = 1
LIMIT 1001
;

-- [simple]
SELECT
  *
FROM shop.no_such_table
LIMIT 1001
;

-- [simple]
SELECT
  customer_id AS customer_id,
  name AS name,
  city AS city
FROM shop.customers
LIMIT 1000
;

-- [simple]
SELECT
  name AS name,
  COUNT(*) AS n
FROM shop.customers
GROUP BY
  name
LIMIT 1000
;

-- [simple]
SELECT
  name AS name
FROM shop.customers
WHERE
  customer_id = 3
LIMIT 1000
;

-- [simple]
SELECT
  DATE_TRUNC('DAY', order_date) AS order_date,
  COUNT(*) AS n
FROM shop.orders
GROUP BY
  DATE_TRUNC('DAY', order_date)
LIMIT 1000
;

-- [simple]
SELECT
  DATE_TRUNC('MONTH', order_date) AS order_date,
  COUNT(*) AS n
FROM shop.orders
GROUP BY
  DATE_TRUNC('MONTH', order_date)
LIMIT 1000
;

-- [simple]
SELECT
  DATE_TRUNC('YEAR', order_date) AS order_date,
  COUNT(*) AS n
FROM shop.orders
GROUP BY
  DATE_TRUNC('YEAR', order_date)
LIMIT 1000
;
