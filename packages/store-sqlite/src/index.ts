export { openSqliteReader, type SqliteReader } from "./sqlite-reader.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
