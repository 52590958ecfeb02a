/**
 * Reads the body of an answer that another machine sends, and no more of it than may be there.
 * @returns its text, as UTF-8
 * @throws Error when it is larger than `maxBytes`; the rest is not read then
 */
export async function readBoundedBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels what is left of the answer.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
