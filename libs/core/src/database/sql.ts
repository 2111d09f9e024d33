import { DatabaseError } from 'pg';
import { type EntityManager, type FindOperator, In, QueryFailedError } from 'typeorm';

/** Tells whether a column of type uuid takes a value; any other would be an error of the database. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

/** Returns a condition that keeps a find within the applications that an actor reaches; none where these are all. */
export function inApplications(reach: readonly number[] | undefined): {
  applicationId?: FindOperator<number>;
} {
  return reach === undefined ? {} : { applicationId: In([...reach]) as FindOperator<number> };
}

/** The SQLSTATE of a row that is there already. */
export const uniqueViolation = '23505';

/** @returns the SQLSTATE with which PostgreSQL refused a statement; undefined for any other error */
export function sqlStateOf(error: unknown): string | undefined {
  return refusalIn(error).code;
}

/** @returns the name of the constraint that a statement would have broken; undefined for any other error */
export function constraintOf(error: unknown): string | undefined {
  return refusalIn(error).constraint;
}

/** The fields that pg has of an ErrorResponse. */
interface Refusal extends Error {
  readonly code?: string | undefined;
  readonly constraint?: string | undefined;
}

function refusalIn(error: unknown): Partial<Refusal> {
  if (error instanceof QueryFailedError) return (error as QueryFailedError<Refusal>).driverError;
  return error instanceof DatabaseError ? error : {}; // of a prepared query
}

/** The numbers of the locks that an installation has once; each spells its name. */
export const locks = {
  migrations: 0x43415249,
  provisioning: 0x50524f56,
  operators: 0x4f574e52,
  'signing keys': 0x5349474e,
  'audit trail': 0x41554454,
} as const;

/** Waits until no other transaction of the installation has this lock, which is held until this one ends. */
export async function holdLock(
  name: keyof typeof locks,
  transaction: EntityManager,
): Promise<void> {
  await transaction.query('SELECT pg_advisory_xact_lock($1)', [locks[name]]);
}

/** Works as `holdLock`, without waiting. @returns whether the lock is ours */
export async function tryLock(
  name: keyof typeof locks,
  transaction: EntityManager,
): Promise<boolean> {
  const [row] = await transaction.query<[{ held: boolean }]>(
    'SELECT pg_try_advisory_xact_lock($1) AS held',
    [locks[name]],
  );
  return row.held;
}

/** Works as `holdLock`, for one of many things, where there may be no row yet to be locked. */
export async function holdName(name: string, transaction: EntityManager): Promise<void> {
  await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}
