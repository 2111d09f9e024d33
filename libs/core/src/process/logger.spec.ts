import { loadConfig } from '../config/config';
import { createLogger } from './logger';

const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** What is written to the terminal meanwhile. */
function written(variables: NodeJS.ProcessEnv, isTTY: boolean, processName?: string): string {
  const { stdout } = process;
  const [before, write] = [stdout.isTTY, stdout.write.bind(stdout)];
  let text = '';
  // Node leaves it out where there is no terminal.
  Object.assign(stdout, { isTTY: isTTY || undefined });
  stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    const logger = createLogger(loadConfig(variables), processName);
    logger.log('Listening on http://127.0.0.1:3000', 'Api');
    logger.warn('Queue is not ready', 'HealthController');
  } finally {
    stdout.write = write;
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

  it('leaves out what is below its level', () => {
    expect(written({ LOG_LEVEL: 'warn' }, false)).toMatch(/^\S+ warn /);
  });
});
