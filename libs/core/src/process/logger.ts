import { inspect } from 'node:util';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from '../config/config';
import { SystemClock } from '../time/clock';
import { printable, printableStack } from './printable';

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

/** The words of LOG_LEVEL for Nest's levels. */
const words: Readonly<Record<LogLevel, string>> = {
  verbose: 'trace',
  debug: 'debug',
  log: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
};

/** Nest's contexts that tell of its own wiring at each start; an operator has no use for them. */
const wiring = new Set([
  'InstanceLoader',
  'NestFactory',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'GraphQLModule',
]);

/** Nest's context for a start that failed, with its stack; `runProcess` explains it. */
const failedStart = 'ExceptionHandler';

class Console extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!wiring.has(String(rest.at(-1)))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== failedStart) super.error(message, ...rest);
  }

  /** Formats a line as `2026-11-29T22:50:00.123Z info  [Api] Listening …`. */
  protected override formatMessage(
    logLevel: LogLevel,
    message: unknown,
    _pidMessage: string,
    _formattedLogLevel: string,
    contextMessage: string,
  ): string {
    const level = this.colorize(words[logLevel].padEnd(5), logLevel);
    const { prefix = '' } = this.options;
    return `${this.getTimestamp()} ${level} ${prefix}${contextMessage}${this.stringifyMessage(message, logLevel)}\n`;
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const text =
      typeof message === 'string' ? printable(message) : printableStack(inspect(message));
    return super.stringifyMessage(text, logLevel);
  }

  protected override printStackTrace(stack: string | undefined): void {
    if (stack !== undefined) super.printStackTrace(printableStack(stack));
  }

  /** JSON spells out what is below U+0020 only; an older terminal obeys U+0080 to U+009F as well. */
  protected override stringifyJsonLogObject(facts: Record<string, unknown>): string {
    return printable(super.stringifyJsonLogObject(facts));
  }

  /** Writes the time in ISO 8601, UTC. */
  protected override getTimestamp(): string {
    return new SystemClock().now().toISOString();
  }

  protected override getJsonLogObject(
    ...given: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const facts: Record<string, unknown> = { ...super.getJsonLogObject(...given) };
    delete facts.timestamp;
    const [, { logLevel }] = given;
    return { time: this.getTimestamp(), ...facts, level: words[logLevel] } as never;
  }
}

/**
 * Makes a logger that writes one line of JSON a record in production, else text, coloured if the configuration wants it.
 * @param processName tells the lines of text from those of other processes, which write to the same place; JSON has the pid
 */
export function createLogger(
  { logLevel, nodeEnv, logColours }: Config,
  processName?: string,
): ConsoleLogger {
  const from = lowest[logLevel];
  return new Console({
    prefix: processName === undefined ? '' : `${processName} `,
    json: nodeEnv === 'production',
    colors: logColours && nodeEnv !== 'production',
    logLevels: from === undefined ? [] : levels.slice(levels.indexOf(from)),
  });
}
