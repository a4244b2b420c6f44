CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    product TEXT NOT NULL REFERENCES products (id),
    quantity BIGINT NOT NULL,
    state TEXT NOT NULL
)
