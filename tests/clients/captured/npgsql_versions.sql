-- Npgsql 4 to 9: types at connect and GetSchema; Entity Framework's scaffolding; Power BI's navigator and previews.

-- [simple]
SELECT version();

SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid
FROM (
    -- Arrays have typtype=b - this subquery identifies them by their typreceive and converts their typtype to a
    -- We first do this for the type (innerest-most subquery), and then for its element type
    -- This also returns the array element, range subtype and domain base type as elemtypoid
    SELECT
        typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind,
        elemtyp.oid AS elemtypoid, elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind,
        CASE WHEN elemproc.proname='array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype
        , typ.typcategory
    FROM (
        SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid, typcategory,
            CASE WHEN proc.proname='array_recv' THEN 'a' ELSE typ.typtype END AS typtype,
            CASE
                WHEN proc.proname='array_recv' THEN typ.typelem
                WHEN typ.typtype='r' THEN rngsubtype
                WHEN typ.typtype='m' THEN (SELECT rngtypid FROM pg_range WHERE rngmultitypid = typ.oid)
                WHEN typ.typtype='d' THEN typ.typbasetype
            END AS elemtypoid
        FROM pg_type AS typ
        LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
        LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive
        LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)
    ) AS typ
    LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid
    LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid)
    LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive
) AS t
JOIN pg_namespace AS ns ON (ns.oid = typnamespace)
WHERE
    (
    typtype IN ('b', 'r', 'm', 'e', 'd') OR -- Base, range, multirange, enum, domain
    (typtype = 'c' AND relkind='c') OR -- User-defined free-standing composites (not table composites) by default
    (typtype = 'p' AND typname IN ('record', 'void', 'unknown')) OR -- Some special supported pseudo-types
    (typtype = 'a' AND (  -- Array of...
        elemtyptype IN ('b', 'r', 'm', 'e', 'd') OR -- Array of base, range, multirange, enum, domain
        (elemtyptype = 'p' AND elemtypname IN ('record', 'void')) OR -- Arrays of special supported pseudo-types
        (elemtyptype = 'c' AND elemrelkind='c') -- Array of user-defined free-standing composites (not table composites) by default
    )))
ORDER BY CASE
       WHEN typtype IN ('b', 'e', 'p') THEN 0           -- First base types, enums, pseudo-types
       WHEN typtype = 'c' THEN 1                        -- Composites after (fields loaded later in 2nd pass)
       WHEN typtype = 'r' THEN 2                        -- Ranges after
       WHEN typtype = 'm' THEN 3                        -- Multiranges after
       WHEN typtype = 'd' AND elemtyptype <> 'a' THEN 4 -- Domains over non-arrays after
       WHEN typtype = 'a' THEN 5                        -- Arrays after
       WHEN typtype = 'd' AND elemtyptype = 'a' THEN 6  -- Domains over arrays last
END;

-- Load field definitions for (free-standing) composite types
SELECT typ.oid, att.attname, att.atttypid
FROM pg_type AS typ
JOIN pg_namespace AS ns ON (ns.oid = typ.typnamespace)
JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
JOIN pg_attribute AS att ON (att.attrelid = typ.typrelid)
WHERE
  (typ.typtype = 'c' AND cls.relkind='c') AND
  attnum > 0 AND     -- Don't load system attributes
  NOT attisdropped
ORDER BY typ.oid, att.attnum;

-- Load enum fields
SELECT pg_type.oid, enumlabel
FROM pg_enum
JOIN pg_type ON pg_type.oid=enumtypid
ORDER BY oid, enumsortorder;
;

-- [simple]
SELECT typname, pg_type.oid, typtype, typelem, typinput FROM pg_type WHERE typname IN ('int4', '_int4')
;

-- [extended]
SELECT nspname AS schema_name, usename AS owner FROM pg_catalog.pg_namespace r LEFT JOIN pg_catalog.pg_user u ON nspowner = usesysid WHERE nspname = 'shop'
;

-- [extended]
SELECT table_catalog, table_schema, table_name, table_type
FROM information_schema.tables
WHERE
    table_type IN ('BASE TABLE', 'FOREIGN', 'FOREIGN TABLE') AND
    table_schema NOT IN ('pg_catalog', 'information_schema') AND table_catalog = $1
