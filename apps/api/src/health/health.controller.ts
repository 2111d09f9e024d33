import { Queues, RepeatedLog, SpareConnection, within } from '@app/core';
import { Faults } from '@app/delivery';
import { Controller, Get, HttpStatus, Logger, Res } from '@nestjs/common';
import { Allow } from '../access/allow';
import { Uncounted } from '../access/caller-allowances';

type Part = 'ok' | 'unavailable';

interface Readiness {
  /** `degraded` means that it serves, but does not send all that it takes. */
  readonly status: Part | 'degraded';
  readonly database: Part;
  readonly queue: Part;
  readonly jobs: 'ok' | 'failing' | 'unknown';
  /** The reason why it is degraded. */
  readonly reason?: string;
}

/** How long a part may take to answer; a slower one is as good as away. */
const deadlineMs = 2_000;

/** Tells load balancers and orchestrators, which have no token, how the server is. */
@Controller()
@Allow('anyone')
@Uncounted()
export class HealthController {
  private readonly log = new RepeatedLog(new Logger(HealthController.name));

  constructor(
    private readonly spare: SpareConnection,
    private readonly queues: Queues,
    private readonly faults: Faults,
  ) {}

  /** Answers while the process lives. */
  @Get('healthz')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * Answers 200 when it can serve, else 503, however many requests wait for the database. Jobs that fail are told, but another
   * API process would not help them.
   */
  @Get('readyz')
  async ready(
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Readiness> {
    const [database, queue, failing] = await Promise.all([
      this.answer('Database', this.spare.query('SELECT 1')),
      this.answer('Queue', this.queues.ready()),
      this.answer('Jobs', this.faults.failing(this.spare)),
    ]);
    const parts = { database: partOf(database), queue: partOf(queue) };
    if (database === undefined || queue === undefined) {
      response.status(HttpStatus.SERVICE_UNAVAILABLE);
      return { status: 'unavailable', ...parts, jobs: failing === undefined ? 'unknown' : 'ok' };
    }
    if (failing === undefined) return { status: 'ok', ...parts, jobs: 'unknown' };
    const { total, since } = failing.value;
    if (total === 0 || since === null) return { status: 'ok', ...parts, jobs: 'ok' };
    const reason = `${total} jobs fail by a fault of the server, the oldest since ${since.toISOString()}; lanes and the worker's log say why`;
    return { status: 'degraded', ...parts, jobs: 'failing', reason };
  }

  /** @returns nothing when the part did not answer in time */
  private async answer<Value>(
    name: string,
    asked: Promise<Value>,
  ): Promise<{ readonly value: Value } | undefined> {
    try {
      return { value: await within(deadlineMs, name, asked) };
    } catch (error) {
      this.log.warn(`${name} is not ready: ${String(error)}`);
      return undefined;
    }
  }
}

const partOf = (answer: object | undefined): Part => (answer === undefined ? 'unavailable' : 'ok');
