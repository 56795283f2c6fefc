-- [simple]
BEGIN
;

-- [simple]
select 1 as id
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "connection_name": "list_sales_shop"} */
select
      'sales' as database,
      tablename as name,
      schemaname as schema,
      'table' as type
    from pg_tables
    where schemaname ilike 'shop'
    union all
    select
      'sales' as database,
      viewname as name,
      schemaname as schema,
      'view' as type
    from pg_views
    where schemaname ilike 'shop'
    union all
    select
      'sales' as database,
      matviewname as name,
      schemaname as schema,
      'materialized_view' as type
    from pg_matviews
    where schemaname ilike 'shop'
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "connection_name": "master"} */
select distinct
        dependent_namespace.nspname as dependent_schema,
        dependent_class.relname as dependent_name,
        referenced_namespace.nspname as referenced_schema,
        referenced_class.relname as referenced_name

    -- Query for views: views are entries in pg_class with an entry in pg_rewrite, but we avoid
    -- a seq scan on pg_rewrite by leveraging the fact there is an "internal" row in pg_depend for
    -- the view...
    from pg_class as dependent_class
    join pg_namespace as dependent_namespace on dependent_namespace.oid = dependent_class.relnamespace
    join pg_depend as dependent_depend on dependent_depend.refobjid = dependent_class.oid
        and dependent_depend.classid = 'pg_rewrite'::regclass
        and dependent_depend.refclassid = 'pg_class'::regclass
        and dependent_depend.deptype = 'i'

    -- ... and via pg_depend (that has a row per column, hence the need for "distinct" above, and
    -- making sure to exclude the internal row to avoid a view appearing to depend on itself)...
    join pg_depend as joining_depend on joining_depend.objid = dependent_depend.objid
        and joining_depend.classid = 'pg_rewrite'::regclass
        and joining_depend.refclassid = 'pg_class'::regclass
        and joining_depend.refobjid != dependent_depend.refobjid

    -- ... we can find the tables they query from in pg_class, but excluding system tables. Note we
    -- don't need need to exclude _dependent_ system tables, because they only query from other
    -- system tables, and so are automatically excluded by excluding _referenced_ system tables
    join pg_class as referenced_class on referenced_class.oid = joining_depend.refobjid
    join pg_namespace as referenced_namespace on referenced_namespace.oid = referenced_class.relnamespace
        and referenced_namespace.nspname != 'information_schema'
        and referenced_namespace.nspname not like 'pg\_%'

    order by
        dependent_schema, dependent_name, referenced_schema, referenced_name
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "sql_operation.t.inline_query"} */

  
  select * from "sales"."shop"."orders" order by 1
  
  limit 3
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "connection_name": "sales.information_schema"} */

    
    

    select
        'sales' as table_database,
        sch.nspname as table_schema,
        tbl.relname as table_name,
        case tbl.relkind
            when 'v' then 'VIEW'
            when 'm' then 'MATERIALIZED VIEW'
            else 'BASE TABLE'
        end as table_type,
        tbl_desc.description as table_comment,
        col.attname as column_name,
        col.attnum as column_index,
        pg_catalog.format_type(col.atttypid, col.atttypmod) as column_type,
        col_desc.description as column_comment,
        pg_get_userbyid(tbl.relowner) as table_owner

    from pg_catalog.pg_namespace sch
    join pg_catalog.pg_class tbl on tbl.relnamespace = sch.oid
    join pg_catalog.pg_attribute col on col.attrelid = tbl.oid
    left outer join pg_catalog.pg_description tbl_desc on (tbl_desc.objoid = tbl.oid and tbl_desc.objsubid = 0)
    left outer join pg_catalog.pg_description col_desc on (col_desc.objoid = tbl.oid and col_desc.objsubid = col.attnum)
    where ((upper(sch.nspname) = upper('shop') and
           upper(tbl.relname) = upper('customers')) or (upper(sch.nspname) = upper('shop') and
           upper(tbl.relname) = upper('a')) or (upper(sch.nspname) = upper('shop') and
           upper(tbl.relname) = upper('orders')))
      and not pg_is_other_temp_schema(sch.oid) -- not a temporary schema belonging to another session
      and tbl.relpersistence in ('p', 'u') -- [p]ermanent table or [u]nlogged table. Exclude [t]emporary tables
      and tbl.relkind in ('r', 'v', 'f', 'p', 'm') -- o[r]dinary table, [v]iew, [f]oreign table, [p]artitioned table, [m]aterialized view. Other values are [i]ndex, [S]equence, [c]omposite type, [t]OAST table
      and col.attnum > 0 -- negative numbers are used for system columns such as oid
      and not col.attisdropped -- column as not been dropped

    order by
        sch.nspname,
        tbl.relname,
        col.attnum
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "test.t.source_accepted_values_shop_orders_status__new__paid__shipped.bf5fb72ccd"} */

    
    select
      count(*) as failures,
      count(*) != 0 as should_warn,
      count(*) != 0 as should_error
    from (
      
    
  
    
    

with all_values as (

    select
        status as value_field,
        count(*) as n_records

    from "sales"."shop"."orders"
    group by status

)

select *
from all_values
where value_field not in (
    'new','paid','shipped'
)



  
  
      
    ) dbt_internal_test
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "test.t.source_not_null_shop_orders_order_id.f17f370b4b"} */

    
    select
      count(*) as failures,
      count(*) != 0 as should_warn,
      count(*) != 0 as should_error
    from (
      
    
  
    
    



select order_id
from "sales"."shop"."orders"
where order_id is null



  
  
      
    ) dbt_internal_test
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "test.t.source_relationships_shop_orders_customer_id__customer_id__source_shop_customers_.1fa35e86a1"} */

    
    select
      count(*) as failures,
      count(*) != 0 as should_warn,
      count(*) != 0 as should_error
    from (
      
    
  
    
    

with child as (
    select customer_id as from_field
    from "sales"."shop"."orders"
    where customer_id is not null
),

parent as (
    select customer_id as to_field
    from "sales"."shop"."customers"
)

select
    from_field

from child
left join parent
    on child.from_field = parent.to_field

where parent.to_field is null



  
  
      
    ) dbt_internal_test
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "test.t.source_unique_shop_orders_order_id.14546fa3ad"} */

    
    select
      count(*) as failures,
      count(*) != 0 as should_warn,
      count(*) != 0 as should_error
    from (
      
    
  
    
    

select
    order_id as unique_field,
    count(*) as n_records

from "sales"."shop"."orders"
where order_id is not null
group by order_id
having count(*) > 1



  
  
      
    ) dbt_internal_test
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
COMMIT
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "source.t.shop.orders"} */
select
      max(order_date) as max_loaded_at,
      now() as snapshotted_at
    from "sales"."shop"."orders"
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "connection_name": "list_sales"} */

    select distinct nspname from pg_namespace
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
/* {"app": "dbt", "dbt_version": "1.9.11", "profile_name": "t", "target_name": "d", "node_id": "model.t.a"} */

  create view "sales"."shop"."a__dbt_tmp"
    
    
  as (
    select c.city, sum(o.total) as t from "sales"."shop"."orders" o join "sales"."shop"."customers" c using (customer_id) group by 1
  )
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN
;

-- [simple]
COMMIT
;