;

-- [extended]
SELECT
    table_catalog, table_schema, table_name, column_name, ordinal_position, column_default, is_nullable,
    udt_name::regtype::text AS data_type, character_maximum_length, character_octet_length, numeric_precision,
    numeric_precision_radix, numeric_scale, datetime_precision, character_set_catalog, character_set_schema,
    character_set_name, collation_catalog
FROM information_schema.columns
WHERE table_schema = $1 ORDER BY table_name, ordinal_position
;

-- [extended]
SELECT r.rolname AS user_name, r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = $1
;

-- [extended]
SELECT usename as user_name, usesysid as user_sysid FROM pg_catalog.pg_user WHERE usename = current_user
;

-- [extended]
SELECT current_database() AS table_catalog,
    n.nspname AS table_schema,
    t.relname AS table_name,
    i.relname AS index_name,
    '' AS type_desc
FROM
    pg_catalog.pg_class i
    JOIN pg_catalog.pg_index ix ON ix.indexrelid = i.oid
    JOIN pg_catalog.pg_class t ON ix.indrelid = t.oid
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
WHERE
    i.relkind = 'i' AND
    n.nspname NOT IN ('pg_catalog', 'pg_toast') AND
    t.relkind = 'r'
;

-- [extended]
SELECT
    current_database() AS constraint_catalog,
    ct_ns.nspname AS constraint_schema,
    t.relname as table_name, c.conname AS constraint_name,
    idx_ns.nspname AS index_schema, idx.relname AS index_name,
    ix_att.attname AS column_name, ix_att.attnum - 1 as ordinal_position,
    (ARRAY_AGG(ix_att.attname)) AS x
FROM pg_constraint c
JOIN pg_namespace ct_ns ON ct_ns.oid = c.connamespace
JOIN pg_class t ON t.oid = c.conrelid
JOIN pg_class idx ON idx.oid = c.conindid
JOIN pg_namespace idx_ns ON idx_ns.oid = idx.relnamespace
JOIN pg_attribute ix_att ON ix_att.attrelid = idx.oid
WHERE contype IN ('p','u')
GROUP BY 1,2,3,4,5,6,7,8
ORDER BY 4, 8
;

-- [extended]
SELECT
    current_database() AS "constraint_catalog",
    pgn.nspname AS "constraint_schema",
    pgc.conname AS "constraint_name",
    current_database() AS "table_catalog",
    pgtn.nspname AS "table_schema",
    pgt.relname AS "table_name",
    "constraint_type",
    pgc.condeferrable AS "is_deferrable",
    pgc.condeferred AS "initially_deferred"
FROM pg_catalog.pg_constraint pgc
INNER JOIN pg_catalog.pg_namespace pgn ON pgc.connamespace = pgn.oid
INNER JOIN pg_catalog.pg_class pgt ON pgc.conrelid = pgt.oid
INNER JOIN pg_catalog.pg_namespace pgtn ON pgt.relnamespace = pgtn.oid
INNER JOIN (
    VALUES ('PRIMARY KEY', 'p'), ('FOREIGN KEY', 'f'), ('UNIQUE KEY', 'u')
) AS "constraint_type_map" ("constraint_type", "contype") ON "constraint_type_map"."contype"::"char" = pgc.contype
;

-- [extended]
SELECT
    current_database() AS constraint_catalog,
    pgn.nspname AS constraint_schema,
    pgc.conname AS constraint_name,
    current_database() AS table_catalog,
    pgtn.nspname AS table_schema,
    pgt.relname AS table_name,
    pgan.attname AS column_name,
    pgan.attnum AS ordinal_number,
    mainnames.attname AS "main_column"
FROM pg_catalog.pg_constraint pgc
JOIN pg_catalog.pg_namespace pgn ON pgc.connamespace = pgn.oid
JOIN pg_catalog.pg_class pgt ON pgc.conrelid = pgt.oid
JOIN pg_catalog.pg_namespace pgtn ON pgt.relnamespace = pgtn.oid
JOIN LATERAL UNNEST(pgc.conkey) WITH ORDINALITY AS "keys"("col", "ord") ON TRUE
JOIN pg_catalog.pg_attribute pgan ON pgan.attrelid = pgc.conrelid AND pgan.attnum = "keys"."col"
LEFT JOIN pg_catalog.pg_attribute mainnames ON mainnames.attrelid = pgc.confrelid AND mainnames.attnum = pgc.confkey["keys"."ord"]
ORDER BY conname, ord
;

