import { createLogger, type ServiceConfig } from '@app/core';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from '../../../apps/worker/src/worker.module';

export { startApi } from '../../../apps/api/src/start';

/** Starts a worker in this process. */
export function startWorker(config: ServiceConfig): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    logger: createLogger(config),
    abortOnError: false,
  });
}
