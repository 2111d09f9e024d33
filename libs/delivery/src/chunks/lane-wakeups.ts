import { randomUUID } from 'node:crypto';
import { type Gateway, Gathering, type JobQueue, type Queues } from '@app/core';
import { Logger } from '@nestjs/common';

/** A lane's messages of one priority that are not sent yet; the name of the lane is all that a job carries. */
export interface BacklogRef {
  readonly applicationId: number;
  readonly gateway: Gateway;
}

export const laneName = ({ applicationId, gateway }: BacklogRef) => `${applicationId}-${gateway}`;

/** Wakes workers for lanes. */
export class LaneWakeups {
  private readonly gathering: Gathering<readonly BacklogRef[], void>;

  constructor(
    private readonly queues: Queues,
    private readonly queue: JobQueue<BacklogRef>,
  ) {
    this.gathering = new Gathering(
      {
        name: 'wake-ups',
        largest: Infinity,
        together: async (lists) => {
          await this.tell(lists.flat());
          return lists.map(() => undefined);
        },
        alone: (lanes) => this.tell(lanes),
      },
      new Logger('Delivery'),
    );
  }

  /**
   * Wakes a worker for each of these lanes right away. Lanes named at the same time, or while others are being told of,
   * go together, each once.
   */
  async wake(lanes: readonly BacklogRef[]): Promise<void> {
    if (lanes.length > 0) await this.gathering.do(lanes);
  }

  /** Wakes workers for these lanes, once for each that is not being looked at. */
  async wakeIdle(lanes: readonly BacklogRef[]): Promise<void> {
    const wakeups = lanes.map((lane) => ({ id: laneName(lane), data: lane }));
    await this.queues.wake(this.queue, wakeups);
  }

  private async tell(lanes: readonly BacklogRef[]): Promise<void> {
    const named = new Map(lanes.map((lane) => [laneName(lane), lane]));
    // An id of its own: a job of the same id may be at its end, and see nothing any more.
    const wakeups = [...named].map(([name, data]) => ({ id: `${name}-${randomUUID()}`, data }));
    await this.queues.wake(this.queue, wakeups);
  }
}
