import { CampaignsModule } from '@app/campaigns';
import { CoreModule, type ServiceConfig } from '@app/core';
import { DeliveryModule, workerConnections } from '@app/delivery';
import { type DynamicModule, Module } from '@nestjs/common';
import { schema } from '../../../migrations';
import { QueueConsumers } from './queue-consumers';
import { Reconciler } from './reconciler';
import { StartChecks } from './start-checks';

/** The domain without its API: it has no port and needs none. */
@Module({})
export class WorkerModule {
  static forRoot(config: ServiceConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        CoreModule.forRoot(config, schema, workerConnections),
        DeliveryModule,
        CampaignsModule,
      ],
      providers: [StartChecks, QueueConsumers, Reconciler],
    };
  }
}
