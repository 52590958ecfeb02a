import { mergePortRanges } from "@pergola/data-plane";

/** Sockets for one resource: whoever has all ports in a range means one of them, and each costs memory and a file descriptor. */
const maxPorts = 256;

/** In wider ranges these come first: what people run in a VPC and connect to by TCP. */
const wellKnown: readonly number[] = [
  22, 80, 443, 1433, 1521, 2049, 3306, 3389, 5432, 5439, 5671, 5672, 6379, 8080, 8182, 8443, 8883, 9042, 9092, 9094,
  9096, 9098, 9200, 9443, 11_211, 27_017, 50_000,
];

/**
 * @param ranges `80` or `8000-8100` each
 * @returns the ports to open, at most 256, ascending, and how many are left out
 */
export function choosePorts(ranges: readonly string[]): {
  readonly ports: readonly number[];
  readonly leftOut: number;
} {
  const merged = mergePortRanges(ranges);
  const total = merged.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const isWide = total > maxPorts;
  const isIn = (port: number): boolean => merged.some(([first, last]) => first <= port && port <= last);
  const chosen = new Set(isWide ? wellKnown.filter(isIn) : []);
  const fill = (from: number): void => {
    for (const [first, last] of merged) {
      for (let port = Math.max(first, from); port <= last && chosen.size < maxPorts; port += 1) chosen.add(port);
    }
  };
  // Ports below 1024 need rights that the process may not have: in a wide range they come last.
  if (isWide) fill(1_024);
  fill(1);
  return { ports: [...chosen].sort((a, b) => a - b), leftOut: total - chosen.size };
}
