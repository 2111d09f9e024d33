import { gateways } from '@app/core';
import { gatewayKinds } from '@app/push';

/** The pace of lanes for which none is set: a table `unset (gateway, per_second)`. */
export const unsetPaces = `(VALUES ${gateways
  .map((gateway) => `('${gateway}'::gateway, ${gatewayKinds[gateway].perSecond})`)
  .join(', ')}) AS unset (gateway, per_second)`;

/** A lane that was only given a pace has nothing due yet, and is shown to nobody. */
export const isUsed = `next_at > '-infinity'`;

/** From now on it is used. @param lane a query of its `(application_id, gateway)` */
export const useStatement = (lane: string) => `
  INSERT INTO lanes (application_id, gateway, per_second)
  SELECT application_id, gateway, per_second FROM (${lane}) AS lane JOIN ${unsetPaces} USING (gateway)
  ON CONFLICT (application_id, gateway) DO UPDATE SET next_at = excluded.next_at WHERE NOT lanes.${isUsed}`;
