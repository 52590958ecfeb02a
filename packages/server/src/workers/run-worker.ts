import { join } from "node:path";
import { type Key, type Logger, systemClock } from "@pergola/core";
import { GivenTicketKeys } from "@pergola/data-plane";
import { openSqliteReader, type SqliteReader } from "@pergola/store-sqlite";
import { parseLocalConfig } from "../config/local-config.ts";
import { openIdentityDirectory } from "../identity/identity-directory.ts";
import { followKeyFile } from "../identity/keyring-file.ts";
import type { RecordQuery } from "../live-records/record-query.ts";
import { openRecords } from "../open-records.ts";
import { createRecentRequests } from "../recent-records.ts";
import { type OwnCarrier, startCarrier } from "../start-carrier.ts";
import { createTeardown } from "../teardown.ts";
import { openLocalCa } from "../tls/local-ca.ts";
import type { Counted } from "./kept-counters.ts";
import { type Question, spoolNameOf, type WorkerStart } from "./messages.ts";
import { lastLines, type RecordBatch, type RecordLine, type RecordSender, sendRecords } from "./record-lines.ts";
import { plainTraffic } from "./traffic-of-workers.ts";

/** A worker from within. */
export interface RunningWorker {
  /** Resolves when it listens. @throws Error when it cannot start; nothing is left then */
  readonly ready: Promise<void>;
  /** Takes note of changed keys at once. @returns when they are in force, ports included */
  change(keys: readonly Key[]): Promise<void>;
  answer(question: Question): Promise<unknown>;
  /** @returns its last records; `send` gets those to come, until the end or `unfollow` with the same id */
  follow(id: number, query: RecordQuery, send: (batch: RecordBatch) => Promise<void>): readonly RecordLine[];
  unfollow(id: number): void;
  setTicketKey(key: Uint8Array): void;
  /** Stops accepting, finishes what is in flight, delivers the access records and frees everything. @returns what it has counted */
  drain(deadlineMs: number, restMs: number): Promise<Counted>;
}

/** A client may choose a request's id, so that several can have one. */
const maxRecords = 100;
/** Characters of earlier records that all workers together send to one reader. */
const maxPast = 16 * 1024 * 1024;

/** Starts a data plane in this process, on the store that the main process writes. */
export function runWorker(start: WorkerStart, logger: Logger): RunningWorker {
  const teardown = createTeardown(logger);
  let store: SqliteReader | undefined;
  let carrier: OwnCarrier | undefined;
  let settleIdentities: (() => Promise<void>) | undefined;
  const recent = createRecentRequests();
  const followers = new Map<number, RecordSender>();
  const ticketKeys = new GivenTicketKeys(start.ticketKey);
  let counted: Counted = {};
  let rest = 0;

  const open = async (): Promise<void> => {
    const { settings, configText, slot } = start;
    const { dataDir, configFile, accountId } = settings;
    const file = parseLocalConfig(configText, configFile, accountId);
    const config = { ...file, instances: new Map([...file.instances, ...start.instances]) };
    const ca = await openLocalCa(dataDir, systemClock.now());
    const reader = openSqliteReader({ file: join(dataDir, "pergola.sqlite"), clock: systemClock, logger });
    store = reader;
    teardown.addResource("store", () => reader.close());
    const keys = followKeyFile(dataDir);
    const ports = { store: reader, clock: systemClock, logger };
    const identities = await openIdentityDirectory(config.identities, keys, ports);
    teardown.addResource("identities", async () => identities.close());
    settleIdentities = () => identities.settled();
    const base = { settings, logger, teardown, config, ca, store: reader, keys, identities };
    const writer = spoolNameOf(slot);
    const records = await openRecords(base, { dir: join(dataDir, "spool", writer), writer });
    const own = await startCarrier(base, { records, recent, ticketKeys, restMs: () => rest });
    carrier = own;
    // Freed first: nothing is under way any more, and the store is still there.
    teardown.addResource("counters", async () => {
      counted = { metrics: await own.metrics(), traffic: plainTraffic(await own.traffic()) };
    });
  };
  const ready = open();
  return {
    ready,
    async change(keys) {
      store?.tell(keys);
      await (carrier?.settled() ?? settleIdentities?.());
    },
    async answer(question) {
      if (question.about === "listeners") return carrier?.listeners();
      if (question.about === "metrics") return carrier?.metrics();
      if (question.about === "traffic")
        return carrier === undefined ? undefined : plainTraffic(await carrier.traffic());
      return carrier?.records(question.requestId, maxRecords);
    },
    follow(id, query, send) {
      if (query.follow) followers.set(id, sendRecords(recent, query, send));
      return lastLines(recent, query, maxPast / (start.settings.workers ?? 1));
    },
    unfollow(id) {
      void followers.get(id)?.close();
      followers.delete(id);
    },
    setTicketKey: (key) => ticketKeys.set(key),
    async drain(deadlineMs, restMs) {
      rest = restMs;
      await ready.catch(() => undefined);
      await teardown.run(deadlineMs);
      await Promise.all(followers.values().map((sender) => sender.close()));
      return counted;
    },
  };
}
