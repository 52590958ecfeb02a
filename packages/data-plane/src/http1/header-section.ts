import { type KnownName, nameAt } from "./known-name.ts";

/** Beyond this a part of the head is copied out of it: a short text that somebody keeps must not keep 60 KB in memory. */
const sharedHead = 4 * 1024;

const space = 0x20;
const tab = 0x09;

/** The header lines of a head, found in one pass, with what their names tell. */
export interface HeaderSection {
  /** The text that they are in: a request's head alone, a response's perhaps with a small body behind it. */
  readonly head: string;
  /** Names and values in turn, in their order and spelling, values without the blanks around them. */
  readonly rawHeaders: string[];
  readonly names: readonly KnownName[];
  /** Where each line begins, and where the last one ends. */
  readonly bounds: readonly number[];
  /** The traits that any of the names has. */
  readonly traits: number;
  /** Whether each line is a name, a colon, one space and a value without blanks around it: then it can be sent on as it is. */
  readonly isPlain: boolean;
}

/**
 * @param head a text that begins with a head that has passed its grammar, and goes on behind it only where it is small
 * @param at where the first header line begins
 * @param to where the head ends
 */
export function readHeaderSection(head: string, at: number, to: number): HeaderSection {
  const rawHeaders: string[] = [];
  const names: KnownName[] = [];
  const bounds: number[] = [];
  const last = to - 2;
  const isLarge = head.length > sharedHead;
  let traits = 0;
  let isPlain = true;
  let from = at;
  while (from < last) {
    const colon = head.indexOf(":", from);
    const lineEnd = head.indexOf("\r", colon);
    let start = colon + 1;
    let end = lineEnd;
    while (start < end && isBlank(head.charCodeAt(start))) start += 1;
    while (end > start && isBlank(head.charCodeAt(end - 1))) end -= 1;
    if (start !== colon + 2 || end !== lineEnd || head.charCodeAt(start - 1) !== space) isPlain = false;
    const name = nameAt(head, from, colon);
    traits |= name.traits;
    const value = head.slice(start, end);
    names.push(name);
    bounds.push(from);
    rawHeaders.push(name.text, isLarge ? copyOf(value) : value);
    from = lineEnd + 2;
  }
  bounds.push(last);
  return { head, rawHeaders, names, bounds, traits, isPlain };
}

/** @returns the value of the first header with a trait, or undefined */
export function valueWith({ names, rawHeaders, traits }: HeaderSection, wanted: number): string | undefined {
  if ((traits & wanted) === 0) return undefined;
  for (let i = 0; i < names.length; i += 1) {
    if (((names[i] as KnownName).traits & wanted) !== 0) return rawHeaders[2 * i + 1];
  }
  return undefined;
}

/** @returns the lines that do not have the traits to drop, as they stand in the head */
export function keptLines(section: HeaderSection, dropped: number): string {
  const { head, names, bounds, traits } = section;
  const end = bounds[names.length] as number;
  if ((traits & dropped) === 0) return head.slice(bounds[0], end);
  let text = "";
  let from = -1;
  for (let i = 0; i < names.length; i += 1) {
    if (((names[i] as KnownName).traits & dropped) === 0) {
      if (from === -1) from = bounds[i] as number;
    } else if (from !== -1) {
      text += head.slice(from, bounds[i]);
      from = -1;
    }
  }
  return from === -1 ? text : text + head.slice(from, end);
}

/** @returns the same text, in memory of its own when the head is large */
export function partOf(head: string, from: number, to: number): string {
  const part = head.slice(from, to);
  return head.length > sharedHead ? copyOf(part) : part;
}

function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}