-- [extended]
SELECT
     typ.oid, nspname, typname, attname, attnum, atttypid, attnotnull, (typtype = 'd') AS isdomain,
     CASE WHEN atthasdef THEN (SELECT pg_get_expr(adbin, cls.oid) FROM pg_attrdef WHERE adrelid = cls.oid AND adnum = attr.attnum) ELSE NULL END AS default,
     CASE WHEN atttypmod > 0 THEN atttypmod ELSE NULL END AS atttypmod,
     CASE WHEN ((cls.relkind = ANY (ARRAY['r'::"char",'p'::"char"]))
               OR ((cls.relkind = ANY (ARRAY['v'::"char", 'f'::"char"]))
               AND pg_column_is_updatable((cls.oid)::regclass, attr.attnum, false)))
           AND attr.attidentity NOT IN ('a') THEN 'true'::boolean
           ELSE 'false'::boolean
           END AS is_updatable,
     EXISTS (
       SELECT * FROM pg_index
       WHERE pg_index.indrelid = cls.oid AND
             pg_index.indisprimary AND
             attnum = ANY (indkey)
     ) AS isprimarykey,
     EXISTS (
       SELECT * FROM pg_index
       WHERE pg_index.indrelid = cls.oid AND
             pg_index.indisunique AND
             pg_index.indnkeyatts = 1 AND
             attnum = pg_index.indkey[0]
     ) AS isunique
FROM pg_attribute AS attr
JOIN pg_type AS typ ON attr.atttypid = typ.oid
JOIN pg_class AS cls ON cls.oid = attr.attrelid
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
WHERE
     atttypid <> 0 AND
     relkind IN ('r', 'v', 'm') AND
     NOT attisdropped AND
     nspname NOT IN ('pg_catalog', 'information_schema') AND
     attnum > 0 AND
     ((cls.oid='@class shop.orders@' AND attr.attnum IN (1,2,3)) OR (cls.oid='@class shop.customers@' AND attr.attnum IN (1)))
ORDER BY attnum
;

-- [simple]
SELECT enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid=enumtypid WHERE pg_type.oid = 1
;

-- [simple]
SELECT nspname, relname, description, relkind
FROM pg_class AS cls
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
LEFT OUTER JOIN pg_description AS des ON des.objoid = cls.oid AND des.objsubid=0
WHERE
  cls.relkind IN ('r', 'v', 'm', 'f', 'p') AND
  ns.nspname NOT IN ('pg_catalog', 'information_schema') AND
  cls.relname <> '__EFMigrationsHistory' AND
  -- Exclude tables which are members of PG extensions
  NOT EXISTS (
    SELECT 1 FROM pg_depend WHERE
      classid=(
        SELECT cls.oid
        FROM pg_class AS cls
        JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
        WHERE relname='pg_class' AND ns.nspname='pg_catalog'
      ) AND
      objid=cls.oid AND
      deptype IN ('e', 'x')
  ) AND ns.nspname IN ('shop')
;

-- [simple]
SELECT
  nspname, cls.relname, typ.typname, basetyp.typname AS basetypname, attname, description, collname, attisdropped, attidentity,attgenerated,attcompression,
  format_type(typ.oid, atttypmod) AS formatted_typname,
  format_type(basetyp.oid, typ.typtypmod) AS formatted_basetypname,
  CASE
    WHEN pg_proc.proname = 'array_recv' THEN 'a'
    ELSE typ.typtype
  END AS typtype,
  CASE WHEN pg_proc.proname='array_recv' THEN elemtyp.typname END AS elemtypname,
  NOT (attnotnull OR typ.typnotnull) AS nullable,
  CASE
    WHEN atthasdef THEN (SELECT pg_get_expr(adbin, cls.oid) FROM pg_attrdef WHERE adrelid = cls.oid AND adnum = attr.attnum)
  END AS default,
  -- Sequence options for identity columns
  format_type(seqtypid, 0) AS seqtype, seqstart, seqmin, seqmax, seqincrement, seqcycle, seqcache
