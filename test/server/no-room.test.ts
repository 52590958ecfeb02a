import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inconsistencies } from "../harness/consistency/index.ts";
import { itemsOfSqlite } from "../harness/consistency/store-items.ts";
import { failureOf, newListener } from "../harness/lattice-resources.ts";
import { type OpenService, openService } from "../harness/open-service.ts";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { clientOf } from "../harness/scene.ts";

/** Until a call is over, its process cannot write: and then it can again. */
interface Way {
  readonly what: string;
  /** False where this machine does not let the test do it. */
  readonly isPossible: boolean;
  /** Whatever the data directory needs before the start. */
  prepare(dir: string): void;
  takeRoom(dir: string, pid: number): void;
  giveRoom(dir: string, pid: number): void;
  cleanUp(dir: string): void;
  readonly launcher?: readonly string[];
}

/** A file system of its own of 8 MB, filled up to the last byte. Only root may mount one. */
const fullDisk: Way = {
  what: "on a full disk",
  isPossible: canMount(),
  prepare: (dir) => void execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", dir]),
  takeRoom(dir) {
    const file = openSync(join(dir, "filler"), "w");
    try {
      for (let size = 65_536; size >= 1; size /= 2) while (canWrite(file, size));
    } finally {
      closeSync(file);
    }
  },
  giveRoom: (dir) => rmSync(join(dir, "filler")),
  cleanUp: (dir) => void execFileSync("umount", [dir]),
};

/** The kernel refuses the process every write to a file, as those of a read-only directory would: its limit of a file's size is 0. */
const noWrites: Way = {
  what: "where no file can be written any more",
  isPossible: process.platform === "linux" && existsSync("/usr/bin/prlimit"),
  prepare: () => undefined,
  takeRoom: (_, pid) => limitFiles(pid, "0"),
  giveRoom: (_, pid) => limitFiles(pid, "unlimited"),
  cleanUp: () => undefined,
  launcher: ["bash", "-c", `trap '' XFSZ; exec "$0" "$@"`],
};

function limitFiles(pid: number, size: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:unlimited`]);
}

function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), "pergola-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", dir], { stdio: "ignore" });
    execFileSync("umount", [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function canWrite(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    return false;
  }
}

for (const way of [fullDisk, noWrites]) {
  describe.skipIf(!way.isPossible)(`a Pergola ${way.what}`, () => {
    let dir = "";
    let pergola: PergolaProcess | undefined;
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), "pergola-room-"));
      way.prepare(dir);
    });
    afterEach(async () => {
      await pergola?.stop("SIGKILL");
      way.cleanUp(dir);
      rmSync(dir, { recursive: true });
    });

    it("refuses changes with the reason and a request id, goes on with all else, and recovers", {
      timeout: 60_000,
    }, async () => {
      const { launcher } = way;
      pergola = await startPergola({ dataDir: dir, ...(launcher === undefined ? {} : { launcher }) });
      const client = clientOf(pergola);
      const service = await openService(client);
      await newListener(client, service.id);
      await expectReads(client, service, pergola);

      way.takeRoom(dir, pergola.pid);
      const refused = await writeUntilRefused(client);
      for (let again = 0; again < 3; again += 1) {
        const failure = (await failureOf(client.createService({ name: "refused" }))) as Error & {
          $metadata: { requestId?: string };
        };
        expect(failure).toMatchObject({ name: "InternalServerException", $metadata: { httpStatusCode: 500 } });
        const { requestId } = failure.$metadata;
        expect(failure.message).toMatch(
          /^the change could not be saved, and nothing was changed: .*(?:full|I\/O error)/,
        );
        expect(failure.message).toContain(`request id ${requestId}`);
        await expectReads(client, service, pergola);
      }
      expect((await fetch(`${pergola.apiUrl}/pergola/health`)).status).toBe(200);

      way.giveRoom(dir, pergola.pid);
      await client.createService({ name: "refused" });
      const { items = [] } = await client.listServices({});
      const names = items.map(({ name = "" }) => name);
      for (let number = 0; number < refused; number += 1) expect(names).toContain(`written-${number}`);
      expect(names).not.toContain(`written-${refused}`);
      await expectReads(client, service, pergola);
      client.destroy();

      expect(await pergola.stop()).toBe(0);
      const file = join(dir, "pergola.sqlite");
      expect(await inconsistencies(itemsOfSqlite(file))).toEqual([]);
      const db = new DatabaseSync(file);
      expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      db.close();
    });
  });
}

/** @returns how many services were made before one was refused */
async function writeUntilRefused(client: VPCLattice): Promise<number> {
  for (let number = 0; number < 200; number += 1) {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag-${index}`, "v".repeat(200)]));
    try {
      await client.createService({ name: `written-${number}`, tags });
    } catch {
      return number;
    }
  }
  throw new Error("nothing was refused");
}

/** The API reads, and the data plane serves. */
async function expectReads(client: VPCLattice, { id, host }: OpenService, { httpPort }: PergolaProcess): Promise<void> {
  expect((await client.getService({ serviceIdentifier: id })).id).toBe(id);
  expect((await client.listServices({})).items?.length).toBeGreaterThan(0);
  using traffic = openPlainClient(host, httpPort);
  expect((await traffic.send({ path: "/" })).status).toBe(404);
}

/** As root, only a file system that is read-only refuses; to anyone else, the directory's mode does. */
const isRoot = process.getuid?.() === 0;

it.skipIf(isRoot && !canMount())(
  "a Pergola on a directory that cannot be written ends at once, says why, and leaves it as it was",
  () => {
    const dir = mkdtempSync(join(tmpdir(), "pergola-read-only-"));
    if (isRoot) execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,ro", "none", dir]);
    else chmodSync(dir, 0o500);
    try {
      const env = {
        ...process.env,
        PERGOLA_DATA_DIR: dir,
        PERGOLA_API_PORT: "0",
        PERGOLA_HTTP_PORT: "0",
        PERGOLA_HTTPS_PORT: "0",
      };
      const ended = spawnSync(process.execPath, ["packages/cli/src/main.ts", "serve"], { env, encoding: "utf8" });

      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(
        /^pergola: the data directory `.*` cannot be written \(.*\): make room or give write access, or choose another with --data-dir\n$/,
      );
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      if (isRoot) execFileSync("umount", [dir]);
      rmSync(dir, { recursive: true });
    }
  },
);
