import { setTimeout as sleep } from 'node:timers/promises';
import { planningQueue } from '@app/campaigns';
import { Queues } from '@app/core';
import { Controller, Get, HttpStatus, Logger, Res } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Allow } from '../access/allow';

type Part = 'ok' | 'unavailable';

interface Readiness {
  readonly status: Part;
  readonly database: Part;
  readonly queue: Part;
}

/** A part that takes longer is as good as away. */
const deadlineMs = 2_000;

/** For load balancers and orchestrators, which have no token. */
@Controller()
@Allow('anyone')
export class HealthController {
  private readonly logger = new Logger(HealthController.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly queues: Queues,
  ) {}

  /** The process lives. */
  @Get('healthz')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** It can serve: 200, else 503. */
  @Get('readyz')
  async ready(
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Readiness> {
    const [database, queue] = await Promise.all([
      this.check('Database', this.dataSource.query('SELECT 1')),
      this.check('Queue', this.queues.ready(planningQueue)),
    ]);
    const status = database === 'ok' && queue === 'ok' ? 'ok' : 'unavailable';
    if (status !== 'ok') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status, database, queue };
  }

  private async check(name: string, answer: Promise<unknown>): Promise<Part> {
    const abort = new AbortController();
    const tooLate = sleep(deadlineMs, undefined, { signal: abort.signal }).then(() => {
      throw new Error(`no answer within ${deadlineMs} ms`);
    });
    try {
      await Promise.race([answer, tooLate]);
      return 'ok';
    } catch (error) {
      this.logger.warn(`${name} is not ready: ${String(error)}`);
      return 'unavailable';
    } finally {
      tooLate.catch(() => undefined);
      abort.abort();
    }
  }
}
