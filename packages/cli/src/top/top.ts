import { type Api, openApi } from "../api/api.ts";
import { listAll } from "../api/call-and-print.ts";
import { CliFailure } from "../cli-failure.ts";
import { printable } from "../printable.ts";
import type { CliIo } from "../run-cli.ts";
import { untilSignal } from "../until-signal.ts";
import { type MetricsAnswer, ratesBetween } from "./rates.ts";
import type { TopFlags } from "./top-command.ts";
import { enterScreen, leaveScreen, type NamedRate, screenOf, topText } from "./top-text.ts";

const intervalMs = 1_000;

/** Prints what goes on until a signal, or once. @throws CliFailure when there is no Pergola at the beginning */
export async function top(flags: TopFlags, io: CliIo): Promise<void> {
  const api = openApi(flags, io);
  const watch = await openWatch(api);
  const end = untilSignal();
  let isOver = false;
  const over = end.received.then(() => {
    isOver = true;
  });
  const isScreen = io.stdout.isTTY === true && flags.output !== "json" && flags.once !== true;
  if (isScreen) io.stdout.write(enterScreen);
  try {
    while (!isOver) {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, intervalMs);
      await Promise.race([over, timer.promise]);
      clearTimeout(timeout);
      if (isOver) break;
      print(await watch(flags.once === true), flags, io, isScreen);
      if (flags.once === true) break;
    }
  } finally {
    end.stop();
    if (isScreen) io.stdout.write(leaveScreen);
  }
}

function print(seen: readonly NamedRate[] | CliFailure, flags: TopFlags, io: CliIo, isScreen: boolean): void {
  if (seen instanceof CliFailure) {
    const line = `pergola: ${printable(seen.message)}\n`;
    if (isScreen) io.stdout.write(screen(line, io));
    else io.stderr.write(line);
  } else if (flags.output === "json") io.stdout.write(`${JSON.stringify(seen, null, flags.once === true ? 2 : 0)}\n`);
  else io.stdout.write(isScreen ? screen(topText(seen), io) : `${topText(seen)}${flags.once === true ? "" : "\n"}`);
}

/** The terminal's size is asked for each time: it may have changed. */
function screen(text: string, { stdout: { columns = 80, rows = 24 } }: CliIo): string {
  return screenOf(text, columns, rows);
}

/**
 * @returns a function for what went through since its last call; a server that is away in between is a value, since it may come
 * back, and only thrown where `isStrict`
 */
async function openWatch(api: Api): Promise<(isStrict: boolean) => Promise<readonly NamedRate[] | CliFailure>> {
  const read = async () => ({
    answer: (await api.call("GET", "/pergola/metrics")) as MetricsAnswer,
    at: performance.now(),
  });
  const names = createNames(api);
  let last = await read();
  return async (isStrict) => {
    try {
      const next = await read();
      const rates = ratesBetween(last.answer, next.answer, (next.at - last.at) / 1_000);
      last = next;
      return await names(rates);
    } catch (error) {
      if (isStrict || !(error instanceof CliFailure)) throw error;
      return error;
    }
  };
}

/** Names are asked for when there is an id that was never seen: a rename shows after the next start. */
function createNames(api: Api): (rates: readonly NamedRate[]) => Promise<readonly NamedRate[]> {
  const known = new Map<string, string | undefined>();
  return async (rates) => {
    if (rates.some(({ id }) => !known.has(id))) {
      const lists = await Promise.all(["/services", "/targetgroups"].map((path) => listAll<Named>(api, path)));
      for (const { id, name } of lists.flat()) known.set(id, name);
    }
    return rates.map((rate) => {
      const name = known.get(rate.id);
      // Of another account, perhaps: asked for once.
      known.set(rate.id, name);
      return name === undefined ? rate : { ...rate, name };
    });
  };
}

interface Named {
  readonly id: string;
  readonly name: string;
}
