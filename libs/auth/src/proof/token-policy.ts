/** What a token of one class must look like. Each has its own `typ`, audience or keys, so that none passes for another. */
export interface TokenPolicy {
  readonly tokenClass: 'access' | 'push-session' | 'user' | 'assertion' | 'challenge';
  readonly algorithm: 'RS256' | 'HS256';
  /** The `typ` headers that are taken, in lower case; an empty one stands for none. */
  readonly types: readonly string[];
  readonly skewSeconds: number;
  /** The longest life, from `iat`, or from now where there is none. */
  readonly maxLifeSeconds?: number;
  readonly issuer?: string;
  /** `aud` has to be one of these, as a single text unless `list`; when `optional` it may also be absent. */
  readonly audience?: {
    readonly oneOf: readonly string[];
    readonly optional?: boolean;
    readonly list?: boolean;
  };
  /** Claims that must be there as text of 1 to 255 characters, e.g. sub. */
  readonly required: readonly string[];
  /** Whether times from 1e11 to 1e14 are milliseconds, as some Android apps send them. */
  readonly milliseconds?: boolean;
}
