-- +goose Up
-- What the directory says of an application, besides what its versions say of themselves.
CREATE TABLE listing_listing (
    application   TEXT PRIMARY KEY REFERENCES application_application (id),
    slug          TEXT   NOT NULL UNIQUE,  -- its name in addresses of the directory
    visibility    TEXT   NOT NULL,         -- public, unlisted, private
    categories    TEXT   NOT NULL,         -- JSON list of keys
    links         TEXT   NOT NULL,         -- JSON: website, support, privacy, documentation
    documentation TEXT   NOT NULL,         -- Markdown
    taken_down    BIGINT NOT NULL,         -- when the operator took it down; 0: it is not
    reason        TEXT   NOT NULL,         -- why
    published     BIGINT NOT NULL,         -- when people could first find it
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    revision      BIGINT NOT NULL
);

-- Pictures of a listing. They are drawn anew when they come, so that nothing but the picture is kept.
CREATE TABLE listing_picture (
    id          TEXT PRIMARY KEY,
    application TEXT   NOT NULL REFERENCES application_application (id),
    kind        TEXT   NOT NULL,  -- icon, screenshot
    alt         TEXT   NOT NULL,  -- what it shows, for those who cannot see it
    type        TEXT   NOT NULL,  -- image/png, image/jpeg
    width       BIGINT NOT NULL,
    height      BIGINT NOT NULL,
    size        BIGINT NOT NULL,  -- of bytes
    created     BIGINT NOT NULL,
    bytes       BYTEA  NOT NULL
);
CREATE INDEX listing_picture_application ON listing_picture (application);

-- +goose Down
DROP TABLE listing_picture;
DROP TABLE listing_listing;
