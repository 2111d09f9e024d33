import type { z } from 'zod';
import type { Access } from '../../access/allow';

export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The contract's texts for refusals, where a lib has others, by the codes of the errors. */
export type Texts = Readonly<Record<string, string>>;

/** The callers whom a route lets in, and what else the OpenAPI document tells about it. */
export interface RouteOptions {
  readonly allow: Access;
  readonly summary: string;
  /** The form of the whole body. */
  readonly body?: z.ZodType;
  /** The form of the body's `requestObject`. */
  readonly request?: z.ZodType;
  /** The form of the answer's `responseObject`; there is none when absent. */
  readonly response?: z.ZodType;
  readonly paged?: true;
  readonly query?: Readonly<Record<string, z.ZodType>>;
  /** The texts in which this route differs from its controller. */
  readonly texts?: Texts;
}

export interface RouteMetadata extends RouteOptions {
  readonly verbs: readonly Verb[];
  readonly paths: readonly string[];
}

export const routeMetadata = 'carillon:powerauth-route';

export const controllerMetadata = 'carillon:powerauth-controller';

export interface ControllerMetadata {
  readonly path: string;
  readonly texts: Texts;
}
