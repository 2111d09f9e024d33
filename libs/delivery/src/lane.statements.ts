import { gateways } from '@app/core';
import { gatewayKinds } from '@app/push';

/** A table `unset (gateway, per_second)` with the pace of lanes for which none is set. */
export const unsetPaces = `(VALUES ${gateways
  .map((gateway) => `('${gateway}'::gateway, ${gatewayKinds[gateway].perSecond})`)
  .join(', ')}) AS unset (gateway, per_second)`;

/** Tells whether a lane is used. One that was only given a pace has nothing due yet, and is shown to nobody. */
export const isUsed = `next_at > '-infinity'`;

/** Marks a lane as used. @param lane a query of its `(application_id, gateway)` */
export const useStatement = (lane: string) => `
  INSERT INTO lanes (application_id, gateway, per_second)
  SELECT application_id, gateway, per_second FROM (${lane}) AS lane JOIN ${unsetPaces} USING (gateway)
  ON CONFLICT (application_id, gateway) DO UPDATE SET next_at = excluded.next_at WHERE NOT lanes.${isUsed}`;
