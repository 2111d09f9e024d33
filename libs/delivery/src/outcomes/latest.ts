/** Iterates over values that it is given. A reader who asks too seldom gets only the latest, so that nothing piles up. */
export class Latest<Value> implements AsyncIterableIterator<Value> {
  private readonly waiting: ((result: IteratorResult<Value>) => void)[] = [];
  private hasEnded = false;

  /** @param onEnd is called once, whoever ends it */
  constructor(
    private news: Value | undefined,
    private readonly onEnd: () => void,
  ) {}

  tell(value: Value): void {
    const next = this.waiting.shift();
    if (next === undefined) this.news = value;
    else next({ done: false, value });
  }

  /** Ends the iteration; a value that was given and not yet asked for still comes. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onEnd();
    for (const next of this.waiting.splice(0)) next({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Value>> {
    const { news } = this;
    this.news = undefined;
    if (news !== undefined) return Promise.resolve({ done: false, value: news });
    if (this.hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Value>> {
    this.news = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
