/** The part of an OpenAPI 3.1 document that we write. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly Tag[];
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

/** One edge's share of the document. */
export interface OpenApiPart {
  readonly tags: readonly Tag[];
  readonly paths: Paths;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** Operations by path, and then by verb in lower case. */
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

export interface Operation {
  /** A unique id: generators make the names of functions of it. */
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  /** Empty where no token is needed; else the scheme, with the scope that an access token has to have. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content;
}

/** Schemas by media type. */
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The ways in which a caller proves who he is. */
const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token of a client, a service account or an operator',
  },
  pushSession: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token that POST /apispaces/{apiSpaceId}/sessions gives to an app',
  },
} as const;

const description = `Everything new goes through GraphQL; lists without end are uploaded. The other routes are there for
the clients of older systems, which call them as they always did.`;

/** Joins the parts in their order. @param origin where callers reach this server */
export function documentOf(parts: readonly OpenApiPart[], origin: string): OpenApi {
  const all = <Value>(shares: readonly Readonly<Record<string, Value>>[]) =>
    Object.assign({}, ...shares) as Readonly<Record<string, Value>>;
  return {
    openapi: '3.1.0',
    info: { title: 'Carillon over HTTP', version: '1.0.0', description },
    servers: [{ url: origin }],
    tags: parts.flatMap(({ tags }) => tags),
    paths: all(parts.map(({ paths }) => paths)),
    components: { schemas: all(parts.map(({ schemas }) => schemas)), securitySchemes },
  };
}
