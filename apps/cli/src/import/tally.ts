/** Counts what became of the rows of one kind. */
export class Tally {
  /** The rows that were new here, or newer there than here. */
  imported = 0;
  /** The rows that were here already. */
  present = 0;
  refused = 0;

  /**
   * @param name the name in the summary
   * @param table the table in the PowerAuth database
   * @param tell takes a line for each refused row: there may be too many to keep
   */
  constructor(
    readonly name: string,
    private readonly table: string,
    private readonly tell: (line: string) => void,
  ) {}

  get read(): number {
    return this.imported + this.present + this.refused;
  }

  refuse(rowId: string, reason: string): void {
    this.refused++;
    this.tell(`${this.table} ${rowId}: ${reason}`);
  }
}