FROM pg_class AS cls
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
LEFT JOIN pg_attribute AS attr ON attrelid = cls.oid
LEFT JOIN pg_type AS typ ON attr.atttypid = typ.oid
LEFT JOIN pg_proc ON pg_proc.oid = typ.typreceive
LEFT JOIN pg_type AS elemtyp ON (elemtyp.oid = typ.typelem)
LEFT JOIN pg_type AS basetyp ON (basetyp.oid = typ.typbasetype)
LEFT JOIN pg_description AS des ON des.objoid = cls.oid AND des.objsubid = attnum
LEFT JOIN pg_collation as coll ON coll.oid = attr.attcollation
-- Bring in identity sequences the depend on this column.
LEFT JOIN pg_depend AS dep ON dep.refobjid = cls.oid AND dep.refobjsubid = attr.attnum AND dep.deptype = 'i'
LEFT JOIN pg_sequence AS seq ON seq.seqrelid = dep.objid
WHERE
  cls.relkind IN ('r', 'v', 'm', 'f', 'p') AND
  nspname NOT IN ('pg_catalog', 'information_schema') AND
  attnum > 0 AND
  cls.relname <> '__EFMigrationsHistory' AND
  nspname = 'shop'
ORDER BY cls.relname, attnum
;

-- [simple]
SELECT
  idxcls.oid AS idx_oid,
  nspname,
  cls.relname AS cls_relname,
  idxcls.relname AS idx_relname,
  indisunique,
  indnkeyatts,indoption,
  amname,
  indclass,
  indkey,indcollation,
  CASE
    WHEN indexprs IS NULL THEN NULL
    ELSE pg_get_expr(indexprs, cls.oid)
  END AS exprs,
  CASE
    WHEN indpred IS NULL THEN NULL
    ELSE pg_get_expr(indpred, cls.oid)
  END AS pred
FROM pg_class AS cls
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
JOIN pg_index AS idx ON indrelid = cls.oid
JOIN pg_class AS idxcls ON idxcls.oid = indexrelid
JOIN pg_am AS am ON am.oid = idxcls.relam
WHERE
  cls.relkind = 'r' AND
  nspname NOT IN ('pg_catalog', 'information_schema') AND
  NOT indisprimary AND
  cls.relname <> '__EFMigrationsHistory' AND ns.nspname = 'shop'
;

-- [simple]
SELECT opc.oid, opcname, opcdefault, coll.oid, collname, n.nspname FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod, pg_collation coll JOIN pg_namespace n ON n.oid = collnamespace LIMIT 0
;

-- [simple]
SELECT
  ns.nspname,
  cls.relname,
  con.oid AS con_oid,
  con.conname,
  con.contype::text,
  con.confdeltype::text,
  frnns.nspname AS fr_nspname,
  frncls.relname AS fr_relname,
  con.conkey,
  con.confkey
FROM pg_class AS cls
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
JOIN pg_constraint as con ON con.conrelid = cls.oid
LEFT OUTER JOIN pg_class AS frncls ON frncls.oid = con.confrelid
LEFT OUTER JOIN pg_namespace as frnns ON frnns.oid = frncls.relnamespace
WHERE
  cls.relkind = 'r' AND
  ns.nspname NOT IN ('pg_catalog', 'information_schema') AND
  con.contype IN ('p', 'f', 'u') AND
  ns.nspname = 'shop'
;

-- [simple]
SELECT sequence_schema, sequence_name,
    data_type AS seqtype,
    start_value::bigint AS seqstart, minimum_value::bigint AS seqmin, maximum_value::bigint AS seqmax, increment::bigint AS seqincrement,
    CASE
        WHEN cycle_option = 'YES' THEN TRUE
        ELSE FALSE
    END AS seqcycle,
    ''::TEXT AS ownerschema, ''::TEXT AS ownertable, ''::TEXT AS ownercolumn
FROM information_schema.sequences
JOIN pg_namespace AS ns ON ns.nspname = sequence_schema
JOIN pg_class AS cls ON cls.relnamespace = ns.oid AND cls.relname = sequence_name
;

-- [simple]
SELECT nspname, typname, array_agg(enumlabel ORDER BY enumsortorder) AS labels
FROM pg_enum
JOIN pg_type ON pg_type.oid = enumtypid
JOIN pg_namespace ON pg_namespace.oid = pg_type.typnamespace
GROUP BY nspname, typname
;

