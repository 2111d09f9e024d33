import type { Failure } from './failure';

/** What an edge reads of a request that failed. */
export interface FailedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Rendered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is bytes. */
  readonly body?: object;
}

/** Puts the failures of an edge in the form that its callers know. */
export interface Renderer {
  /** The edge, as the log names it. */
  readonly edge: string;
  /** @param path of a route, or of a URL, which may have a query; it starts with a slash */
  owns(path: string): boolean;
  render(failure: Failure, request: FailedRequest): Rendered;
}
