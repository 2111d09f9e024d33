/** Marks the Fastify routes that read the body themselves while it comes. */
export const streamedBody = { streamedBody: true };

/** Tells whether a route is marked. @param config the route's */
export const isStreamed = (config: object): boolean => 'streamedBody' in config;
