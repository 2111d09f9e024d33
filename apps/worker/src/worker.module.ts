import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { AuthModule } from '@app/auth';
import { CampaignsModule } from '@app/campaigns';
import { CoreModule, type ServiceConfig } from '@app/core';
import { DeliveryModule, workerConnections } from '@app/delivery';
import { IdempotencyModule } from '@app/idempotency';
import { KeysModule } from '@app/keys';
import { PowerAuthServerModule } from '@app/powerauth';
import { type DynamicModule, Module } from '@nestjs/common';
import { schema } from '../../../migrations';
import { Duties } from './duties';
import { QueueConsumers } from './queue-consumers';
import { Lookout } from './schedules/lookout';
import { Reconciler } from './schedules/reconciler';
import { Upkeep } from './schedules/upkeep';
import { StartChecks } from './start-checks';

/** The domain without its API: it has no port and needs none. */
@Module({})
export class WorkerModule {
  static forRoot(config: ServiceConfig, duties = Duties.all): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        CoreModule.forRoot(config, schema, workerConnections),
        KeysModule,
        ApplicationsModule,
        AuditModule,
        AuthModule,
        PowerAuthServerModule,
        DeliveryModule,
        CampaignsModule,
        IdempotencyModule,
      ],
      providers: [
        { provide: Duties, useValue: duties },
        StartChecks,
        QueueConsumers,
        ...(duties.urgent ? [Reconciler, Upkeep] : []),
        ...(duties.campaigns ? [Lookout] : []),
      ],
    };
  }
}
