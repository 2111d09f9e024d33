import { gateways } from '@app/core';
import { Cursor } from './cursor';

const text = (form: RegExp) => (value: string) => (form.test(value) ? value : undefined);
/** Reads a number that PostgreSQL's integer holds, from 0. */
const int = (value: string) =>
  /^\d{1,10}$/.test(value) && Number(value) <= 2_147_483_647 ? Number(value) : undefined;
const bigint = text(/^\d{1,18}$/);
/** Reads any number of PostgreSQL's bigint: whoever writes past us chooses an id as he likes. */
const anyBigint = (value: string) =>
  /^-?\d{1,19}$/.test(value) && BigInt(value) === BigInt.asIntN(64, BigInt(value))
    ? value
    : undefined;
const uuid = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const userId = text(/^[^\0]{1,255}$/);

export const applicationCursor = new Cursor('application', { id: int });
export const clientCursor = new Cursor('client', { id: text(/^[0-9A-Za-z._-]{1,64}$/) });
export const accountCursor = new Cursor('service-account', { id: text(/^[0-9A-Za-z-]{1,64}$/) });
/** The last member may hold a colon. */
export const apiKeyCursor = new Cursor('api-key', { id: uuid, name: text(/^[^\0]{1,200}$/u) });
export const operatorCursor = new Cursor('operator', { email: text(/^[^\0]+$/) });
export const auditEventCursor = new Cursor('event', { id: anyBigint });
export const deviceCursor = new Cursor('device', { id: bigint });
export const userCursor = new Cursor('user', { id: userId });
export const audienceCursor = new Cursor('user', { userId });
/** The cursor in the deliveries of one message. */
export const deliveryCursor = new Cursor('delivery', {
  gateway: (value: string) => gateways.find((gateway) => gateway === value),
  seq: int,
});
/** The cursor in lists by time: of campaigns, of notifications, and of the deliveries to one device. */
export const sendingCursor = new Cursor('sent', {
  at: text(/^\d{1,16}$/),
  messageId: uuid,
});
