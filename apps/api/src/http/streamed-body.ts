/** Marks the Fastify routes that read the body themselves while it comes. */
export const streamedBody = { streamedBody: true };

/** @param config a route's */
export const isStreamed = (config: object): boolean => 'streamedBody' in config;
