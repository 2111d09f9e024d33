import type { ServiceConfig } from '@app/core';

/**
 * Where a command works: opens the installation, gives its configuration to the work, and closes it afterwards.
 * @throws ConfigError when there is none
 */
export type Installation = <Result>(
  work: (config: ServiceConfig) => Promise<Result>,
) => Promise<Result>;
