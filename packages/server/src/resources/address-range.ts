/** Addresses of a CIDR range. */
export interface AddressRange {
  /** How many can be given away: the first and the last are left out, as clients may take them for no hosts. */
  readonly size: number;
  /** @param index from 0 to below `size`. @returns the address */
  at(index: number): string;
  /** @returns the index of an address, or undefined for one that is not given away */
  indexOf(address: string): number | undefined;
  /** @returns whether an address lies in the range, the first and last too; IPv6 ones do not */
  has(address: string): boolean;
}

/** @param cidr of IPv4, with a prefix length from 8 to 30, e.g. `127.77.0.0/16` */
export function addressRange(cidr: string): AddressRange {
  const [base = "", bits = ""] = cidr.split("/");
  const count = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(base) / count) * count;
  const size = count - 2;
  const offsetOf = (address: string): number =>
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) ? toNumber(address) - first : -1;
  return {
    size,
    at: (index) => toText(first + 1 + index),
    indexOf(address) {
      const index = offsetOf(address) - 1;
      return index >= 0 && index < size ? index : undefined;
    },
    has(address) {
      const offset = offsetOf(address.replace(/^::ffff:/i, ""));
      return offset >= 0 && offset < count;
    },
  };
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
