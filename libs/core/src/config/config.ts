import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ProxyRules } from './proxy-rules';
import { type RequestAllowances, requestAllowances } from './request-allowances';
import { readSecretFiles } from './secret-files';
import {
  addresses,
  addressesOrNone,
  file,
  flag,
  gatewayUrl,
  hosts,
  key,
  keys,
  milliseconds,
  origin,
  pem,
  port,
  powerAuthUrl,
  proxyExceptions,
  readable,
  tunnelProxy,
  url,
  wholeNumber,
} from './variable-kinds';

/** Everything that an operator may set, parsed and checked once at the start. `.env.example` describes each variable. */
export class Config {
  readonly nodeEnv!: 'development' | 'production' | 'test';
  readonly host!: string;
  readonly port!: number;
  /**
   * The origin under which callers reach the API, without a slash at the end: the issuer of its tokens (RFC 8414) and
   * the audience of assertions. Every API process must have the same.
   */
  readonly publicUrl!: string;
  /** Whether neither PUBLIC_URL nor HOST tells the origin, so that callers reach it on this machine only. */
  readonly publicUrlIsGuess!: boolean;
  /** Proxies whose X-Forwarded-For is believed, as addresses or CIDR ranges. */
  readonly trustedProxies!: readonly string[];
  /** Whether a proxy with TLS is before us that TRUSTED_PROXIES does not name: all callers then have its address. */
  readonly proxyIsUnnamed!: boolean;
  /** The most connections to the API process at once; 0 for any number. */
  readonly connections!: number;
  /** The most of them from one address block that is no trusted proxy's; 0 for any number. */
  readonly connectionsPerAddress!: number;
  /** An absolute path. */
  readonly dataDir!: string;
  /** When absent, standalone runs its own PostgreSQL, and api and worker refuse to start. */
  readonly databaseUrl: string | undefined;
  /** How long a statement for a request to the API may take; workers take as long as they need. */
  readonly statementTimeoutMs!: number;
  /** The same database as the role that owns its tables, for migrations alone. */
  readonly databaseOwnerUrl: string | undefined;
  /** When absent, BullMQ works on PostgreSQL. */
  readonly redisUrl: string | undefined;
  /** 32 bytes that seal secrets at rest. When absent, standalone makes one in `dataDir`. */
  readonly masterKey: Buffer | undefined;
  /** Master keys before, of 32 bytes each, which open what they sealed. */
  readonly masterKeysPrevious!: readonly Buffer[];
  /** The absolute path of the provisioning file. */
  readonly provisionFile: string | undefined;
  /** The absolute path of the operations that callers may run; operators run any, and all callers do where it is absent. */
  readonly graphqlSafelist: string | undefined;
  /** Whom the GraphQL API shows its schema. */
  readonly graphqlIntrospection!: SchemaReaders;
  /** Whether the API serves the playground. */
  readonly playground!: boolean;
  readonly logLevel!: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Whether the log is for a terminal that takes colours. */
  readonly logColours!: boolean;
  /** The place messages go to. When absent: the simulator where a gateway's URL is on this machine, as standalone's are. */
  readonly gateways: 'real' | 'simulated' | undefined;
  /** Replaces Apple's hosts. */
  readonly apnsUrl: string | undefined;
  /** Replaces Google's hosts, its token endpoint included. */
  readonly fcmUrl: string | undefined;
  /** PEM of certificate authorities that the gateway connections trust besides the public ones. */
  readonly gatewayCa: string | undefined;
  /** The way of connections to the gateways: through a proxy, or not. */
  readonly proxies!: ProxyRules;
  /** Processes that one start of a worker runs. */
  readonly workerProcesses!: number;
  /** Campaign chunks of one lane under way at once in one worker process. */
  readonly workerConcurrency!: number;
  /** The address that the simulator's gateways listen on; its control API is on the loopback always. */
  readonly simulatorHost!: string;
  readonly simulatorApnsPort!: number;
  readonly simulatorFcmPort!: number;
  readonly simulatorControlPort!: number;
  /** Who may use the PowerAuth Push routes: bearers of a token, everybody on a trusted network, or nobody. */
  readonly powerAuthCompat!: 'token' | 'open' | 'off';
  /** The path before those routes; empty, or it starts with a slash and ends without one. */
  readonly powerAuthCompatPrefix!: string;
  /** The only addresses or CIDR ranges that those routes serve; empty for all. */
  readonly powerAuthAllowedIps!: readonly string[];
  /** Names under which callers without a token reach those routes, besides those of PUBLIC_URL and the loopback. */
  readonly powerAuthHosts!: readonly string[];
  /** Whether open routes include those that manage applications and their credentials. */
  readonly powerAuthOpenAdmin!: boolean;
  /** Whether a push token may carry several activations. */
  readonly powerAuthMultipleActivations!: boolean;
  /** PowerAuth Server's REST address without its version. When absent, our own activations count. */
  readonly powerAuthUrl: string | undefined;
  /** HTTP Basic credentials for PowerAuth Server; both or neither. */
  readonly powerAuthClientToken: string | undefined;
  readonly powerAuthClientSecret: string | undefined;
  /** How long one answer of PowerAuth Server may take. */
  readonly powerAuthTimeoutMs!: number;
  /** How long the send routes wait for the gateways' first answers. */
  readonly powerAuthSendWaitMs!: number;
  /** Whether a refresh that fails is answered without a body, which PaymentsGate's clients need. */
  readonly emptyRefreshError!: boolean;
  /** How far ahead a user token may end, in hours: it can't be revoked but by its key. */
  readonly userTokenMaxHours!: number;
  /** The most live devices that a user keeps in an application; 0 for any number. */
  readonly devicesPerUser!: number;
  /** How many requests a minute each caller of a class may make; 0 is any number. */
  readonly requestsPerMinute!: RequestAllowances;
  /** How many new idempotency keys a caller may use a day; 0 is any number. */
  readonly idempotencyKeysPerDay!: number;
  /** How many megabytes of answers are kept a day for one caller; 0 is any number. */
  readonly idempotencyMegabytesPerDay!: number;
  /** How many days an event of the audit trail is kept; 0 is for ever. */
  readonly auditRetentionDays!: number;
  /** Whether service accounts may log in by their public key alone from any address. */
  readonly allowUnrestrictedLegacyLogin!: boolean;
}

