import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Provisioning, provisioningFile } from './provisioning-file';
import { ProvisioningError } from './provisioning.error';

/**
 * Reads and checks a provisioning file (YAML, and so JSON) as a whole, with the key files beside it.
 * @throws ProvisioningError that lists everything that is wrong
 */
export function readProvisioning(file: string): Provisioning {
  const parsed = provisioningFile(dirname(file)).safeParse(parse(file));
  if (parsed.success) return parsed.data;
  throw new ProvisioningError(file, parsed.error.issues.flatMap(describe));
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ProvisioningError(file, ["can't be read"]);
  }
  const lineCounter = new LineCounter();
  // Pretty errors would quote the lines, which may hold secrets.
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const { line, col } = lineCounter.linePos(pos[0]);
      return `line ${line}, column ${col}: ${withoutText(message)}`;
    });
    throw new ProvisioningError(file, problems);
  }
  try {
    return document.toJS();
  } catch (error) {
    throw new ProvisioningError(file, [
      withoutText(error instanceof Error ? error.message : String(error)),
    ]);
  }
}

/** Drops the end of a message that quotes what is wrong, which may be a password that wants quotes. */
function withoutText(message: string): string {
  return message.replace(/(?:: |(?<=YAML version) )[^]*$/, '');
}

/** Writes one line for each thing that is wrong, e.g. `applications[0].apns.keyId: wants text`. */
function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') {
    const place = placeOf(issue.path);
    return [place === '' ? issue.message : `${place}: ${issue.message}`];
  }
  return issue.keys.map((key) => `${placeOf([...issue.path, key])}: is not known`);
}

/** Writes `['applications', 0, 'id']` as `applications[0].id`. */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}
