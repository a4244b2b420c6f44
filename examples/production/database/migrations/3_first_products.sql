INSERT INTO products (id, name, cents)
VALUES ('tea', 'Tea, 100 g', 650), ('cup', 'Cup', 1200), ('kettle', 'Kettle, 1 l', 4900)
