import { OperatorsService } from '@app/auth';
import {
  assertMasterKey,
  assertListenable,
  checkAll,
  ConfigError,
  createLogger,
  SealedSecrets,
  type ServiceConfig,
} from '@app/core';
import {
  assertNoSamples,
  Provisioner,
  type Provisioning,
  readProvisioning,
} from '@app/provisioning';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { schema } from '../../../migrations';
import { ApiModule } from './api.module';
import { allowComapiFromPages } from './comapi/cors';
import { countOperations } from './graphql/count-operations';
import { acceptLongLists } from './graphql/kit/accept-long-lists';
import { boundAnswers } from './graphql/policy/bound-answers';
import { Safelist } from './graphql/policy/safelist';
import { askForBodies } from './http/asked-bodies';
import { readAddresses } from './http/caller-address';
import { boundConnections } from './http/connections';
import { decodableUrl } from './http/decodable-url';
import { answerBrokenRequests } from './http/broken-requests';
import { protectAnswers } from './http/protect-answers';
import { refusePackedBodies } from './http/refuse-packed-bodies';
import { refuseLongBodies } from './http/long-bodies';
import { refuseSlowBodies } from './http/slow-bodies';
import { keepAnswers } from './idempotency/repeat-answers';
import { acceptEmptyBodies } from './oauth/accept-empty-bodies';
import { guardPlayground } from './playground/guard-page';
import { acceptLenientJson } from './http/lenient-json';
import { serveSubscriptions } from './graphql/subscriptions/subscription-socket';
import { sendersOfLongBodies } from './senders';
import { acceptUploads } from './upload/accept-uploads';
import { UploadSlots } from './upload/upload-slots';

/** The most bytes of a body: ten thousand users in one call take some 400 kB. */
const bodyLimit = 1_048_576;

/** The longest parameter in a path: longer than Node lets a URL be, so that no path is refused before its route is found. */
const maxParamLength = 65_536;

/** How long a connection may take to send the head of a request, its first one included. */
const headersMs = 15_000;

/** How often that is looked at. */
const checkEveryMs = 5_000;

/** How long a connection may be idle: longer than proxies keep theirs, which is a minute, so that it is they who close. */
const idleMs = 72_000;

/**
 * What the edges ask of Fastify. It makes the routes when it is to listen, and takes no parser and no hook after that.
 * Among them only the last place counts: what is kept is the answer as it leaves, after all that others do to it.
 */
const installations: readonly ((app: NestFastifyApplication) => void)[] = [
  readAddresses,
  countOperations,
  acceptLenientJson,
  acceptEmptyBodies,
  acceptUploads,
  refusePackedBodies,
  (app) => {
    refuseLongBodies(app, sendersOfLongBodies(app));
  },
  askForBodies,
  refuseSlowBodies,
  acceptLongLists,
  allowComapiFromPages,
  guardPlayground,
  protectAnswers,
  boundAnswers,
  keepAnswers,
];

export interface Api {
  /** The origin, with the real port where the configuration asked for any. */
  readonly url: string;
  /** The operators, for who composes the server: its first one, and the demo's own. */
  readonly operators: OperatorsService;
  close(): Promise<void>;
}

const proxyMissing =
  'TRUSTED_PROXIES: PUBLIC_URL is https, so a proxy with TLS is before this process; name its address, or all callers ' +
  "have it: strangers' failed logins are then everybody's. Where it writes no X-Forwarded-For, say none";

/** Serves the API in this process. @throws ConfigError when configuration, schema or provisioning file is wrong */
export async function startApi(config: ServiceConfig): Promise<Api> {
  const { provisionFile, graphqlSafelist } = config;
  let provisioning: Provisioning | undefined;
  await checkAll([
    () => assertListenable({ host: config.host, ports: { PORT: config.port } }),
    () => {
      if (provisionFile === undefined) return;
      provisioning = readProvisioning(provisionFile);
      if (config.nodeEnv === 'production') assertNoSamples(provisionFile, provisioning);
    },
    () => graphqlSafelist !== undefined && new Safelist(graphqlSafelist),
    () => {
      if (config.proxyIsUnnamed && config.nodeEnv === 'production') {
        throw new ConfigError([proxyMissing]);
      }
    },
  ]);
  const logger = createLogger(config);
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.forRoot(config),
    new FastifyAdapter({
      bodyLimit,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength },
      rewriteUrl: decodableUrl,
      keepAliveTimeout: idleMs,
      http: { headersTimeout: headersMs, connectionsCheckingInterval: checkEveryMs },
      clientErrorHandler: answerBrokenRequests(config),
    }),
    { logger, abortOnError: false },
  );
  try {
    await assertMasterKey(app.get(DataSource), app.get(SealedSecrets), schema.sealed);
    boundConnections(app.getHttpServer(), config);
    for (const install of installations) install(app);
    if (provisioning !== undefined) await app.get(Provisioner).apply(provisioning);
    await app.listen(config.port, config.host);
    const endSubscriptions = serveSubscriptions(app); // on the server that listens
    const url = await app.getUrl();
    logger.log(`Listening on ${url}`, 'Api');
    if (config.publicUrlIsGuess) {
      logger.warn(
        `Set PUBLIC_URL to the address under which callers reach the API: until then its tokens are of ${config.publicUrl}`,
        'Api',
      );
    }
    if (config.proxyIsUnnamed) logger.warn(proxyMissing, 'Api');
    return {
      url,
      operators: app.get(OperatorsService, { strict: false }),
      close: async () => {
        logger.log('Stopping', 'Api');
        await endSubscriptions();
        await app.get(UploadSlots, { strict: false }).close();
        await app.close();
        logger.log('Stopped', 'Api');
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}
