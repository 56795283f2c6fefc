-- [simple]
select current_database() as a, current_schemas(false) as b
;

-- [simple]
select round(extract(epoch from pg_postmaster_start_time() at time zone 'UTC')) > 0 as startup_time
;

-- [simple]
select L.transactionid::varchar::bigint as transaction_id
from pg_catalog.pg_locks L
where L.transactionid is not null
order by pg_catalog.age(L.transactionid) desc
limit 1
;

-- [simple]
select case
  when pg_catalog.pg_is_in_recovery()
    then null
  else
    (pg_catalog.txid_current() % 4294967296)::varchar::bigint > 0
  end as current_txid
;

-- [simple]
select N.oid::bigint as id,
       datname as name,
       D.description,
       datistemplate as is_template,
       datallowconn as allow_connections,
       pg_catalog.pg_get_userbyid(N.datdba) as "owner"
from pg_catalog.pg_database N
  left join pg_catalog.pg_shdescription D on N.oid = D.objoid
where datname = 'sales'
order by case when datname = pg_catalog.current_database() then -1::bigint else N.oid::bigint end
;

-- [simple]
select N.oid::bigint as id,
       N.xmin as state_number,
       nspname as name,
       D.description,
       pg_catalog.pg_get_userbyid(N.nspowner) as "owner"
from pg_catalog.pg_namespace N
  left join pg_catalog.pg_description D on N.oid = D.objoid
where nspname='shop'
order by case when nspname = pg_catalog.current_schema() then -1::bigint else N.oid::bigint end
;

-- [simple]
select T.oid as table_id,
       relkind as table_kind,
       relname as table_name,
       T.xmin is not null as has_xmin,
       pg_catalog.pg_get_userbyid(T.relowner) as "owner"
from pg_catalog.pg_class T
where relnamespace = @namespace shop@::oid
  and relkind in ('r', 'm', 'v', 'f', 'p')
order by table_kind, table_id
;

-- [simple]
select T.relkind as table_kind, T.oid as table_id,
   C.attnum as column_position,
   C.attname as column_name,
   C.atttypmod as type_mod,
   C.attndims as dimensions_number,
   pg_catalog.format_type(C.atttypid, C.atttypmod) as type_spec,
   C.atttypid as type_id,
   C.attnotnull as mandatory,
   pg_catalog.pg_get_expr(D.adbin, T.oid) as column_default_expression,
   not C.attislocal as column_is_inherited,
   C.attfdwoptions as options,
   C.attisdropped as column_is_dropped,
   C.attidentity as identity_kind,
   C.attgenerated as generated
from pg_catalog.pg_class T
  join pg_catalog.pg_attribute C on T.oid = C.attrelid
  left join pg_catalog.pg_attrdef D on (C.attrelid, C.attnum) = (D.adrelid, D.adnum)
where attnum > 0 and T.relnamespace = @namespace shop@::oid and T.relkind in ('r','m','v','f','p')
order by table_id, attnum
;

-- [simple]
select tab.oid table_id,
       tab.relkind table_kind,
       ind_stor.relname index_name,
       ind_head.indexrelid index_id,
       ind_head.indisunique is_unique,
       ind_head.indisprimary is_primary,
       ind_head.indnullsnotdistinct nulls_not_distinct,
       pg_catalog.pg_get_expr(ind_head.indpred, ind_head.indrelid) as condition,
       (select pg_catalog.array_agg(inhparent::bigint order by inhseqno)::varchar from pg_catalog.pg_inherits where ind_stor.oid = inhrelid) as ancestor_ids,
       ind_stor.reltablespace tablespace_id,
       opcmethod as access_method_id
from pg_catalog.pg_class tab
         join pg_catalog.pg_index ind_head
              on ind_head.indrelid = tab.oid
         join pg_catalog.pg_class ind_stor
              on tab.relnamespace = ind_stor.relnamespace and ind_stor.oid = ind_head.indexrelid
         left join pg_catalog.pg_opclass on pg_opclass.oid = ANY(indclass)
where tab.relnamespace = @namespace shop@::oid
        and tab.relkind in ('r', 'm', 'v', 'p')
        and ind_stor.relkind in ('i', 'I')
