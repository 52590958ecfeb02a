import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createFileSinks, openAccessLogs } from "@pergola/access-logs";
import { systemClock } from "@pergola/core";
import { logsDir, type ServerBase } from "../server-base.ts";
import { spoolNameOf } from "./messages.ts";

type Base = Pick<ServerBase, "settings" | "logger">;

/**
 * Delivers what workers have left that there are no more: of a process with more of them, or with none. Never rejects.
 * @param workers how many there are now; theirs is theirs to deliver
 */
export async function deliverLeftSpools(base: Base, workers: number): Promise<void> {
  try {
    for (const name of await readdir(join(base.settings.dataDir, "spool"))) {
      const slot = Number(/^worker-([1-9]\d{0,3})$/.exec(name)?.[1] ?? 0);
      if (slot > workers) await deliverLeftSpool(base, slot);
    }
  } catch (error) {
    base.logger.error("the spools of earlier workers could not be looked through", { error });
  }
}

/** Delivers what the last worker of a slot has left, whose turn must be over. What cannot be delivered stays. Never rejects. */
export async function deliverLeftSpool({ settings, logger }: Base, slot: number): Promise<void> {
  const writer = spoolNameOf(slot);
  const dir = join(settings.dataDir, "spool", writer);
  try {
    const deliverer = createFileSinks({ dir: logsDir(settings), writer });
    const records = await openAccessLogs({ dir, deliverer, clock: systemClock, logger });
    // Closing delivers what it can.
    await records.close();
    if (records.metrics().spoolBytes === 0) await rm(dir, { recursive: true, force: true });
    else logger.warn("an earlier worker's access logs stay in its spool until the next start", { spool: dir });
  } catch (error) {
    logger.error("an earlier worker's access logs could not be delivered; the next start tries again", {
      spool: dir,
      error,
    });
  }
}
