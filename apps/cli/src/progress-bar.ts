/** Draws one line over itself on a terminal, and a line for every tenth of the way elsewhere. */
export class ProgressBar {
  private drawnTenths = -1;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly width = 40,
  ) {}

  draw(done: number, total: number, note: string): void {
    const share = total === 0 ? 0 : done / total;
    const filled = Math.round(share * this.width);
    const bar = '█'.repeat(filled) + '░'.repeat(this.width - filled);
    const line = `${bar} ${done}/${total} ${note}`;
    if (this.out.isTTY) {
      this.out.write(`\r\u001b[K${line}`);
      return;
    }
    const tenths = Math.floor(share * 10);
    if (tenths === this.drawnTenths) return;
    this.drawnTenths = tenths;
    this.out.write(`${line}\n`);
  }

  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}
