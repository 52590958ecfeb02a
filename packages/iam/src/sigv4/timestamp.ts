const form = /^[0-9]{8}T[0-9]{6}Z$/;

/**
 * @param text `YYYYMMDDTHHMMSSZ`, the only form that Signature Version 4 knows
 * @returns milliseconds since the epoch, or undefined for another form or a time that does not exist
 */
export function parseTimestamp(text: string): number | undefined {
  if (text === lastText) return lastTime;
  const time = timeOf(text);
  if (time === undefined) return undefined;
  // A copy: a part of a request's head would keep all of it in memory.
  lastText = Buffer.from(text).toString();
  lastTime = time;
  return time;
}

/** Of many requests that are signed in one second, the first is read. Not `RecentTexts`: routers would load it as a file of its own. */
let lastText = "";
let lastTime = 0;

function timeOf(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 4);
  const day = twoDigits(text, 6);
  const hour = twoDigits(text, 9);
  const minute = twoDigits(text, 11);
  const second = twoDigits(text, 13);
  // Date.UTC takes years before 100 for those of the last century, and carries over what is out of range.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
