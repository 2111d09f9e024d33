import { createLogger, type ServiceConfig } from '@app/core';
import { destinationOf } from '@app/delivery';
import { NestFactory } from '@nestjs/core';
import { Duties } from './duties';
import { WorkerModule } from './worker.module';

/**
 * Runs the workers in this process until closed; what is under way is finished or given back.
 * @param name tells its log from that of others
 * @throws ConfigError when the database can't be used
 */
export async function startWorker(
  config: ServiceConfig,
  duties = Duties.all,
  name?: string,
): Promise<{ close(): Promise<void> }> {
  const logger = createLogger(config, name);
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config, duties), {
    logger,
    abortOnError: false,
  });
  const queue = config.redisUrl === undefined ? 'PostgreSQL' : 'Redis';
  logger.log(
    `Started for ${duties.toString()}: ${destinationOf(config)} gateways, queue on ${queue}, ${config.workerConcurrency} chunks of a lane at once`,
    'Worker',
  );
  return {
    close: async () => {
      logger.log('Stopping; what is under way is finished or given back', 'Worker');
      await app.close();
      logger.log('Stopped', 'Worker');
    },
  };
}
