import { expect, it } from "vitest";
import { OpenStreams } from "./open-streams.ts";

const openOf = (...ids: number[]) => {
  const streams = new OpenStreams<{ readonly id: number }>();
  for (const id of ids) streams.add({ id });
  return streams;
};
const idsOf = (streams: Iterable<{ readonly id: number }>): number[] => [...streams].map(({ id }) => id);

it("has the streams that are open, and no other", () => {
  const streams = openOf(1, 3, 5, 9);
  streams.delete(3);
  streams.delete(7);

  expect([0, 1, 2, 3, 5, 7, 9, 11].map((id) => streams.get(id)?.id)).toEqual([
    undefined,
    1,
    undefined,
    undefined,
    5,
    undefined,
    9,
    undefined,
  ]);
  expect([streams.size, idsOf(streams.values())]).toEqual([3, [1, 5, 9]]);
  expect([openOf().size, openOf().get(1)]).toEqual([0, undefined]);
});

it("gives all while they end and begin: none twice, none that has ended, each that has begun", () => {
  const streams = openOf(1, 3, 5, 7, 9);
  const seen: number[] = [];
  for (const { id } of streams.values()) {
    seen.push(id);
    if (id === 3) for (const ended of [1, 3, 7]) streams.delete(ended);
    if (id === 9) streams.add({ id: 11 });
  }

  expect(seen).toEqual([1, 3, 5, 9, 11]);
});
