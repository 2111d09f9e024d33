const loopback = new Set(['127.0.0.1', '::1', '[::1]', 'localhost']);

/** Tells whether a URL leads to this machine. */
export const isLoopback = (url: string): boolean => loopback.has(new URL(url).hostname);
