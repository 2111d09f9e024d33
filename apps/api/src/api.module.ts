import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { AuthModule } from '@app/auth';
import { CampaignsModule } from '@app/campaigns';
import { Clock, Config, CoreModule, type ServiceConfig, SpareConnection } from '@app/core';
import { DeliveryModule } from '@app/delivery';
import { DevicesModule } from '@app/devices';
import { PersonalDataModule } from '@app/personal-data';
import { Idempotency, IdempotencyModule } from '@app/idempotency';
import { KeysModule } from '@app/keys';
import { PowerAuthServerModule } from '@app/powerauth';
import { ProvisioningModule } from '@app/provisioning';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { schema } from '../../../migrations';
import { AccessModule } from './access/access.module';
import { Authenticator } from './access/authenticator';
import { ComapiModule } from './comapi/comapi.module';
import { graphqlOptions } from './graphql/graphql-options';
import { InputPipe } from './graphql/kit/input.pipe';
import { Loaders, LoadersModule } from './graphql/kit/loaders';
import { OperationPolicy, OperationPolicyModule } from './graphql/policy/operation-policy';
import { resolvers } from './graphql/resolvers';
import { TidyInputPipe } from './graphql/kit/tidy-input.pipe';
import { BodyLimits } from './http/body-limits';
import { invalidInput } from './http/invalid-input.error';
import { DocsController } from './openapi/docs.controller';
import { ErrorFilter } from './http/error.filter';
import { HealthController } from './health/health.controller';
import { RepeatInterceptor } from './idempotency/repeat-answers';
import { OAuthModule } from './oauth/oauth.module';
import { PaymentsGateModule } from './paymentsgate/paymentsgate.module';
import { FrontDoorController } from './playground/front-door.controller';
import { PlaygroundController } from './playground/playground.controller';
import { PowerAuthModule } from './powerauth/powerauth.module';
import { renderers } from './renderers';
import { UploadModule } from './upload/upload.module';

/** Joins the edges over the domain: GraphQL, the REST interfaces, uploads, health and the playground. */
@Module({})
export class ApiModule {
  static forRoot(config: ServiceConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        CoreModule.forRoot(config, schema, 'carillon api', config.statementTimeoutMs),
        KeysModule,
        ApplicationsModule,
        PowerAuthServerModule,
        DevicesModule,
        PersonalDataModule,
        DeliveryModule,
        CampaignsModule,
        AuditModule,
        AuthModule,
        AccessModule,
        ComapiModule,
        OAuthModule,
        PaymentsGateModule,
        UploadModule,
        IdempotencyModule,
        ProvisioningModule,
        ...PowerAuthModule.forRoot(config),
        GraphQLModule.forRootAsync<ApolloDriverConfig>({
          driver: ApolloDriver,
          imports: [LoadersModule, AccessModule, OperationPolicyModule, IdempotencyModule],
          inject: [Loaders, Authenticator, OperationPolicy, Idempotency, Config],
          useFactory: graphqlOptions,
        }),
      ],
      controllers: [
        HealthController,
        DocsController,
        ...(config.playground ? [FrontDoorController, PlaygroundController] : []),
      ],
      providers: [
        ...resolvers,
        {
          provide: APP_PIPE,
          useValue: new InputPipe({ transform: true, exceptionFactory: invalidInput }),
        },
        {
          provide: SpareConnection,
          useFactory: () => new SpareConnection(config.databaseUrl, 'carillon readiness'),
        },
        BodyLimits,
        { provide: APP_PIPE, useClass: TidyInputPipe },
        { provide: APP_INTERCEPTOR, useClass: RepeatInterceptor },
        {
          provide: APP_FILTER,
          inject: [Config, Clock],
          useFactory: (config: Config, clock: Clock) => new ErrorFilter(renderers(config, clock)),
        },
      ],
    };
  }
}
