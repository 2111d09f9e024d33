/** The part of a Fastify request that these routes use. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | string[] | undefined>>;
  /** The body; JSON comes unparsed, see `acceptLenientJson`. */
  readonly body: unknown;
}

/** The part of a Fastify reply that these routes use. */
export interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: Buffer): unknown;
}
