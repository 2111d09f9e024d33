import type { Failure } from './failure';

/** The part of a failed request that an edge reads. */
export interface FailedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Rendered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object, sent as JSON, or bytes. */
  readonly body?: object;
}

/** Puts the failures of an edge in the form that its callers know. */
export interface Renderer {
  /** The name of the edge in the log. */
  readonly edge: string;
  /** @param path of a route, or of a URL, which may have a query; it starts with a slash */
  owns(path: string): boolean;
  render(failure: Failure, request: FailedRequest): Rendered;
}
