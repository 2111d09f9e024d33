import { createHash, type KeyObject, verify } from 'node:crypto';
import { compactJws } from '@app/core';
import type { AuditKey } from './audit-keys';

/** How far a chain has come: its number, how many events it has had, and the hash of the last, in hexadecimal. */
export type SignedHead = readonly [chain: number, length: number, hash: string];

/** How far the chains had come at a time, signed. */
export interface Checkpoint {
  /** From 1, without gaps. */
  readonly number: number;
  /** The hash of the checkpoint before; null of the first. */
  readonly previous: string | null;
  /** When it was signed, in seconds since 1970. */
  readonly iat: number;
  /** The id of the last event that it stands for. */
  readonly upTo: string;
  /** The chains that grew since the checkpoint before. */
  readonly heads: readonly SignedHead[];
}

/** What stands for all events that were forgotten, signed. */
export interface Base {
  readonly upTo: string;
  readonly iat: number;
  /** The time before which everything up to there happened, as RFC 3339 text. */
  readonly before: string;
  /** The number of the last checkpoint that stands for none that was kept, and its hash; 0 and null where there was none. */
  readonly checkpoint: number;
  readonly checkpointHash: string | null;
  /** Every chain that there was. */
  readonly heads: readonly SignedHead[];
}

const types = { checkpoint: 'carillon-audit-checkpoint', base: 'carillon-audit-base' } as const;

interface Statements {
  readonly checkpoint: Checkpoint;
  readonly base: Base;
}

/** Signs a statement about the trail. @returns a compact JWS (RFC 7515), which anybody can check with the public key */
export async function signStatement<Kind extends keyof Statements>(
  kind: Kind,
  statement: Statements[Kind],
  { kid, privateKey }: AuditKey,
): Promise<string> {
  return compactJws({ alg: 'ES256', typ: types[kind], kid }, statement, privateKey);
}

/** Reads a statement. @returns undefined for one that none of the keys signed, or that is of another kind */
export function openStatement<Kind extends keyof Statements>(
  kind: Kind,
  jws: string,
  keys: ReadonlyMap<string, KeyObject>,
): Statements[Kind] | undefined {
  const [header = '', claims = '', signature = '', ...more] = jws.split('.');
  const said = jsonOf(header) as { typ?: unknown; alg?: unknown; kid?: unknown } | undefined;
  const key = keys.get(String(said?.kid));
  if (key === undefined || said?.typ !== types[kind] || said.alg !== 'ES256' || more.length > 0) {
    return undefined;
  }
  const signed = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  return signed ? (jsonOf(claims) as Statements[Kind]) : undefined;
}

/** Hashes a statement, for the one after it. */
export const hashOfStatement = (jws: string): string =>
  createHash('sha256').update(jws).digest('hex');

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
