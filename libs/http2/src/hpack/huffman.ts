import { HpackError } from './hpack-error';

/**
 * The bits of each octet's code, and last those of EOS (RFC 7541 appendix B). The code is canonical: codes of one length are
 * consecutive in the order of their octets, and shorter ones come first. So the lengths are all there is to know.
 */
// prettier-ignore
const lengths = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
   6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
   5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
  13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
   7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
  15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
   6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
);
const eos = 256;

const codes = canonicalCodes();
const tree = decodingTree();

function canonicalCodes(): Uint32Array {
  const made = new Uint32Array(lengths.length);
  let next = 0;
  for (let length = 1; length <= 30; length++, next *= 2) {
    lengths.forEach((its, octet) => {
      if (its === length) made[octet] = next++;
    });
  }
  return made;
}

/**
 * Makes a tree whose nodes have 256 branches, one for each octet of what is read. A branch is a leaf (the bits of the code
 * that lie in this octet, times 256, plus the octet it stands for), the negative place of the next node, or 0 for EOS.
 */
function decodingTree(): Int16Array {
  const branches = Array.from({ length: 256 }, () => 0);
  codes.forEach((code, octet) => {
    let node = 0;
    let left = lengths[octet] ?? 0;
    for (; left > 8; left -= 8) {
      const at = node + ((code >>> (left - 8)) & 0xff);
      if (branches[at] === 0) {
        branches[at] = -branches.length;
        for (let i = 0; i < 256; i++) branches.push(0);
      }
      node = -(branches[at] ?? 0);
    }
    const first = node + ((code << (8 - left)) & 0xff);
    if (octet !== eos) branches.fill((left << 8) | octet, first, first + (1 << (8 - left)));
  });
  return Int16Array.from(branches);
}

/** The octets that a text takes up in Huffman code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += lengths[text.charCodeAt(i) & 0xff] ?? 0;
  return (bits + 7) >>> 3;
}

/** @returns where the text ends in the target */
export function writeHuffman(text: string, target: Buffer, offset: number): number {
  let bits = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i) & 0xff;
    const code = codes[octet] ?? 0;
    let length = lengths[octet] ?? 0;
    if (length > 25) {
      // Beside the seven bits that may be held, 32 have no room for it: its first eight go ahead.
      length -= 8;
      bits = (bits << 8) | (code >>> length);
      target[offset++] = bits >>> held;
    }
    bits = (bits << length) | code;
    held += length;
    for (; held >= 8; held -= 8) target[offset++] = bits >>> (held - 8);
  }
  if (held > 0) target[offset++] = (bits << (8 - held)) | (0xff >>> held);
  return offset;
}

/** Holds what is being decoded, unless it is long. */
const scratch = Buffer.allocUnsafeSlow(8192);
const shortest = 5;

/** @throws HpackError on what no encoder writes: EOS, and padding that is longer than seven bits or not of ones (§5.2) */
export function readHuffman(source: Buffer, start: number, end: number): string {
  const most = Math.floor(((end - start) * 8) / shortest);
  const text = most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
  let length = 0;
  let bits = 0;
  let held = 0;
  let node = 0;
  for (let at = start; at < end; at++) {
    bits = (bits << 8) | (source[at] ?? 0);
    held += 8;
    while (held >= 8) {
      const branch = tree[node + ((bits >>> (held - 8)) & 0xff)] ?? 0;
      if (branch > 0) {
        text[length++] = branch;
        held -= branch >>> 8;
        node = 0;
      } else if (branch < 0) {
        node = -branch;
        held -= 8;
      } else {
        throw new HpackError('EOS within a string');
      }
    }
  }
  while (held > 0) {
    const branch = tree[node + ((bits << (8 - held)) & 0xff)] ?? 0;
    if (branch <= 0 || branch >>> 8 > held) break;
    text[length++] = branch;
    held -= branch >>> 8;
    node = 0;
  }
  const ones = (1 << held) - 1;
  if (node !== 0 || (bits & ones) !== ones) throw new HpackError('Padding of a string');
  return text.toString('latin1', 0, length);
}
