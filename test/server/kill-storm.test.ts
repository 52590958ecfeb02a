import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inconsistencies } from "../harness/consistency/index.ts";
import { indexItems, itemsOfSqlite } from "../harness/consistency/store-items.ts";
import { startPergola } from "../harness/pergola.ts";
import { clientOf } from "../harness/scene.ts";
import { openLedger } from "./storm/ledger.ts";
import { makeShared, type SharedSubjects, writeService } from "./storm/writer.ts";

/** KILL_ROUNDS=50 in CI. */
const rounds = Number(process.env.KILL_ROUNDS ?? 5);
/** As many rounds work on one store: what is there already is checked each time, and it grows. */
const roundsOfStore = 10;
const writers = 16;
/** The server is killed when it has acknowledged as many changes as this round's share of them. */
const mostAcknowledged = 160;

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "pergola-storm-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it(`keeps every acknowledged change and is whole, when it is killed in a storm of writes ${rounds} times`, {
  timeout: 60_000 + rounds * 10_000,
}, async () => {
  let ledger = openLedger();
  let shared: SharedSubjects | undefined;
  let number = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (round % roundsOfStore === 0) {
      rmSync(dataDir, { recursive: true });
      [ledger, shared] = [openLedger(), undefined];
    }
    const pergola = await startPergola({ dataDir, env: { PERGOLA_LOG_LEVEL: "error" } });
    const client = clientOf(pergola);
    const subjects = shared ?? (await makeShared(client));
    shared = subjects;
    const writer = { client, ledger, ...subjects };
    const until = ledger.acknowledged + Math.ceil(Math.random() * mostAcknowledged);

    let isKilled = false;
    const write = async (): Promise<void> => {
      while (!isKilled) {
        number += 1;
        await writeService(writer, number, number % 2 === 0).catch((error: unknown) => {
          if (!isKilled) throw error;
        });
      }
    };
    const storm = Promise.all(Array.from({ length: writers }, write));
    try {
      while (ledger.acknowledged < until) await Promise.race([sleep(1), storm]);
    } finally {
      isKilled = true;
      await pergola.stop("SIGKILL");
    }
    await storm;
    client.destroy();

    const items = itemsOfSqlite(join(dataDir, "pergola.sqlite"));
    expect(ledger.missing(indexItems(items))).toEqual([]);
    expect(await inconsistencies(items)).toEqual([]);
  }
});
