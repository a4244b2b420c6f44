DROP TABLE IF EXISTS items;

CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true,
    tags JSONB NOT NULL DEFAULT '[]',
    rating JSONB NOT NULL DEFAULT '{"score": 0, "count": 0}'
);

INSERT INTO items
SELECT
    id,
    'Item ' || id,
    (ARRAY['books', 'clothing', 'electronics', 'garden', 'home', 'office', 'sports', 'toys'])[1 + id % 8],
    1 + id % 500,
    id % 100,
    id % 10 <> 0,
    jsonb_build_array((ARRAY['new', 'used', 'refurbished'])[1 + id % 3], (ARRAY['fast', 'slow'])[1 + id % 2]),
    jsonb_build_object('score', id % 51, 'count', id % 1000)
FROM generate_series(1, 100000) AS id;

CREATE INDEX items_of_category ON items (category, id);

ANALYZE items;
