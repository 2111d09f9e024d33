import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A secret, and the key under which the provisioning file has it. */
interface Secret {
  readonly key: string;
  readonly text: string;
}

/** A problem of a secret, which is not shown; `key` is absent where both keys are concerned. */
export interface SecretProblem {
  readonly key?: string;
  readonly problem: string;
}

/** Reads `<name>File`, a path beside the provisioning file, or `<name>Base64`, the text itself. */
export function readSecret(
  part: Readonly<Record<string, unknown>>,
  name: string,
  folder: string,
): Secret | SecretProblem {
  const [fileKey, base64Key] = [`${name}File`, `${name}Base64`];
  const { [fileKey]: file, [base64Key]: base64 } = part;
  if (typeof file === 'string' && base64 === undefined) {
    const path = resolve(folder, file);
    try {
      return { key: fileKey, text: readFileSync(path, 'utf8') };
    } catch {
      return { key: fileKey, problem: `${path} can't be read` };
    }
  }
  if (typeof base64 === 'string' && file === undefined) {
    const compact = base64.replace(/\s/g, '');
    const bytes = Buffer.from(compact, 'base64');
    return bytes.toString('base64') === compact
      ? { key: base64Key, text: bytes.toString('utf8') }
      : { key: base64Key, problem: 'wants base64' };
  }
  return { problem: `wants ${fileKey} or ${base64Key}, one of them` };
}
