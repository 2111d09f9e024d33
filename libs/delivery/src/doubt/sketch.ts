/** The bits of a sketch. */
const size = 256;

/** So many marks that the remaining bits tell nothing. */
const full = 240;

/**
 * Counts different names in 256 bits, whatever their number: each marks the bit of its hash, and the bits left tell how
 * many there were (linear counting). Sketches of one kind are added by OR. Exact to a few per cent below some hundred.
 */
export class Sketch {
  private readonly bits = new Uint8Array(size);

  mark(name: string): void {
    this.bits[hash(name) % size] = 1;
  }

  /** Writes the bits as PostgreSQL writes a bit(256). */
  toString(): string {
    return this.bits.join('');
  }
}

/** Estimates how many names left so many marks; Infinity when there were too many for a sketch. */
export function namesOf(marks: number): number {
  return marks >= full ? Infinity : Math.round(-size * Math.log(1 - marks / size));
}

/** Hashes by FNV-1a of the UTF-16 units, with its halves folded: the low bits alone repeat. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    value = Math.imul(value ^ name.charCodeAt(at), 0x01000193);
  }
  return (value ^ (value >>> 16)) >>> 0;
}
