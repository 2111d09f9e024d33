/** Asks the GraphQL API as any front end would. */
export class DemoClient {
  private constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  static async signIn(url: string, credentials: Credentials): Promise<DemoClient> {
    const { login } = await new DemoClient(url).ask<{ login: { token: string } }>(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      credentials,
    );
    return new DemoClient(url, login.token);
  }

  /** @throws Error with the API's own words */
  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer<Data>;
    if (errors !== undefined || data === undefined) {
      throw new Error(errors?.map(({ message }) => message).join('; ') ?? response.statusText);
    }
    return data;
  }
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

interface Answer<Data> {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string }[];
}
