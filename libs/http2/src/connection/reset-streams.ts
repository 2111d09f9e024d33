/** How many of them are remembered. */
const most = 4_096;

/** The streams that we reset and of which the peer may still send something, which is ignored. */
export class ResetStreams {
  private readonly ids = new Set<number>();
  /** The last stream that was forgotten: it and those before it may have been reset by us. */
  private forgottenId = 0;

  add(id: number): void {
    this.ids.add(id);
    if (this.ids.size <= most) return;
    for (const oldest of this.ids) {
      this.forgottenId = Math.max(this.forgottenId, oldest);
      this.ids.delete(oldest);
      break;
    }
  }

  mayHave(id: number): boolean {
    return id <= this.forgottenId || this.ids.has(id);
  }

  /** Notes that the peer has closed its side: nothing more can come. */
  settled(id: number): void {
    this.ids.delete(id);
  }
}
