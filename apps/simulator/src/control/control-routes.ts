import { type Clock, type Gateway, gateways } from '@app/core';
import { z } from 'zod';
import type { ShownNotification } from '../devices/ledger';
import { faultRule } from '../faults/fault-rule';
import { type Call, HttpError, type Route } from './control-route';
import type { Controllable } from './controllable';

const apnsKey = z.strictObject({
  teamId: z.string().length(10),
  keyId: z.string().length(10),
  publicKeyPem: z.string(),
  topics: z.array(z.string().min(1)).min(1).optional(),
});
const fcmProject = z.strictObject({
  projectId: z.string().min(1),
  clientEmail: z.string().min(1),
  publicKeyPem: z.string(),
});
const unregister = z.strictObject({ at: z.iso.datetime({ offset: true }).optional() });
const assign = z.strictObject({ owner: z.string().min(1) });

const help = `Carillon gateway simulator

GET    /summary[?gateway=apns&title=&collapseKey=]  counts; with a filter also the devices that show it
GET    /devices/{apns|fcm}/{token}                  what the device shows
POST   /devices/{apns|fcm}/{token}/unregister       {"at"?: ISO time}; the app was removed
POST   /devices/{apns|fcm}/{token}/assign           {"owner": bundle id or project id}; all others are refused
POST   /devices/{apns|fcm}/{token}/register         the device is good again
GET    /requests[?limit=100]                        the last requests with their answers, newest first
GET    /faults    POST /faults    DELETE /faults    fault scripts
POST   /apns/keys                                   {"teamId","keyId","publicKeyPem","topics"?}
POST   /fcm/projects                                {"projectId","clientEmail","publicKeyPem"}
POST   /reset                                       forget everything
GET    /ca.pem                                      the certificate authority to trust
`;

const get = (path: RegExp, handle: Route['handle']): Route => ({ method: 'GET', path, handle });

/** A route that does something, and has nothing to say of it. */
const act = (method: 'POST' | 'DELETE', path: RegExp, work: (call: Call) => void): Route => ({
  method,
  path,
  handle: (call) => {
    work(call);
    return { json: { ok: true } };
  },
});

/** Lists the routes by which a simulator is read and changed over HTTP. */
export function routesOf(simulator: Controllable, clock: Clock): Route[] {
  return [
    get(/^\/$/, () => ({ text: help, type: 'text/plain' })),
    get(/^\/ca\.pem$/, () => ({ text: simulator.ca, type: 'application/x-pem-file' })),
    get(/^\/summary$/, ({ query }) => ({ json: summaryOf(simulator, query) })),
    get(/^\/requests$/, ({ query }) => ({
      json: simulator.log.last(limitFrom(query.get('limit'))),
    })),
    ...routesOfDevices(simulator, clock),
    ...routesOfFaults(simulator),
    ...routesOfAccounts(simulator),
    act('POST', /^\/reset$/, () => {
      simulator.reset();
    }),
  ];
}

function routesOfDevices({ ledger, devices }: Controllable, clock: Clock): Route[] {
  return [
    get(/^\/devices\/([^/]+)\/([^/]+)$/, ({ parts }) => {
      const [gateway, token] = deviceFrom(parts);
      return { json: { gateway, token, shows: ledger.of(gateway, token).map(readable) } };
    }),
    act('POST', /^\/devices\/([^/]+)\/([^/]+)\/unregister$/, ({ parts, body }) => {
      const { at } = parse(unregister, body ?? {});
      devices.unregister(...deviceFrom(parts), at === undefined ? clock.now() : new Date(at));
    }),
    act('POST', /^\/devices\/([^/]+)\/([^/]+)\/assign$/, ({ parts, body }) => {
      devices.assign(...deviceFrom(parts), parse(assign, body).owner);
    }),
    act('POST', /^\/devices\/([^/]+)\/([^/]+)\/register$/, ({ parts }) => {
      devices.forget(...deviceFrom(parts));
    }),
  ];
}

function routesOfFaults({ faults }: Controllable): Route[] {
  return [
    get(/^\/faults$/, () => ({ json: faults.list() })),
    {
      method: 'POST',
      path: /^\/faults$/,
      handle: ({ body }) => ({ json: { id: faults.add(parse(faultRule, body)) } }),
    },
    act('DELETE', /^\/faults$/, () => {
      faults.clear();
    }),
  ];
}

function routesOfAccounts({ accounts }: Controllable): Route[] {
  return [
    act('POST', /^\/apns\/keys$/, ({ body }) => {
      accounts.registerApnsKey(parse(apnsKey, body));
    }),
    act('POST', /^\/fcm\/projects$/, ({ body }) => {
      accounts.registerFcmServiceAccount(parse(fcmProject, body));
    }),
  ];
}

/** Counts what devices show; with a filter, tells also which ones show what it asks for. */
function summaryOf({ ledger }: Controllable, query: URLSearchParams): object {
  const collapseKey = query.get('collapseKey') ?? undefined;
  const title = query.get('title') ?? undefined;
  if (collapseKey === undefined && title === undefined) return ledger.summary();
  const asked = query.get('gateway');
  const showing = Object.fromEntries(
    gateways
      .filter((gateway) => asked === null || gateway === gatewayFrom(asked))
      .map((gateway) => [gateway, ledger.devicesShowing(gateway, { collapseKey, title })]),
  );
  return { ...ledger.summary(), devicesShowing: showing };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new HttpError(400, problems.join('; '));
}

function deviceFrom([gateway = '', token = '']: readonly string[]): [Gateway, string] {
  return [gatewayFrom(gateway), token];
}

function gatewayFrom(text: string): Gateway {
  const gateway = gateways.find((name) => name === text);
  if (gateway === undefined) {
    throw new HttpError(404, `there is no gateway ${text}; it is one of ${gateways.join(', ')}`);
  }
  return gateway;
}

function limitFrom(text: string | null): number {
  if (text === null) return 100;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new HttpError(400, 'limit: wants a number from 1 on');
  return Number(text);
}

/** Shows the payload as JSON where it is JSON, and no headers but the push's own. */
function readable({ collapseKey, title, atMs, detail }: ShownNotification): object {
  return {
    collapseKey,
    title,
    at: new Date(atMs),
    ...(detail && {
      headers: Object.fromEntries(
        Object.entries(detail.headers).filter(([name]) => name.startsWith('apns-')),
      ),
      payload: JSON.parse(detail.payload) as unknown,
    }),
  };
}
