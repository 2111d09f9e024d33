/**
 * Writes provider tokens as header fields. The text for the last token is kept: HPACK finds a text that it knows without
 * a look at its hundreds of characters.
 */
export class Authorization {
  private token: string | undefined;
  private text = '';

  constructor(private readonly scheme: string) {}

  of(token: string): string {
    if (token !== this.token) {
      this.token = token;
      this.text = `${this.scheme} ${token}`;
    }
    return this.text;
  }
}
