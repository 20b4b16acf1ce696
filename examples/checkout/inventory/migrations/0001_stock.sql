-- Every movement of goods in and out of the warehouse: a million of them, of 2,000 articles.
create table movements (
  id integer primary key,
  sku text not null,
  barcode text not null,
  quantity integer not null
);

with recursive number (n) as (select 1 union all select n + 1 from number where n < 1000000)
insert into movements (sku, barcode, quantity)
select 'sku-' || (n % 2000), '40-' || substr('000000' || (n % 2000), -6), 1 + n % 5 from number;

-- There is none for the barcode: the scenario "slow-inventory" lives on that.
create index movements_by_sku on movements (sku);

create table reservations (
  order_id text not null,
  sku text not null,
  quantity integer not null
);
