/** Asks the GraphQL API as any front end would. */
export class DemoClient {
  constructor(private readonly url: string) {}

  /** @throws Error with the API's own words */
  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer<Data>;
    if (errors !== undefined || data === undefined) {
      throw new Error(errors?.map(({ message }) => message).join('; ') ?? response.statusText);
    }
    return data;
  }
}

interface Answer<Data> {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string }[];
}
