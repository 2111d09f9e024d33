import { createLogger, type ServiceConfig } from '@app/core';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from './worker.module';

/**
 * Runs the workers in this process until closed; what is under way is finished or given back.
 * @throws ConfigError when the database can't be used
 */
export async function startWorker(config: ServiceConfig): Promise<{ close(): Promise<void> }> {
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    logger: createLogger(config),
    abortOnError: false,
  });
  return { close: () => app.close() };
}
