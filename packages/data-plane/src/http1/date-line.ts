let lastSecond = Number.NaN;
let lastText = "";

/** @returns the Date header that an answer gets when its origin has given it none, with the end of its line; made once a second */
export function dateLine(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = `date: ${new Date(second * 1_000).toUTCString()}\r\n`;
  }
  return lastText;
}
