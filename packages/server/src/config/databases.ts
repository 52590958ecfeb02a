import { isIP } from "node:net";
import { join, type StrictReader } from "./strict-reader.ts";

/** Where a database listens. */
export interface DatabaseEndpoint {
  /** A name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const maxDatabases = 1_000;
const databaseArn = /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:(?:db|cluster):[A-Za-z0-9-]{1,63}$/;
const endpoint = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;

/** @returns the databases of the member `databases`: `{ "arn:aws:rds:…:db:orders": "127.0.0.1:5432" }` */
export function readDatabases(reader: StrictReader, value: unknown): ReadonlyMap<string, DatabaseEndpoint> {
  const databases = new Map<string, DatabaseEndpoint>();
  for (const [arn, text] of reader.entries(value, "databases", maxDatabases)) {
    const at = join("databases", arn);
    if (!databaseArn.test(arn)) reader.reject(at, "the name must be the ARN of an RDS database or cluster");
    const [, ipv6, name = "", digits] = typeof text === "string" ? (endpoint.exec(text) ?? []) : [];
    const port = Number(digits);
    const isGood = port >= 1 && port <= 65_535 && (ipv6 === undefined ? name !== "" : isIP(ipv6) === 6);
    if (isGood) databases.set(arn, { host: ipv6 ?? name, port });
    else reader.reject(at, "must be an address or host name and a port, such as `127.0.0.1:5432` or `[::1]:5432`");
  }
  return databases;
}
