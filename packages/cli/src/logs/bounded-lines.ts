/** Longest line that is looked at, in characters: CloudWatch Logs takes events of 1 MB, which escaping can double. */
const maxLine = 4 * 1024 * 1024;

/**
 * Splits a stream into lines, holding no more than one in memory.
 * @returns lines without their ends; of a line that is too long only its beginning, which is no record then
 */
export async function* boundedLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = "";
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [i, part] of parts.entries()) {
      if (i > 0) {
        yield line;
        line = "";
      }
      if (line.length < maxLine) line += part.slice(0, maxLine - line.length);
    }
  }
  line += decoder.decode();
  if (line !== "") yield line;
}
