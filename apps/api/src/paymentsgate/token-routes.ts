import { loginPath } from '@app/auth';

export const refreshPath = `${loginPath}/refresh`;
export const revokePath = `${loginPath}/revoke`;

const pathOf = (url: string) => url.replace(/[?#].*$/, '').replace(/\/$/, '');

/** Tells whether the routes of PaymentsGate's clients are, or would be, at this URL. */
export const isTokenUrl = (url: string) => `${pathOf(url)}/`.startsWith(`${loginPath}/`);

export const isRefreshUrl = (url: string) => pathOf(url) === refreshPath;
