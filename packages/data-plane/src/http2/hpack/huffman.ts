/**
 * How many bits each symbol's code has, that of the end of a string (256) among them. The code is canonical: symbols of one length
 * have consecutive codes in their order, and each length goes on where the one before it has ended. RFC 7541, appendix B.
 */
// biome-ignore format: a table
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const endOfString = 256;
const longest = 30;

/** What follows a node of the code's tree: another node, or a symbol as its complement. */
type Branches = [zero: number, one: number];

function buildTree(): Branches[] {
  const tree: Branches[] = [[0, 0]];
  let code = 0;
  for (let length = 1; length <= longest; length += 1) {
    code <<= 1;
    for (const [symbol, itsLength] of lengths.entries()) {
      if (itsLength !== length) continue;
      plant(tree, code, length, symbol);
      code += 1;
    }
  }
  return tree;
}

function plant(tree: Branches[], code: number, length: number, symbol: number): void {
  let node = 0;
  for (let bit = length - 1; bit > 0; bit -= 1) {
    const branches = tree[node] as Branches;
    const side = (code >>> bit) & 1;
    if (branches[side] === 0) branches[side] = tree.push([0, 0]) - 1;
    node = branches[side] as number;
  }
  (tree[node] as Branches)[code & 1] = ~symbol;
}

/** In an entry of `steps`: beside the next node (bits 0–7) and the symbol that has become complete (bits 8–15). */
const hasSymbol = 1 << 16;
const isBroken = 1 << 17;

const tree = buildTree();
/** For each node and each four bits that may follow. */
const steps = new Int32Array(tree.length * 16);
/** Nodes at which a string may end: the bits since its last symbol are all ones, and fewer than eight. RFC 7541 §5.2. */
const mayEnd = new Uint8Array(tree.length);

for (let node = 0; node < tree.length; node += 1) {
  for (let bits = 0; bits < 16; bits += 1) steps[node * 16 + bits] = stepOf(node, bits);
}
for (let node = 0, depth = 0; depth < 8; depth += 1, node = (tree[node] as Branches)[1]) mayEnd[node] = 1;

/** No code has fewer than five bits, so that four complete one symbol at most. */
function stepOf(from: number, bits: number): number {
  let node = from;
  let found = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = (tree[node] as Branches)[(bits >>> bit) & 1] as number;
    if (next >= 0) node = next;
    else if (~next === endOfString) return isBroken;
    else {
      found = hasSymbol | (~next << 8);
      node = 0;
    }
  }
  return found | node;
}

/** The longest that a string can become: its symbols have five bits at least. */
export function decodedLength(encoded: number): number {
  return Math.ceil((encoded * 8) / 5);
}

/**
 * Decodes a string in one pass, four bits at a time.
 * @param out with room for `decodedLength`
 * @returns how many bytes it has, -1 when it is no string of the code: with the end of a string in it, or wrongly padded
 */
export function decodeHuffman(input: Buffer, from: number, to: number, out: Buffer): number {
  let node = 0;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const byte = input[at] as number;
    const high = steps[(node << 4) | (byte >> 4)] as number;
    if ((high & hasSymbol) !== 0) out[length++] = (high >> 8) & 0xff;
    const low = steps[((high & 0xff) << 4) | (byte & 15)] as number;
    if ((low & hasSymbol) !== 0) out[length++] = (low >> 8) & 0xff;
    if (((high | low) & isBroken) !== 0) return -1;
    node = low & 0xff;
  }
  return mayEnd[node] === 1 ? length : -1;
}
