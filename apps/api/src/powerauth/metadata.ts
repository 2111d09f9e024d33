import type { z } from 'zod';
import type { Access } from '../access/allow';

export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Whom a route lets in, and what else the OpenAPI document tells about it. */
export interface RouteOptions {
  readonly allow: Access;
  readonly summary: string;
  /** The whole body. */
  readonly body?: z.ZodType;
  /** The body's `requestObject`. */
  readonly request?: z.ZodType;
  /** The answer's `responseObject`; none when absent. */
  readonly response?: z.ZodType;
  readonly paged?: true;
  readonly query?: Readonly<Record<string, z.ZodType>>;
}

export interface RouteMetadata extends RouteOptions {
  readonly verbs: readonly Verb[];
  readonly paths: readonly string[];
}

export const routeMetadata = 'carillon:powerauth-route';

export const controllerMetadata = 'carillon:powerauth-controller';

export interface ControllerMetadata {
  readonly path: string;
  /** What the contract says where a lib says it otherwise, by the code of its error. */
  readonly texts: Readonly<Record<string, string>>;
}
