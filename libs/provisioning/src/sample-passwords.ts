import type { Provisioning } from './provisioning-file';
import { ProvisioningError } from './provisioning.error';

/** Passwords of the examples on our own pages and their ancestors: the whole world knows them. */
const samples: ReadonlySet<string> = new Set([
  'to be changed soon',
  'choose one of your own',
  'spring tide at noon',
  'neap tide before dawn',
  'a password to be changed',
  'correct horse battery',
  'correct horse battery staple',
  'change me please',
  'passwordpassword',
  '123456789012',
]);

/** @throws ProvisioningError that names each operator whose password everybody can read in an example */
export function assertNoSamples(file: string, { operators }: Provisioning): void {
  const problems = operators.flatMap((operator, place) =>
    'password' in operator && samples.has(operator.password.trim().toLowerCase())
      ? [
          `operators[${place}].password: is the one of an example, which everybody knows; choose your own`,
        ]
      : [],
  );
  if (problems.length > 0) throw new ProvisioningError(file, problems);
}
