import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';

/** Parts of long secrets this long are looked for too; shorter ones are whole. */
const windowLength = 40;

/** Between the starts of windows: a part of 47 characters is found wherever it begins. */
const stride = 8;

/** The ways in which a secret may be written, each with all its windows. */
function formsOf(secret: Buffer): ReadonlySet<string> {
  const text = secret.toString();
  const quoted = JSON.stringify(text).slice(1, -1);
  const forms = [text, inspect(text).slice(1, -1), quoted, JSON.stringify(quoted).slice(1, -1)];
  forms.push(encodeURIComponent(text), new URLSearchParams({ s: text }).toString().slice(2));
  forms.push(secret.toString('hex'), secret.toString('hex').toUpperCase());
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const before of [0, 1, 2]) forms.push(base64Within(secret, before, encoding));
  }
  return new Set(forms.flatMap((form) => windowsOf(compact(form))));
}

/**
 * Returns how base64 shows a secret behind that many other bytes, without the letters that depend on what is around it.
 */
function base64Within(secret: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const shown = Buffer.concat([Buffer.alloc(before), secret])
    .toString(encoding)
    .replace(/=+$/, '');
  const first = before === 0 ? 0 : before + 1;
  const last = (before + secret.length) % 3 === 0 ? shown.length : shown.length - 1;
  return shown.slice(first, last);
}

function windowsOf(form: string): string[] {
  if (form.length <= windowLength) return [form];
  const starts = Math.ceil((form.length - windowLength) / stride) + 1;
  return Array.from({ length: starts }, (_, n) => {
    const start = Math.min(n * stride, form.length - windowLength);
    return form.slice(start, start + windowLength);
  });
}

/** Removes what breaks a long text into lines, escaped or not. */
function compact(text: string): string {
  return text.replace(/(\\+[nr]|%0[AD]|\s)+/gi, '');
}

/** What is secret of a private key: the numbers that only its holder knows, and so not what its public key has too. */
function secretPartsOf(key: KeyObject): Buffer[] {
  const { d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
  return [d, p, q, dp, dq, qi]
    .filter((part) => part !== undefined)
    .map((part) => Buffer.from(part, 'base64url'));
}

/** Finds secrets in texts that should have none. */
export class SecretSearch {
  private readonly forms = new Map<string, Set<string>>();

  /** @param name of what it is, for who reads the finding @param secret a text, a private key, or bytes */
  add(name: string, secret: string | Buffer | KeyObject): void {
    const parts =
      typeof secret === 'string'
        ? [Buffer.from(secret)]
        : Buffer.isBuffer(secret)
          ? [secret]
          : secretPartsOf(secret);
    const forms = this.forms.get(name) ?? new Set();
    for (const part of parts) for (const form of formsOf(part)) forms.add(form);
    this.forms.set(name, forms);
  }

  get names(): readonly string[] {
    return [...this.forms.keys()];
  }

  /** The names of the secrets that are in the text. */
  findIn(text: string): string[] {
    const searched = compact(text);
    return this.names.filter((name) =>
      [...(this.forms.get(name) ?? [])].some((form) => searched.includes(form)),
    );
  }
}