-- [simple]
SELECT ns.nspname, extname, extversion FROM pg_extension JOIN pg_namespace ns ON ns.oid=extnamespace WHERE extname <> 'plpgsql'
;

-- [simple]
SELECT nspname, collname, collprovider, collcollate, collctype, collisdeterministic FROM pg_collation coll JOIN pg_namespace ns ON ns.oid=coll.collnamespace WHERE nspname NOT IN ('pg_catalog')
;

-- [simple]
SELECT CASE WHEN COUNT(*) = 0 THEN FALSE ELSE TRUE END
FROM pg_class AS cls
JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
WHERE
        cls.relkind IN ('r', 'v', 'm', 'f', 'p') AND
        ns.nspname NOT IN ('pg_catalog', 'information_schema') AND
        -- Exclude tables which are members of PG extensions
        NOT EXISTS (
            SELECT 1 FROM pg_depend WHERE
                classid=(
                    SELECT cls.oid
                    FROM pg_class AS cls
                             JOIN pg_namespace AS ns ON ns.oid = cls.relnamespace
                    WHERE relname='pg_class' AND ns.nspname='pg_catalog'
                ) AND
                objid=cls.oid AND
                deptype IN ('e', 'x')
        )
;

-- [simple]
SELECT EXISTS (
    SELECT 1 FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace
    WHERE n.nspname='shop' AND
          c.relname='__EFMigrationsHistory'
)
;

-- [simple]
SELECT 1 FROM pg_database WHERE datname='sales'
;

-- [simple]
SELECT pg_is_in_recovery(); SHOW default_transaction_read_only
;

-- [simple]
SHOW TRANSACTION ISOLATION LEVEL
;

-- [simple]
BEGIN TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;SELECT 1;COMMIT
;

-- [simple]
/* Power BI */ select character_set_name from INFORMATION_SCHEMA.character_sets
;

-- [simple]
select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE
from INFORMATION_SCHEMA.tables
where TABLE_SCHEMA not in ('information_schema', 'pg_catalog')
order by TABLE_SCHEMA, TABLE_NAME
;

-- [simple]
select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE
from INFORMATION_SCHEMA.columns
where TABLE_SCHEMA = 'shop' and TABLE_NAME = 'orders'
order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
;

-- [simple]
select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION, case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY
from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME
where i.TABLE_SCHEMA = 'shop' and i.TABLE_NAME = 'orders'
and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE')
order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION
;

-- [simple]
select
    pkcol.COLUMN_NAME as PK_COLUMN_NAME,
    fkcol.TABLE_SCHEMA AS FK_TABLE_SCHEMA,
    fkcol.TABLE_NAME AS FK_TABLE_NAME,
    fkcol.COLUMN_NAME as FK_COLUMN_NAME,
    fkcol.ORDINAL_POSITION as ORDINAL,
    fkcon.CONSTRAINT_SCHEMA || '_' || fkcol.TABLE_NAME || '_' || 'customers' || '_' || fkcon.CONSTRAINT_NAME as FK_NAME
from
    (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name
        from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon
        inner join
    INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol
        on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA
        and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME
        inner join
    INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol
        on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA
        and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME
where pkcol.TABLE_SCHEMA = 'shop' and pkcol.TABLE_NAME = 'customers'
        and pkcol.ORDINAL_POSITION = fkcol.ORDINAL_POSITION
order by FK_NAME, fkcol.ORDINAL_POSITION
;

-- [simple]
select "$Table"."order_id" as "order_id", "$Table"."status" as "status" from "shop"."orders" "$Table" limit 1000
;

-- [simple]
select "rows"."city" as "city", sum("rows"."credit") as "a0" from ( select "$Table"."city" as "city", "$Table"."credit" as "credit" from "shop"."customers" "$Table" ) "rows" group by "city" order by "city" limit 1000001
;

-- [simple]
select "_"."city", "_"."a0" from (select "rows"."city" as "city", sum(cast("rows"."credit" as decimal)) as "a0" from "shop"."customers" "rows" group by "city") "_" where not "_"."a0" is null order by 1 limit 1000001
;