/** The start is refused. Each problem begins with the variable that is wrong, and says what it wants. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Carillon does not start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Addresses to listen on that stand for all, and name no host. */
const wildcards = new Set(['0.0.0.0', '::']);

/** The most processes that one start of a worker runs. */
const mostProcesses = 64;

/** Leaves a core to PostgreSQL and to whatever else there is. */
const defaultProcesses = Math.min(Math.max(availableParallelism() - 1, 1), mostProcesses);

/** The days that the database itself keeps events for, whoever asks it to forget them. */
const leastRetentionDays = 30;

/** Whom the GraphQL API shows its schema. */
const schemaReaders = ['anyone', 'signed-in', 'nobody'] as const;
export type SchemaReaders = (typeof schemaReaders)[number];

const blankToAbsent = (text: string | undefined) =>
  text?.trim() === '' ? undefined : text?.trim();

const variables = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3000),
  PUBLIC_URL: origin.optional(),
  TRUSTED_PROXIES: addressesOrNone,
  CONNECTIONS: wholeNumber('connections', 0, 99_999, 4_000),
  CONNECTIONS_PER_ADDRESS: wholeNumber('connections', 0, 99_999, 500),
  DATA_DIR: file.default(resolve('data')),
  DATABASE_OWNER_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  STATEMENT_TIMEOUT_MS: milliseconds(100, 30_000),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  MASTER_KEY: key.optional(),
  MASTER_KEY_PREVIOUS: keys,
  PROVISION_FILE: readable.optional(),
  GRAPHQL_SAFELIST: readable.optional(),
  GRAPHQL_INTROSPECTION: z.enum(schemaReaders).optional(),
  PLAYGROUND: flag(true),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  GATEWAYS: z.enum(['real', 'simulated']).optional(),
  APNS_URL: gatewayUrl.optional(),
  FCM_URL: gatewayUrl.optional(),
  GATEWAY_CA_FILE: pem.optional(),
  HTTPS_PROXY: tunnelProxy.optional(),
  NO_PROXY: proxyExceptions,
  WORKER_PROCESSES: wholeNumber('a number', 1, mostProcesses, defaultProcesses),
  WORKER_CONCURRENCY: wholeNumber('a number', 1, 100, 8),
  SIMULATOR_HOST: z.string().default('127.0.0.1'),
  SIMULATOR_APNS_PORT: port(8443),
  SIMULATOR_FCM_PORT: port(8444),
  SIMULATOR_CONTROL_PORT: port(8445),
  POWERAUTH_COMPAT: z.enum(['token', 'open', 'off']).default('token'),
  POWERAUTH_COMPAT_PREFIX: z
    .string()
    .regex(/^(\/[\w.~-]+)*\/?$/, 'wants a path such as /powerauth-push-server')
    .transform((path) => path.replace(/\/$/, ''))
    .default(''),
  POWERAUTH_ALLOWED_IPS: addresses,
  POWERAUTH_HOSTS: hosts,
  POWERAUTH_OPEN_ADMIN: flag(false),
  POWERAUTH_MULTIPLE_ACTIVATIONS: flag(true),
  POWERAUTH_URL: powerAuthUrl.optional(),
  POWERAUTH_CLIENT_TOKEN: z.string().optional(),
  POWERAUTH_CLIENT_SECRET: z.string().optional(),
  POWERAUTH_TIMEOUT_MS: milliseconds(1, 5_000),
  POWERAUTH_SEND_WAIT_MS: milliseconds(0, 10_000),
  PAYMENTSGATE_EMPTY_REFRESH_ERROR: flag(true),
  ALLOW_UNRESTRICTED_LEGACY_LOGIN: flag(false),
  USER_TOKEN_MAX_HOURS: wholeNumber('hours', 1, 720, 24),
  DEVICES_PER_USER: wholeNumber('devices', 0, 10_000, 30),
  REQUESTS_PER_MINUTE: requestAllowances,
  IDEMPOTENCY_KEYS_PER_DAY: wholeNumber('keys', 0, 100_000_000, 10_000_000),
  IDEMPOTENCY_MEGABYTES_PER_DAY: wholeNumber('megabytes', 0, 1_000_000, 10_000),
  AUDIT_RETENTION_DAYS: wholeNumber('days', 0, 9_999, 365).refine(
    (days) => days === 0 || days >= leastRetentionDays,
    `wants 0 or at least ${leastRetentionDays} days: what is younger nobody can take from the audit trail`,
  ),
} as const;

