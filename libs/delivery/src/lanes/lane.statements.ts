import { gateways } from '@app/core';
import { gatewayKinds } from '@app/push';

/** A table `unset (gateway, per_second)` with the pace of lanes for which none is set. */
export const unsetPaces = `(VALUES ${gateways
  .map((gateway) => `('${gateway}'::gateway, ${gatewayKinds[gateway].perSecond})`)
  .join(', ')}) AS unset (gateway, per_second)`;

/** Tells whether a lane is used. One that was only given a pace has nothing due yet, and is shown to nobody. */
export const isUsed = `next_at > '-infinity'`;

/** Makes a lane that is used from now on. @param lane a query of its `(application_id, gateway)` */
const insertLane = (lane: string) => `
  INSERT INTO lanes (application_id, gateway, per_second)
  SELECT application_id, gateway, per_second FROM (${lane}) AS lane JOIN ${unsetPaces} USING (gateway)
  ON CONFLICT (application_id, gateway)`;

/** Makes a lane where there is none; changes nothing of one that is there. @param lane as above */
export const ensureStatement = (lane: string) => `${insertLane(lane)} DO NOTHING`;

/** Marks a lane as used. @param lane as above */
export const useStatement = (lane: string) =>
  `${insertLane(lane)} DO UPDATE SET next_at = excluded.next_at WHERE NOT lanes.${isUsed}`;

/** Tells, of `"Lane"` in a find, whether passes of it fail: they may do so before it can be marked as used. */
export const isFailing = `EXISTS (
  SELECT FROM faults JOIN messages ON messages.id = message_id
  WHERE messages.application_id = "Lane".application_id AND faults.gateway = "Lane".gateway)`;
