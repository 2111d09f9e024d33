import { ConfigError } from '@app/core';

/** The provisioning file is wrong and nothing of it was applied. Each line names a place in it and what it wants. */
export class ProvisioningError extends ConfigError {
  constructor(file: string, problems: readonly string[]) {
    super(problems.map((problem) => `PROVISION_FILE ${file}: ${problem}`));
    this.name = 'ProvisioningError';
  }
}
