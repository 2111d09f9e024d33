/** What these routes use of a Fastify request. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | string[] | undefined>>;
  /** JSON bodies come unparsed, see `acceptLenientJson`. */
  readonly body: unknown;
}

/** What these routes use of a Fastify reply. */
export interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: Buffer): unknown;
}

/** Nulls written, indented, and no charset in the content type: bytes are what Fastify leaves as they are. */
export function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value, null, 2));
}

/** An error in the envelope. */
export function failureBytes(code: string, message: string): Buffer {
  return jsonBytes({ status: 'ERROR', responseObject: { code, message } });
}
