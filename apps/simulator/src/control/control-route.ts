export interface Call {
  /** The path's variable parts, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined when the request had no body. */
  readonly body: unknown;
}

export type Reply = { readonly text: string; readonly type: string } | { readonly json: unknown };

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly handle: (call: Call) => Reply;
}

/** A refusal of the control API; the message is shown. */
export class HttpError extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}
