CREATE INDEX orders_of_owner ON orders (owner)
