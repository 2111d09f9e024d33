import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { integer } from '../reading/read-body';
import { readJson } from '../reading/read-json';
import { Refusal } from '../reading/refusals';
import type { Request } from './request';

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<Request>();

/** Passes the body, read by this reader, to a handler. @throws Refusal */
export const Read = createParamDecorator(
  <Value>(read: (body: unknown) => Value, context: ExecutionContext): Value =>
    read(readJson(requestOf(context).body)),
);

/** Passes the campaign's id from the path to a handler. @throws Refusal unless it is a number */
export const CampaignId = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const id = requestOf(context).params.id ?? '';
  const number = /^\d+$/.test(id) ? integer(id, 'The campaign id') : null;
  if (number === null) throw new Refusal('The campaign id wants a number.');
  return number;
});

/** Reads `?all=`: absent and empty are false. @throws Refusal unless Spring takes it for a boolean */
export const WantsAll = createParamDecorator((_: unknown, context: ExecutionContext): boolean => {
  const value = first(requestOf(context).query.all).toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(value)) return true;
  if (['', 'false', 'off', 'no', '0'].includes(value)) return false;
  throw new Refusal('all wants true or false.');
});

export interface Page {
  /** The number of the page, from 0. */
  readonly page: number;
  readonly size: number;
}

/** Reads `?page=&size=` as Spring pages: nonsense gives the default, too much the most. */
export const PageOf = createParamDecorator((_: unknown, context: ExecutionContext): Page => {
  const { page, size } = requestOf(context).query;
  return { page: count(page, 0) ?? 0, size: Math.min(count(size, 1) ?? 20, 2000) };
});

const first = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value[0] : value) ?? '';

/** Reads a Java int. */
function count(value: string | string[] | undefined, least: number): number | undefined {
  const digits = first(value);
  const number = /^\+?\d{1,10}$/.test(digits) ? Number(digits) : undefined;
  return number !== undefined && number >= least && number <= 2_147_483_647 ? number : undefined;
}
