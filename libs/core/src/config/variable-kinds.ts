import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { isAddressOrRange } from './address-list';
import { isLoopback } from './loopback';
import { proxyExceptionOf, tunnelProxyOf, type TunnelProxy } from './proxy-rules';

// What the text of a variable may be, what it becomes, and what the operator is told where it is something else.

/** @param what the unit, e.g. `hours` */
export const wholeNumber = (what: string, lowest: number, highest: number, fallback: number) => {
  const wants = `wants ${what} from ${lowest} to ${highest}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, wants)
    .transform(Number)
    .refine((value) => value >= lowest && value <= highest, wants)
    .default(fallback);
};

export const port = (fallback: number) => wholeNumber('a port', 0, 65_535, fallback);

export const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      return URL.canParse(text) && protocols.includes(new URL(text).protocol);
    },
    `wants a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );

export const gatewayUrl = url('https:', 'http:')
  .refine((text) => {
    if (!URL.canParse(text)) return true; // already refused
    return new URL(text).protocol !== 'http:' || isLoopback(text);
  }, 'allows http:// (clear text) for loopback hosts only; use https://')
  .transform((text) => text.replace(/\/+$/, ''));

export const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine(
    (bytes) => bytes.length === 32,
    'wants 32 bytes in base64; make one with: openssl rand -base64 32',
  );

/** Keys with commas or white space between; none by default. */
export const keys = z
  .string()
  .transform((text) => text.split(/[\s,]+/).map((one) => Buffer.from(one, 'base64')))
  .refine(
    (all) => all.every((bytes) => bytes.length === 32),
    'wants keys of 32 bytes in base64 with commas between, the ones before MASTER_KEY',
  )
  .default([]);

export const powerAuthUrl = url('https:', 'http:')
  .refine((text) => {
    if (!URL.canParse(text)) return true; // already refused
    const { username, password, pathname, search, hash } = new URL(text);
    return (
      username + password + search + hash === '' && pathname.replace(/\/+$/, '').endsWith('/rest')
    );
  }, 'wants the address that ends in /rest, as powerauth.service.url does; credentials have variables of their own')
  .transform((text) => text.replace(/\/+$/, ''));

export const milliseconds = (lowest: number, fallback: number) =>
  wholeNumber('milliseconds', lowest, 60_000, fallback);

export const origin = url('https:', 'http:')
  .refine((text) => {
    if (!URL.canParse(text)) return true; // already refused
    const { origin, href } = new URL(text);
    return href === `${origin}/`;
  }, 'wants an origin such as https://push.example.com: the legacy routes are at its root')
  .transform((text) => text.replace(/\/$/, ''));

const addressList = (none: string | undefined) =>
  z
    .string()
    .transform((text) => (text === none ? [] : text.split(',').map((part) => part.trim())))
    .refine(
      (parts) => parts.every(isAddressOrRange),
      'wants addresses or CIDR ranges with commas between, e.g. 10.0.0.0/8,::1',
    )
    .default([]);

export const addresses = addressList(undefined);

/** `none` says that there are none, which is more than to say nothing. */
export const addressesOrNone = addressList('none');

const hostName = /^([\w-]+(\.[\w-]+)*|\[[\da-f:.]+\])$/i;

/** Names of hosts, as URLs write them. */
export const hosts = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim().toLowerCase()))
  .refine(
    (parts) => parts.every((part) => hostName.test(part) && URL.canParse(`http://${part}`)),
    'wants names of hosts with commas between and without ports, e.g. push.internal,10.0.0.7',
  )
  .transform((parts) => parts.map((part) => new URL(`http://${part}`).hostname))
  .default([]);

/** What is wrong is told without the text, which may hold a password. */
export const tunnelProxy: z.ZodType<TunnelProxy, string> = z
  .string()
  .transform(
    (text, context) =>
      tunnelProxyOf(text) ?? refused(context, 'wants http://[user:password@]host[:port]'),
  );

export const proxyExceptions = z
  .string()
  .transform((text, context) =>
    text
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .map(
        (entry) =>
          proxyExceptionOf(entry) ??
          refused(
            context,
            'wants hosts, addresses or CIDR ranges with commas between, each with a port or without, or *',
          ),
      ),
  )
  .default([]);

function refused(context: z.RefinementCtx, wants: string): never {
  context.addIssue(wants);
  return z.NEVER;
}

export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(fallback);

export const file = z.string().transform((path) => resolve(path));

/** The path of a file that somebody else reads; its absence is told with the other mistakes. */
export const readable = file.superRefine((path, context) => {
  try {
    if (statSync(path).isFile()) return;
  } catch {
    // The problem is added below.
  }
  context.addIssue(`wants the path of a file; there is none at ${path}`);
});

const certificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;

export const pem = file.transform((path, context) => {
  const refuse = (why: string) => {
    context.addIssue(`wants a PEM file of certificates; ${path} ${why}`);
    return z.NEVER;
  };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return refuse("can't be read");
  }
  const certificates = text.match(certificate) ?? [];
  if (certificates.length === 0) return refuse('holds none');
  try {
    for (const one of certificates) new X509Certificate(one);
  } catch {
    return refuse('holds one that is broken');
  }
  return text;
});