/**
 * The variables that may hold a secret. Each may come from a file instead, as Docker and Kubernetes hand secrets over:
 * `MASTER_KEY_FILE` names a file with what `MASTER_KEY` would hold.
 */
export const secretVariables = [
  'DATABASE_URL',
  'DATABASE_OWNER_URL',
  'REDIS_URL',
  'MASTER_KEY',
  'MASTER_KEY_PREVIOUS',
  'HTTPS_PROXY',
  'POWERAUTH_CLIENT_TOKEN',
  'POWERAUTH_CLIENT_SECRET',
] as const satisfies readonly (keyof typeof variables)[];

/** The names of all variables that are read, as `.env.example` and the documentation list them. */
export const variableNames = Object.keys(variables);

/**
 * Reads the environment. An empty variable counts as absent, as docker compose writes it.
 * @throws ConfigError that lists every wrong variable at once
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  return read(environment, () => []);
}

/**
 * Works as `loadConfig`, and wants what every process needs except standalone.
 * @throws ConfigError that lists every wrong or missing variable at once
 */
export function loadServiceConfig(environment: NodeJS.ProcessEnv = process.env): ServiceConfig {
  return read(environment, missingForService) as ServiceConfig;
}

/** The variables that all programs share, which most know by their names in lower case, and heed those first. */
const lowerCaseToo = new Set(['HTTPS_PROXY', 'NO_PROXY']);

type Given = Readonly<Partial<Record<keyof typeof variables, string>>>;

