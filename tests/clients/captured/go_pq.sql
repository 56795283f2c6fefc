-- [extended]
select customer_id,name,created_at,tags,ext_id,credit,profile,is_vip from shop.customers where customer_id = any($1) and city=$2 order by 1
;

-- [simple]
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY
;

-- [extended]
select count(*) from shop.orders where status=$1
;

-- [simple]
ROLLBACK
;

-- [extended]
select order_id,order_date,ship_time,shipped_at,lead from shop.orders where order_id=$1
;

-- [simple]
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY
;

-- [simple]
ROLLBACK
;

-- [extended]
select * from shop.customers where customer_id=$1
;

-- [extended]
select count(*) from shop.orders
;

-- [extended]
select name from shop.customers where customer_id=$1
;

-- [simple]
begin isolation level repeatable read read only deferrable
;

-- [simple]
savepoint sp_1
;

-- [simple]
rollback to savepoint sp_1
;

-- [simple]
commit
;

-- [simple]
select order_id,total,lead,ship_time from shop.orders order by 1 limit 2
;

-- [simple]
copy (select customer_id,city from shop.customers order by 1 limit 2) to stdout
;

