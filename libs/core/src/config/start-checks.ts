import { ConfigError } from './config';

/**
 * Makes all checks of a start, so that whoever set several things wrong is told of all of them.
 * @throws ConfigError with the problems of every check that throws one
 */
export async function checkAll(checks: readonly (() => unknown)[]): Promise<void> {
  const problems: string[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
