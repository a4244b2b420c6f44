CREATE TABLE products (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    cents BIGINT NOT NULL
)
