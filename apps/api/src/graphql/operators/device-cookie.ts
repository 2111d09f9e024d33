import { deviceLifeSeconds } from '@app/auth';
import type { HttpExchange } from '../kit/request-context';

const name = 'carillon_device';

/** Reads the token that an earlier login left with the browser. */
export function deviceCookieOf(http: HttpExchange | undefined): string | undefined {
  const cookies = String(http?.request.headers.cookie ?? '').split(/; */);
  return cookies.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Leaves a token with the browser: for no script, no other site, and no line without TLS where there is one with it. */
export function setDeviceCookie(http: HttpExchange | undefined, token: string, publicUrl: string) {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  const attributes = `Path=/graphql; Max-Age=${deviceLifeSeconds}; HttpOnly; SameSite=Strict${secure}`;
  http?.reply.header('set-cookie', `${name}=${token}; ${attributes}`);
}
