import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

const maxLineLength = 4_096;
const maxLinesPerSecond = 200;

/**
 * Cuts a function's output into lines. A line is cut at 4,096 characters, and after 200 lines in a second the rest of that
 * second is counted and dropped: a function that prints without end must fill neither memory nor the log.
 * @param emit takes each line, without its end
 */
export function followLines(output: Readable, emit: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let cut = false;
  /** Lines in the window of one second that the first of them opened. */
  let inWindow = 0;

  const line = (text: string): void => {
    if (inWindow === 0) setTimeout(endWindow, 1_000).unref();
    inWindow += 1;
    if (inWindow <= maxLinesPerSecond) emit(text);
  };
  const endWindow = (): void => {
    if (inWindow > maxLinesPerSecond) emit(`(${inWindow - maxLinesPerSecond} lines dropped)`);
    inWindow = 0;
  };
  const take = (text: string): void => {
    const parts = text.split("\n");
    for (const [i, part] of parts.entries()) {
      if (!cut) rest += part;
      if (rest.length > maxLineLength) {
        rest = `${rest.slice(0, maxLineLength)}…`;
        cut = true;
      }
      if (i === parts.length - 1) break;
      line(rest);
      rest = "";
      cut = false;
    }
  };
  output.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  output.on("end", () => {
    if (rest !== "") line(rest);
  });
}
