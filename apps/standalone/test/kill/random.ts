import { createHash } from 'node:crypto';

/** Chance that a seed repeats. Two purposes of one seed do not disturb each other. */
export class Random {
  private drawn = 0;

  constructor(
    private readonly seed: number,
    private readonly purpose: string,
  ) {}

  /** Draws a number from 0 up to, but not, 1. */
  fraction(): number {
    const hash = createHash('sha256').update(`${this.seed} ${this.purpose} ${this.drawn++}`);
    return hash.digest().readUInt32BE() / 2 ** 32;
  }

  /** Draws a whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to pick from');
    return item;
  }
}