;

-- [simple]
select ind_head.indexrelid index_id,
       k col_idx,
       k <= indnkeyatts in_key,
       ind_head.indkey[k-1] column_position,
       ind_head.indoption[k-1] column_options,
       ind_head.indcollation[k-1] as collation,
       colln.nspname as collation_schema,
       collname as collation_str,
       ind_head.indclass[k-1] as opclass,
       case when opcdefault then null else opcn.nspname end as opclass_schema,
       case when opcdefault then null else opcname end as opclass_str,
       case
           when indexprs is null then null
           when ind_head.indkey[k-1] = 0 then chr(27) || pg_catalog.pg_get_indexdef(ind_head.indexrelid, k::int, true)
           else pg_catalog.pg_get_indexdef(ind_head.indexrelid, k::int, true)
       end as expression,
       amcanorder can_order
from pg_catalog.pg_index ind_head
         join pg_catalog.pg_class ind_stor
              on ind_stor.oid = ind_head.indexrelid
cross join unnest(ind_head.indkey) with ordinality u(u, k)
left join pg_catalog.pg_collation
on pg_collation.oid = ind_head.indcollation[k-1]
left join pg_catalog.pg_namespace colln on collnamespace = colln.oid
cross join pg_catalog.pg_am am
left join pg_catalog.pg_opclass opcl
        on opcl.oid = ind_head.indclass[k-1] and opcmethod = am.oid
left join pg_catalog.pg_namespace opcn
        on opcl.opcnamespace = opcn.oid
where ind_stor.relnamespace = @namespace shop@::oid
  and ind_stor.relkind in ('i', 'I') and am.oid = ind_stor.relam
order by index_id, k
;

-- [simple]
select T.oid table_id,
       relkind table_kind,
       C.oid::bigint con_id,
       C.xmin is not null con_state_id,
       conname con_name,
       contype con_kind,
       conkey con_columns,
       conindid index_id,
       confrelid ref_table_id,
       condeferrable is_deferrable,
       condeferred is_init_deferred,
       confupdtype on_update,
       confdeltype on_delete,
      connoinherit no_inherit,
      pg_catalog.pg_get_expr(conbin, T.oid) con_expression,
       confkey ref_columns,
       conexclop::int[] excl_operators,
       array(select unnest::regoper::varchar from unnest(conexclop)) excl_operators_str
from pg_catalog.pg_constraint C
         join pg_catalog.pg_class T
              on C.conrelid = T.oid
   where relkind in ('r', 'v', 'f', 'p')
     and relnamespace = @namespace shop@::oid
     and contype in ('p', 'u', 'f', 'c', 'x')
     and connamespace = @namespace shop@::oid
order by con_id
;

-- [simple]
select D.objoid id, case
                        when 'pg_catalog.pg_namespace'::regclass = classoid then 'n'
                        else pg_catalog.translate(C.relkind, 'rmvpfS', 'tttttt') end as kind,
       D.objsubid sub_id, D.description
from pg_catalog.pg_description D
  left join pg_catalog.pg_class C on D.objoid = C.oid
where C.relnamespace = @namespace shop@::oid
order by D.objoid, D.objsubid
;

-- [simple]
select oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolvaliduntil, rolbypassrls, rolconfig, D.description
from pg_catalog.pg_roles R left join pg_catalog.pg_shdescription D on D.objoid = R.oid where rolname in ('bi','sluice') order by rolname
;

-- [simple]
select T.oid as id, T.xmin is not null as state_number, spcname as name, D.description, pg_catalog.pg_get_userbyid(T.spcowner) is not null as "owner", pg_catalog.pg_tablespace_location(T.oid) as location, T.spcoptions as options from pg_catalog.pg_tablespace T left join pg_catalog.pg_shdescription D on D.objoid = T.oid
;

-- [simple]
select t.* from shop.orders t limit 501
;

-- [simple]
SELECT t.* FROM shop."销售明细" t LIMIT 501
;

-- [simple]
SHOW TRANSACTION ISOLATION LEVEL
;

-- [simple]
select ''::text as a, null
;
