/** Tells whether Comapi's routes are, or would be, at this URL. */
export const isComapiUrl = (url: string) => /^\/apispaces(?=[/?]|$)/.test(url);
