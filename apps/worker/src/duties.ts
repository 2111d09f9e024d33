/** How many processes there are to one that has notifications. */
const processesPerUrgent = 4;

/**
 * What a process of a worker does. Of several, some have nothing to do with campaigns: a process that keeps a core and its
 * connections busy answers late, and PostgreSQL's sessions of it as well. Notifications wait for none of that in a process
 * of their own, and for what is left of it in PostgreSQL.
 */
export class Duties {
  static readonly all = new Duties(true, true);

  /**
   * @param urgent is whether it sends notifications, plans campaigns, and looks after what is due and what is old
   * @param campaigns is whether it sends campaigns
   */
  private constructor(
    readonly urgent: boolean,
    readonly campaigns: boolean,
  ) {}

  /** @param number of the process, of at least two, from 1 on */
  static of(number: number): Duties {
    const urgent = number % processesPerUrgent === 1;
    return new Duties(urgent, !urgent);
  }

  /** Returns them in words, for the log. */
  toString(): string {
    if (this.urgent && this.campaigns) return 'everything';
    return this.urgent ? 'notifications and planning' : 'campaigns';
  }
}
