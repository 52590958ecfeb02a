let lastSecond = Number.NaN;
let lastDate = "";
let lastLine = "";

/** @returns the Date header that an answer gets when its origin has given it none, with the end of its line; made once a second */
export function dateLine(): string {
  refresh();
  return lastLine;
}

/** @returns its value */
export function currentDate(): string {
  refresh();
  return lastDate;
}

function refresh(): void {
  const second = Math.floor(Date.now() / 1_000);
  if (second === lastSecond) return;
  lastSecond = second;
  lastDate = new Date(second * 1_000).toUTCString();
  lastLine = `date: ${lastDate}\r\n`;
}
