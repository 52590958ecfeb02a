/**
 * What requests and idle connections cost in memory, of Pergola's data plane with everything on.
 *
 * - requests: resident memory after 100,000 and after 1,000,000, as it is, and what is live at both points, all garbage collected.
 *   Resident is the median of the last four seconds of load before each point: memory as it is in use. One moment would not do: what
 *   one reading finds depends on how long ago the collector ran. Collections are forced at the very end of a process only, so that no
 *   reading of resident memory comes after one.
 * - live: the same with HTTP/2, gRPC and changing rules, after 100,000 and 300,000 requests.
 * - connections: what each of 10,000 connections costs that have made a request and are kept.
 *
 * Usage: node bench/memory/run.ts [--only requests,live,connections]. Needs nginx, wrk and h2load from Debian. Linux only.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { plainHeaders } from "../proxy/session.ts";
import type { LiveMemory } from "./collect.ts";
import { type Measured, type Workload, withMeasured } from "./measured.ts";

const parts = { requests, live, connections };
const idleConnections = 10_000;
const megabyte = 1 << 20;

const { values } = parseArgs({ options: { only: { type: "string", default: Object.keys(parts).join(",") } } });
for (const [name, part] of Object.entries(parts)) if (values.only.split(",").includes(name)) await part();

async function requests(): Promise<void> {
  await withMeasured("HTTP/1.1", async (measured) => {
    await measured.until(100_000);
    console.log(`live after ${measured.count()} requests: ${liveText(await measured.live())}`);
  });
  await withMeasured("HTTP/1.1", async (measured) => {
    const early = await measured.until(100_000);
    console.log(`resident after ${measured.count()} requests: ${megabytes(early)}`);
    const late = await measured.until(1_000_000);
    const growth = ((late / early - 1) * 100).toFixed(1);
    console.log(`resident after ${measured.count()} requests: ${megabytes(late)} (${growth} %; bar: within 10 %)`);
    console.log(`live after ${measured.count()} requests: ${liveText(await measured.live())}`);
  });
}

async function live(): Promise<void> {
  const workloads: readonly Workload[] = ["HTTP/2", "gRPC", "HTTP/1.1, a rule changes ten times a second"];
  for (const workload of workloads) {
    await withMeasured(workload, async (measured) => {
      for (const count of [100_000, 300_000]) {
        await measured.until(count);
        console.log(`live after ${measured.count()} requests, ${workload}: ${liveText(await measured.live())}`);
      }
    });
  }
}

function connections(): Promise<void> {
  return withMeasured("HTTP/1.1", async (measured) => {
    const before = await settled(measured);
    const head = Object.entries(plainHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    // Denied, so that no connection to the target counts.
    const request = `GET /api/v1/admin/x HTTP/1.1\r\n${head.join("")}\r\n`;
    const open: Socket[] = [];
    const openOne = async (): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const socket = connect(measured.port, "127.0.0.1", () => socket.write(request));
      socket.once("data", () => resolve());
      socket.once("error", reject);
      open.push(socket);
      await promise;
    };
    while (open.length < idleConnections - 100) await Promise.all(Array.from({ length: 100 }, openOne));
    const after = await settled(measured);
    const each = (after - before) / open.length / 1024;
    console.log(`each of ${open.length} kept connections: ${each.toFixed(1)} KB (bar: under 12 KB)`);
    for (const socket of open) socket.destroy();
  });
}

/** The collector gives memory back some time after the work is over. */
async function settled(measured: Measured): Promise<number> {
  await pause(5_000);
  return measured.resident();
}

function liveText({ heap, outside }: LiveMemory): string {
  return `${megabytes(heap, 1)} of JavaScript, ${megabytes(outside, 1)} beside it`;
}

function megabytes(bytes: number, digits = 0): string {
  return `${(bytes / megabyte).toFixed(digits)} MB`;
}