function read(environment: NodeJS.ProcessEnv, missing: (given: Given) => string[]): Config {
  const stated = Object.fromEntries(
    Object.keys(variables).map((name) => [
      name,
      (lowerCaseToo.has(name) ? blankToAbsent(environment[name.toLowerCase()]) : undefined) ??
        blankToAbsent(environment[name]),
    ]),
  );
  const { texts, problems: ofFiles } = readSecretFiles(secretVariables, environment, stated);
  const given: Given = { ...stated, ...texts };
  const parsed = z.object(variables).safeParse(given);
  const wrong = parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  // A secret whose file can't be read is not missing as well.
  const problems =
    ofFiles.length > 0
      ? [...ofFiles, ...(wrong ?? [])]
      : [...(wrong ?? []), ...disagreements(given), ...missing(given)];
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const value = parsed.data;
  return Object.assign(new Config(), {
    nodeEnv: value.NODE_ENV,
    host: value.HOST,
    port: value.PORT,
    publicUrl: value.PUBLIC_URL ?? `http://${nameOf(value.HOST)}:${value.PORT}`,
    publicUrlIsGuess: value.PUBLIC_URL === undefined && wildcards.has(value.HOST),
    trustedProxies: value.TRUSTED_PROXIES,
    proxyIsUnnamed:
      value.PUBLIC_URL?.startsWith('https:') === true && given.TRUSTED_PROXIES === undefined,
    connections: value.CONNECTIONS,
    connectionsPerAddress: value.CONNECTIONS_PER_ADDRESS,
    dataDir: value.DATA_DIR,
    databaseUrl: value.DATABASE_URL,
    statementTimeoutMs: value.STATEMENT_TIMEOUT_MS,
    databaseOwnerUrl: value.DATABASE_OWNER_URL,
    redisUrl: value.REDIS_URL,
    masterKey: value.MASTER_KEY,
    masterKeysPrevious: value.MASTER_KEY_PREVIOUS,
    provisionFile: value.PROVISION_FILE,
    graphqlSafelist: value.GRAPHQL_SAFELIST,
    graphqlIntrospection:
      value.GRAPHQL_INTROSPECTION ?? (value.NODE_ENV === 'production' ? 'signed-in' : 'anyone'),
    playground: value.PLAYGROUND,
    logLevel: value.LOG_LEVEL,
    // isTTY is absent elsewhere than on a terminal. https://no-color.org
    logColours:
      (process.stdout.isTTY as boolean | undefined) === true &&
      blankToAbsent(environment.NO_COLOR) === undefined,
    gateways: value.GATEWAYS,
    apnsUrl: value.APNS_URL,
    fcmUrl: value.FCM_URL,
    gatewayCa: value.GATEWAY_CA_FILE,
    proxies: new ProxyRules(value.HTTPS_PROXY, value.NO_PROXY),
    workerProcesses: value.WORKER_PROCESSES,
    workerConcurrency: value.WORKER_CONCURRENCY,
    simulatorHost: value.SIMULATOR_HOST,
    simulatorApnsPort: value.SIMULATOR_APNS_PORT,
    simulatorFcmPort: value.SIMULATOR_FCM_PORT,
    simulatorControlPort: value.SIMULATOR_CONTROL_PORT,
    powerAuthCompat: value.POWERAUTH_COMPAT,
    powerAuthCompatPrefix: value.POWERAUTH_COMPAT_PREFIX,
    powerAuthAllowedIps: value.POWERAUTH_ALLOWED_IPS,
    powerAuthHosts: value.POWERAUTH_HOSTS,
    powerAuthOpenAdmin: value.POWERAUTH_OPEN_ADMIN,
    powerAuthMultipleActivations: value.POWERAUTH_MULTIPLE_ACTIVATIONS,
    powerAuthUrl: value.POWERAUTH_URL,
    powerAuthClientToken: value.POWERAUTH_CLIENT_TOKEN,
    powerAuthClientSecret: value.POWERAUTH_CLIENT_SECRET,
    powerAuthTimeoutMs: value.POWERAUTH_TIMEOUT_MS,
    powerAuthSendWaitMs: value.POWERAUTH_SEND_WAIT_MS,
    emptyRefreshError: value.PAYMENTSGATE_EMPTY_REFRESH_ERROR,
    allowUnrestrictedLegacyLogin: value.ALLOW_UNRESTRICTED_LEGACY_LOGIN,
    userTokenMaxHours: value.USER_TOKEN_MAX_HOURS,
    devicesPerUser: value.DEVICES_PER_USER,
    requestsPerMinute: value.REQUESTS_PER_MINUTE,
    idempotencyKeysPerDay: value.IDEMPOTENCY_KEYS_PER_DAY,
    idempotencyMegabytesPerDay: value.IDEMPOTENCY_MEGABYTES_PER_DAY,
    auditRetentionDays: value.AUDIT_RETENTION_DAYS,
  });
}

/** Says that a process that seals lacks its key. */
export const masterKeyMissing = 'MASTER_KEY: is required; make one with: openssl rand -base64 32';

/** Finds variables that are right by themselves but do not go together. */
function disagreements(given: Given): string[] {
  const problems: string[] = [];
  if (
    (given.POWERAUTH_CLIENT_TOKEN === undefined) !==
    (given.POWERAUTH_CLIENT_SECRET === undefined)
  ) {
    problems.push('POWERAUTH_CLIENT_TOKEN: goes with POWERAUTH_CLIENT_SECRET; set both or neither');
  }
  return problems;
}

function missingForService(given: Given): string[] {
  const problems: string[] = [];
  if (given.DATABASE_URL === undefined) {
    problems.push('DATABASE_URL: is required; npm start runs everything on a database of its own');
  }
  if (given.MASTER_KEY === undefined) problems.push(masterKeyMissing);
  return problems;
}

/** Writes a host as a URL does. */
function nameOf(host: string): string {
  if (wildcards.has(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** A configuration with what every serving process needs. */
export type ServiceConfig = Config & { readonly databaseUrl: string; readonly masterKey: Buffer };

/** @throws ConfigError when the database or the master key is missing: only standalone can do without. */
export function assertServiceConfig(config: Config): asserts config is ServiceConfig {
  const problems = missingForService({
    ...(config.databaseUrl !== undefined && { DATABASE_URL: config.databaseUrl }),
    ...(config.masterKey !== undefined && { MASTER_KEY: 'given' }),
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
