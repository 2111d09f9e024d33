import type { ConsoleLogger } from '@nestjs/common';
import { loadConfig } from '../config/config';
import { createLogger } from './logger';

const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** What is written to the terminal meanwhile. */
function written(
  variables: NodeJS.ProcessEnv,
  isTTY: boolean,
  processName?: string,
  log = (logger: ConsoleLogger) => {
    logger.log('Listening on http://127.0.0.1:3000', 'Api');
    logger.warn('Queue is not ready', 'HealthController');
  },
): string {
  const { stdout, stderr } = process;
  const [before, write] = [stdout.isTTY, stdout.write.bind(stdout)];
  const writeError = stderr.write.bind(stderr);
  let text = '';
  // Node leaves it out where there is no terminal.
  Object.assign(stdout, { isTTY: isTTY || undefined });
  stdout.write = stderr.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    log(createLogger(loadConfig(variables), processName));
  } finally {
    stdout.write = write;
    stderr.write = writeError;
    stdout.isTTY = before;
  }
  return text;
}

describe('the log', () => {
  it('has a line for each record: time with zone, level in a word, who says it, what', () => {
    expect(written({}, false)).toMatch(
      new RegExp(
        `^${iso} info  \\[Api\\] Listening on http://127\\.0\\.0\\.1:3000\\n${iso} warn  \\[HealthController\\] Queue is not ready\\n$`,
      ),
    );
  });

  it('says which of several processes writes to the same place', () => {
    expect(written({}, false, 'worker 2')).toMatch(
      new RegExp(`^${iso} info  worker 2 \\[Api\\] Listening`),
    );
  });

  it('has colours on a terminal only, and none where NO_COLOR is set', () => {
    const escape = '\u001b[';
    expect(written({}, true)).toContain(escape);
    expect(written({}, false)).not.toContain(escape);
    expect(written({ NO_COLOR: '1' }, true)).not.toContain(escape);
    expect(
      written({ NODE_ENV: 'production', MASTER_KEY: 'A'.repeat(43) + '=' }, true),
    ).not.toContain(escape);
  });

  it('says the same in JSON, a record a line, in production', () => {
    const lines = written({ NODE_ENV: 'production', MASTER_KEY: 'A'.repeat(43) + '=' }, false);
    const [first, second] = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({
      time: expect.stringMatching(`^${iso}$`) as string,
      level: 'info',
      pid: process.pid,
      message: 'Listening on http://127.0.0.1:3000',
      context: 'Api',
    });
    expect(second).toMatchObject({ level: 'warn', context: 'HealthController' });
  });

  const forged = 'a\r\n2026-01-01T00:00:00.000Z info  [Api] All is well';
  const controls = '\u0000\u0007\u0008\u001b[2J\u007f\u009b31m\u2028\u202e';

  it.each([
    { form: 'text', variables: {} },
    { form: 'JSON', variables: { NODE_ENV: 'production', MASTER_KEY: 'A'.repeat(43) + '=' } },
  ])('spells out control characters that others wrote, in $form', ({ variables }) => {
    const text = written(variables, false, undefined, (logger) => {
      logger.log(forged + controls, 'Api');
      logger.error(`Refused: ${forged}`, new Error(forged + controls).stack, 'Api');
      logger.warn({ from: forged + controls }, 'Api');
      logger.error('A fault', new Error(forged), 'Api');
    });
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    expect(text).not.toMatch(/^2026-01-01/m);
    expect(text).toContain('\\u001b[2J');
  });

  it('leaves out what is below its level', () => {
    expect(written({ LOG_LEVEL: 'warn' }, false)).toMatch(/^\S+ warn /);
  });
});
