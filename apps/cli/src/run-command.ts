import { AuditTamperedError } from '@app/audit';
import { DomainError, explain } from '@app/core';
import { apiKeyCommand } from './commands/api-key-command';
import { auditCheckpointCommand, auditVerifyCommand } from './commands/audit-command';
import { gatewaysCommand } from './commands/gateways-command';
import { importCommand } from './commands/import-command';
import { operatorCommand } from './commands/operator-command';
import { secretsCommand } from './commands/secrets-command';
import { UsageError } from './commands/usage.error';
import { eraseUserCommand, exportUserCommand } from './commands/user-command';
import { ImportError } from './import/import.error';
import type { Installation } from './installation';

const usage = `Usage: carillon import powerauth --database-url <url> [options]
       carillon operator reset-password <e-mail>
       carillon secrets status
       carillon api-key generate
       carillon audit verify [--checkpoint <file>]
       carillon audit checkpoint
       carillon user export | erase <user id>
       carillon gateways <real | simulated>

They work on the database of DATABASE_URL; npm run carillon, without it, on that of npm start in DATA_DIR.

import powerauth brings applications, device registrations, campaigns and their users from the PostgreSQL database of a
PowerAuth Push Server 0.24 to 1.10. It may be run again: then it adds what is new.

  --database-url <url>        postgres://user:password@host:5432/database; PGPASSWORD may hold the password instead
  --schema <name>             where its tables are, if not in the first schema of the search path
  --time-zone <name>          of the Java process that wrote its timestamps (UTC)
  --apns-environment <name>   of APNs keys that name none: production (the default) or development
  --dry-run                   show what would come of it, and change nothing

operator reset-password gives an operator a new password, which it prints once and which has to be changed after the
next sign-in. It ends all sessions of the operator.

api-key generate prints an API key, and what a provisioning file has of it. It is stored nowhere.

secrets status counts what is sealed by the key that sealed it, and says whether a key before MASTER_KEY is still needed.

audit verify follows the audit trail from its beginning, and names the first event that was changed, removed or put in
between since it was linked. audit checkpoint prints the last signed statement of how far the trail has come. Kept
elsewhere and given to verify, it proves that nothing was cut off from the end.

user export prints all that is kept of a person, as JSON; user erase erases it, but for the audit trail.

gateways says where the messages go from now on: to Apple and Google (real) or to the simulator. Stop all workers first.
`;

/** The exit code EX_USAGE of sysexits.h. */
const wrongUsage = 64;

type Command = (words: readonly string[], installation: Installation) => Promise<void>;

const commands = new Map<string, Command>([
  ['import powerauth', importCommand],
  ['operator reset-password', operatorCommand],
  ['secrets status', secretsCommand],
  ['api-key generate', apiKeyCommand],
  ['audit verify', auditVerifyCommand],
  ['audit checkpoint', auditCheckpointCommand],
  ['user export', exportUserCommand],
  ['user erase', eraseUserCommand],
]);

/**
 * Does what the words of the command line say.
 * @param foreseen errors of the installation whose message is a sentence for the operator
 * @returns the exit code: 0, 64 where they are no command, and else what `explain` makes of the error
 */
export async function runCommand(
  words: readonly string[],
  installation: Installation,
  foreseen: Parameters<typeof explain>[1] = [],
): Promise<number> {
  try {
    await commandOf(words, installation);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) {
      return explain(error, [ImportError, DomainError, AuditTamperedError, ...foreseen]);
    }
    console.error(`${error.message}\n\n${usage}`);
    return wrongUsage;
  }
}

/** @throws UsageError, and what the command throws */
async function commandOf(words: readonly string[], installation: Installation): Promise<void> {
  if (words[0] === 'gateways') return gatewaysCommand(words.slice(1), installation);
  const command = commands.get(words.slice(0, 2).join(' '));
  if (command === undefined) {
    throw new UsageError(`Wants a command: ${[...commands.keys(), 'gateways'].join(', ')}`);
  }
  return command(words.slice(2), installation);
}
