/** The platform of a device; it decides the gateway. */
export const platforms = ['ios', 'android'] as const;
export type Platform = (typeof platforms)[number];

export const gateways = ['apns', 'fcm'] as const;
export type Gateway = (typeof gateways)[number];

export const gatewayOf: Readonly<Record<Platform, Gateway>> = { ios: 'apns', android: 'fcm' };

/** `gatewayOf` as a table `reach (platform, gateway)` for SQL. */
export const reachTable = `(VALUES ${platforms
  .map((platform) => `('${platform}'::platform, '${gatewayOf[platform]}'::gateway)`)
  .join(', ')}) AS reach (platform, gateway)`;

export function byGateway<T>(valueOf: (gateway: Gateway) => T): Record<Gateway, T> {
  return Object.fromEntries(gateways.map((gateway) => [gateway, valueOf(gateway)])) as Record<
    Gateway,
    T
  >;
}
