import { sizeOf, staticTable } from './static-table';

/** A field in the table. */
interface Entry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
  /** Which insertion brought it, counted from 1. */
  readonly number: number;
  /** The age of the table when the entry was last referred to. */
  usedAt: number;
}

/** What can be referred to by a name. */
interface Known {
  /** The index of the first field of that name in the static table, 0 if there is none. */
  readonly staticIndex: number;
  /** The fields of that name in the dynamic table, oldest first. */
  readonly entries: Entry[];
}

/**
 * The two tables as an encoder sees them (RFC 7541 §2.3): fields to indices.
 *
 * What goes in is not what came last, but what repeats: where room is short, a field is let in only if it and all that is in use
 * fit together. Else each would drive out the other, to be sent in full again, and every insertion shifts the indices of all.
 */
export class EncoderTable {
  /** Another one whenever fields may go out otherwise than before: by other indices, or because there is room for them now. */
  version = 0;
  private size = 0;
  private inserted = 0;
  private age = 0;
  private readonly entries: Entry[] = [];
  private readonly known = new Map<string, Known>();

  /** @param capacity the octets that all entries may take up */
  constructor(private capacity: number) {
    staticTable.forEach(([name], i) => {
      if (!this.known.has(name)) this.known.set(name, { staticIndex: i + 1, entries: [] });
    });
  }

  /** @returns the index of the field, 0 if it is in neither table */
  indexOf(name: string, value: string): number {
    const known = this.known.get(name);
    if (known === undefined) return 0;
    for (let i = known.entries.length - 1; i >= 0; i--) {
      const entry = known.entries[i];
      if (entry?.value === value) return this.referTo(entry);
    }
    for (let index = known.staticIndex; staticTable[index - 1]?.[0] === name; index++) {
      if (staticTable[index - 1]?.[1] === value) return index;
    }
    return 0;
  }

  /** @returns an index that has this name, 0 if neither table has it */
  indexOfName(name: string): number {
    const known = this.known.get(name);
    if (known === undefined) return 0;
    if (known.staticIndex > 0) return known.staticIndex;
    const newest = known.entries.at(-1);
    return newest === undefined ? 0 : this.referTo(newest);
  }

  /** Whether the field may be inserted. */
  admits(name: string, value: string): boolean {
    const wanted = sizeOf(name, value);
    if (this.size + wanted <= this.capacity) return true;
    let inUse = 0;
    for (const { usedAt, size } of this.entries) if (usedAt >= this.age - 1) inUse += size;
    return inUse + wanted <= this.capacity;
  }

  /** Inserts a field that the table admits; the oldest make room for it. */
  insert(name: string, value: string): void {
    const size = sizeOf(name, value);
    this.evict(this.capacity - size);
    const entry = { name, value, size, number: ++this.inserted, usedAt: this.age };
    this.entries.push(entry);
    this.size += size;
    this.version++;
    const known = this.known.get(name);
    if (known === undefined) this.known.set(name, { staticIndex: 0, entries: [entry] });
    else known.entries.push(entry);
  }

  resize(capacity: number): void {
    this.capacity = capacity;
    this.version++;
    this.evict(capacity);
  }

  /** Lets time go by. What is in use is what was referred to since the last time but one. */
  growOlder(): void {
    this.age++;
    this.version++;
  }

  private referTo(entry: Entry): number {
    entry.usedAt = this.age;
    return staticTable.length + 1 + this.inserted - entry.number;
  }

  private evict(most: number): void {
    while (this.size > most) {
      const oldest = this.entries.shift();
      if (oldest === undefined) return;
      this.size -= oldest.size;
      this.version++;
      const { name } = oldest;
      const known = this.known.get(name);
      known?.entries.shift();
      if (known?.entries.length === 0 && known.staticIndex === 0) this.known.delete(name);
    }
  }
}
