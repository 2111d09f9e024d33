import type { Caller } from '../access/authenticator';
import type { RequestLoaders } from './loaders';

/**
 * What the fields of one operation share. Fields without arguments take it as graphql-js gives it, after their parent and
 * arguments: Nest calls a method without parameter decorators directly, and a page has some thousand such fields.
 */
export interface RequestContext extends Caller {
  readonly loaders: RequestLoaders;
}
