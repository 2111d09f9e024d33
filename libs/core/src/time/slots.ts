/** Lets a number of tasks run at once; the others wait in line. */
export class Slots {
  private used = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param capacity how many slots there are now; that may change over time */
  constructor(private readonly capacity: () => number) {}

  /** @returns a promise only when the caller has to wait */
  take(): Promise<void> | undefined {
    if (this.used < this.capacity() && this.waiting.length === 0) {
      this.used++;
      return undefined;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  free(): void {
    this.used--;
    while (this.waiting.length > 0 && this.used < this.capacity()) {
      this.used++;
      this.waiting.shift()?.();
    }
  }
}
