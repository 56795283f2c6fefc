-- [simple]
set client_encoding to 'UTF8'
;

-- [extended]
SHOW client_encoding
;

-- [extended]
SELECT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE proname = 'postgis_version'
;

-- [extended]
SHOW standard_conforming_strings
;

-- [extended]
SELECT oid, typname FROM pg_type WHERE typname IN ('geometry', 'geography') AND typtype='b'
;

-- [extended]
SELECT 1 FROM information_schema.tables WHERE table_name = 'geometry_columns' LIMIT 1
;

-- [extended]
SELECT 1 FROM information_schema.tables WHERE table_name = 'spatial_ref_sys' LIMIT 1
;

-- [extended]
SELECT c.relname, n.nspname, c.relkind FROM pg_class c, pg_namespace n WHERE (c.relkind in ('r','v','m','f') AND c.relname !~ '^pg_' AND c.relnamespace=n.oid)
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = '销售明细' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.销售明细@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.销售明细@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "销售明细"
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = 'order_totals' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.order_totals@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.order_totals@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "order_totals"
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = 'customers' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.customers@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.customers@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "customers"
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = 'orders' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.orders@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.orders@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "orders"
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = 'order_items' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.order_items@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.order_items@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "order_items"
;

-- [extended]
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON c.relnamespace=n.oid WHERE c.relname = 'products' AND n.nspname = 'shop'
;

-- [extended]
SELECT a.attname, a.attnum, t.typname, t.typname = ANY(ARRAY['int2','int4','int8','serial','bigserial']) AS isfid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_index i ON i.indrelid = a.attrelid WHERE a.attnum > 0 AND a.attrelid = @class shop.products@ AND i.indisprimary = 't' AND t.typname !~ '^geom' AND a.attnum = ANY(i.indkey) ORDER BY a.attnum
;

-- [extended]
SELECT a.attname, t.typname, a.attlen,       format_type(a.atttypid,a.atttypmod), a.attnotnull, def.def, i.indisunique, a.attgenerated FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS def FROM pg_attrdef) def ON def.adrelid = a.attrelid AND def.adnum = a.attnum LEFT JOIN (SELECT DISTINCT indrelid, indkey, indisunique FROM pg_index WHERE indisunique) i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indkey[1] IS NULL WHERE a.attnum > 0 AND a.attrelid = @class shop.products@ ORDER BY a.attnum
;

-- [extended]
SELECT count(*) FROM "products"
;

