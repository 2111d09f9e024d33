import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from './config';

const levels: readonly LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

/** The quietest Nest level that each of ours lets through. */
const lowest: Readonly<Record<Config['logLevel'], LogLevel | undefined>> = {
  trace: 'verbose',
  debug: 'debug',
  info: 'log',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
  silent: undefined,
};

/** What Nest says of its own wiring at each start; an operator has no use for it. */
const wiring = new Set([
  'InstanceLoader',
  'NestFactory',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'GraphQLModule',
]);

class Console extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!wiring.has(String(rest.at(-1)))) super.log(message, ...rest);
  }
}

/** One line of JSON a record in production, coloured text elsewhere. */
export function createLogger({ logLevel, nodeEnv }: Config): ConsoleLogger {
  const from = lowest[logLevel];
  return new Console({
    json: nodeEnv === 'production',
    prefix: 'Carillon',
    logLevels: from === undefined ? [] : levels.slice(levels.indexOf(from)),
  });
}
